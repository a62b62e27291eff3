package dev.fenceline.simulator.sched;

import dev.fenceline.event.LongList;
import dev.fenceline.event.SchedJobArm;
import dev.fenceline.event.SchedJobCleanup;
import dev.fenceline.event.SchedJobDep;
import dev.fenceline.event.SchedJobDepSyncobj;
import dev.fenceline.event.SchedJobInit;
import dev.fenceline.event.SchedJobRun;
import dev.fenceline.event.SchedJobTouch;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.FenceCallback;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Waits;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A {@code drm_sched_job}: work for a ring, its dependencies, and the fences that tell of it. */
public final class Job implements Census.Member, Waits {
    /** An implicitly synchronised job takes over no fences from the reservation (rule A-R05). */
    public static final Deviation SKIPS_IMPLICIT_FENCES = new Deviation("implicit-fences-are-not-waited-for", 8);

    /** The submitter looks at its job after it pushed it (rule A-S09). */
    public static final Deviation TOUCHED_AFTER_PUSH = new Deviation("job-is-touched-after-push");

    private final Kernel kernel;
    private final Entity entity;
    private final Scheduler scheduler;
    private final Work work;
    private final long id;
    private final int credits;
    private final List<DmaFence> dependencies = new ArrayList<>(4);
    private final FenceCallback callback;
    private @Nullable DmaFence scheduled;
    private @Nullable DmaFence finished;
    private @Nullable DmaFence hardware;
    private @Nullable DmaResv implicit;
    private boolean write;
    private boolean onRing;
    private boolean doneOnRing;
    private boolean killed;
    private long attachment;

    /** {@code drm_sched_job_init}. */
    public Job(Kernel kernel, Entity entity, Work work) {
        this.kernel = kernel;
        this.entity = entity;
        this.scheduler = entity.scheduler();
        this.work = work;
        this.id = kernel.newId();
        this.credits = work.credits();
        this.callback = new FenceCallback(kernel, this::called);
        kernel.enrol(this);
        SchedJobInit.Builder event = SchedJobInit.builder()
                .job(id)
                .entity(entity.id())
                .scheduler(scheduler.id())
                .credits(credits);
        if (entity.client() != 0) {
            event.client(entity.client());
        }
        kernel.emit(event);
    }

    public long id() {
        return id;
    }

    public Entity entity() {
        return entity;
    }

    /** It uses a dma-buf through the attachment {@code used}. */
    public void uses(long used) {
        attachment = used;
    }

    /** The attachment of the dma-buf that it uses; 0 if it uses none. */
    long attachment() {
        return attachment;
    }

    /** What it does on the engine. */
    public Work work() {
        return work;
    }

    /** What it takes of a ring with that limit: a job that asks for more is cut down to all there is. */
    int credits(int limit) {
        return Math.min(credits, limit);
    }

    /** {@code drm_sched_job_add_dependency}: of several fences of a context the latest stands for all. */
    public void dependOn(DmaFence fence) {
        kernel.emit(SchedJobDep.builder().job(id).fence(fence.id()));
        fence.get();
        for (int i = 0; i < dependencies.size(); i++) {
            DmaFence known = dependencies.get(i);
            if (fence.isLaterOrSame(known)) {
                dependencies.set(i, fence);
                known.put();
                return;
            }
            if (known.isLaterOrSame(fence)) {
                fence.put();
                return;
            }
        }
        dependencies.add(fence);
    }

    /**
     * {@code drm_sched_job_add_syncobj_dependency}.
     *
     * @param point of the sync object {@code syncobj}, 0 if that is binary
     * @param fence what was found there, null if nothing was
     */
    public void dependOnPoint(long syncobj, long point, @Nullable DmaFence fence) {
        SchedJobDepSyncobj.Builder event =
                SchedJobDepSyncobj.builder().job(id).syncobj(syncobj).point(point);
        if (fence != null) {
            event.fence(fence.id());
        }
        kernel.emit(event);
        if (fence != null) {
            dependOn(fence);
        }
    }

    /** {@code drm_sched_job_add_resv_dependencies}. */
    public void dependOn(DmaResv resv, Usage usage) {
        resv.eachPending(usage, this::dependOn);
    }

    /** {@code drm_sched_job_add_implicit_dependencies}: a writer waits for readers, a reader for writers. */
    public void syncImplicitly(DmaResv resv, boolean asWriter) {
        implicit = resv;
        write = asWriter;
        Usage usage = asWriter ? Usage.READ : Usage.WRITE;
        if (resv.isIdle(usage) || !kernel.deviates(SKIPS_IMPLICIT_FENCES)) {
            dependOn(resv, usage);
        }
    }

    /** {@code drm_sched_job_arm}: from here the job must be pushed. */
    public void arm() {
        scheduler.parameters().drm().power().get();
        long seqno = entity.nextSeqno();
        scheduled = entity.scheduledTimeline().at(seqno, null, this);
        finished = entity.finishedTimeline().at(seqno, new Pair(), this);
        SchedJobArm.Builder event = SchedJobArm.builder()
                .job(id)
                .entity(entity.id())
                .scheduler(scheduler.id())
                .scheduled(scheduled.id())
                .finished(finished.id())
                .seqno(seqno)
                .credits(credits)
                .implicit(implicit != null);
        if (implicit != null) {
            event.resv(implicit.id()).write(write).dependsOn(dependencyIds());
        }
        kernel.emit(event);
    }

    /** {@code drm_sched_fence_release_finished}: holds the scheduled fence, and with it that of the ring. */
    private final class Pair implements DmaFence.Ops {
        @Override
        public void release(DmaFence last) {
            scheduled().put();
            if (hardware != null) {
                hardware.put();
            }
        }
    }

    private LongList dependencyIds() {
        return LongList.of(dependencies.stream().mapToLong(DmaFence::id).toArray());
    }

    /** {@code drm_sched_entity_push_job}. */
    public void push() {
        DmaFence done = finished();
        for (DmaFence dependency : dependencies) {
            done.dependsOn(dependency);
        }
        entity.push(this);
        if (kernel.deviates(TOUCHED_AFTER_PUSH)) {
            touch();
        }
    }

    /** Somebody looks at the job. */
    public void touch() {
        kernel.emit(SchedJobTouch.builder().job(id));
    }

    /** The fence that says that the scheduler handed the job to the ring. */
    public DmaFence scheduled() {
        return armed(scheduled);
    }

    /** The fence that the rest of the kernel waits for. */
    public DmaFence finished() {
        return armed(finished);
    }

    boolean isFinishedBy(DmaFence fence) {
        return fence == finished;
    }

    /** The fence of the ring ({@code s_fence->parent}). */
    DmaFence hardware() {
        if (hardware == null) {
            throw new IllegalStateException(label() + " is not on a ring");
        }
        return hardware;
    }

    /** The engine wrote that the job is done. */
    void setDoneOnRing() {
        doneOnRing = true;
    }

    boolean isDoneOnRing(DmaFence fence) {
        return doneOnRing && fence == hardware;
    }

    boolean hasHardware() {
        return hardware != null;
    }

    private DmaFence armed(@Nullable DmaFence fence) {
        if (fence == null) {
            throw new IllegalStateException(label() + " is not armed");
        }
        return fence;
    }

    List<DmaFence> dependencies() {
        return dependencies;
    }

    /** The node that waits for the ring, or, after a kill, for what the job depends on. */
    FenceCallback callback() {
        return callback;
    }

    private void called() {
        if (killed) {
            entity.continueKill(this);
        } else {
            scheduler.done(this, hardware().error());
        }
    }

    /** Its entity was killed: it will not run. */
    void kill() {
        killed = true;
    }

    /** A new fence of the ring takes the place of one that will never signal. */
    void setHardware(@Nullable DmaFence fence) {
        DmaFence old = hardware;
        hardware = fence;
        if (old != null && old != fence) {
            old.put();
        }
    }

    /** Goes to the ring, or, if it has no fence of the ring, is done without. */
    void recordRun(int limit) {
        onRing = true;
        SchedJobRun.Builder run = SchedJobRun.builder()
                .job(id)
                .entity(entity.id())
                .scheduler(scheduler.id())
                .scheduled(scheduled().id())
                .finished(finished().id())
                .seqno(finished().seqno())
                .credits(credits(limit))
                .implicit(implicit != null);
        if (hardware != null) {
            run.parent(hardware.id());
        }
        if (implicit != null) {
            run.resv(implicit.id()).write(write);
        }
        if (entity.queue() != 0) {
            run.queue(entity.queue());
        }
        kernel.emit(run);
    }

    void dropDependency(DmaFence fence) {
        dependencies.remove(fence);
        fence.put();
    }

    @Override
    public void tell(Facts facts) {
        facts.of("job", id)
                .with("entity", entity.id())
                .with("scheduler", entity.scheduler().id())
                .with("finished", finished == null ? "none" : finished.id())
                .with("ran", onRing)
                .with("hardware", hardware == null ? "none" : hardware.id());
    }

    /** {@code drm_sched_job_cleanup}: of a job that was never armed, or that is done. */
    public void cleanUp() {
        kernel.emit(SchedJobCleanup.builder().job(id));
        kernel.strike(this);
        dependencies.forEach(DmaFence::put);
        dependencies.clear();
        callback.free();
        if (finished != null) {
            finished.put();
            scheduler.parameters().drm().power().put();
        }
    }

    @Override
    public String label() {
        return "job " + id;
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        if (!onRing) {
            dependencies.forEach(fence -> {
                if (!fence.isSignaled()) {
                    visitor.accept(fence);
                }
            });
            entity.eachBefore(this, visitor);
        }
    }
}

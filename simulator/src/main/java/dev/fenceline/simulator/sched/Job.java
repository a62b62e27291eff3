package dev.fenceline.simulator.sched;

import dev.fenceline.event.SchedJobArm;
import dev.fenceline.event.SchedJobCleanup;
import dev.fenceline.event.SchedJobDep;
import dev.fenceline.event.SchedJobInit;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Waits;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A {@code drm_sched_job}: work for a ring, its dependencies, and the fences that tell of it. */
public final class Job implements Census.Member, Waits {
    private final Kernel kernel;
    private final Entity entity;
    private final Work work;
    private final long id;
    private final List<DmaFence> dependencies = new ArrayList<>(4);
    private @Nullable DmaFence scheduled;
    private @Nullable DmaFence finished;
    private @Nullable DmaFence hardware;
    private @Nullable DmaFence blockedOn;
    private boolean onRing;

    /** {@code drm_sched_job_init}. */
    public Job(Kernel kernel, Entity entity, Work work) {
        this.kernel = kernel;
        this.entity = entity;
        this.work = work;
        this.id = kernel.newId();
        SchedJobInit.Builder event = SchedJobInit.builder()
                .job(id)
                .entity(entity.id())
                .scheduler(entity.scheduler().id())
                .credits(1);
        if (entity.client() != 0) {
            event.client(entity.client());
        }
        kernel.emit(event);
        kernel.enrol(this);
    }

    public long id() {
        return id;
    }

    public Entity entity() {
        return entity;
    }

    Work work() {
        return work;
    }

    /** {@code drm_sched_job_add_dependency}: a fence that signalled needs no waiting for. */
    public void dependOn(DmaFence fence) {
        if (fence.isSignaled()) {
            return;
        }
        kernel.emit(SchedJobDep.builder().job(id).fence(fence.id()));
        for (int i = 0; i < dependencies.size(); i++) {
            DmaFence known = dependencies.get(i);
            if (fence.isLaterOrSame(known)) {
                dependencies.set(i, fence.get());
                known.put();
                return;
            }
            if (known.isLaterOrSame(fence)) {
                return;
            }
        }
        dependencies.add(fence.get());
    }

    /** {@code drm_sched_job_add_resv_dependencies}. */
    public void dependOn(DmaResv resv, Usage usage) {
        resv.eachPending(usage, this::dependOn);
    }

    /** {@code drm_sched_job_arm}: from here the job must be pushed. */
    public void arm() {
        long seqno = entity.nextSeqno();
        scheduled = entity.scheduledTimeline().at(seqno, null, this);
        finished = entity.finishedTimeline().at(seqno, null, this);
        hardware = entity.scheduler().ring().newFence(this);
        kernel.emit(SchedJobArm.builder()
                .job(id)
                .entity(entity.id())
                .scheduler(entity.scheduler().id())
                .scheduled(scheduled.id())
                .finished(finished.id())
                .seqno(seqno));
    }

    /** {@code drm_sched_entity_push_job}. */
    public void push() {
        entity.push(this);
    }

    /** The fence that says that the scheduler handed the job to the ring. */
    public DmaFence scheduled() {
        return armed(scheduled);
    }

    /** The fence that the rest of the kernel waits for. */
    public DmaFence finished() {
        return armed(finished);
    }

    /** The fence of the ring. */
    public DmaFence hardware() {
        return armed(hardware);
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

    /** Notes what keeps the job from running: true if that is new. */
    boolean blocksOn(DmaFence fence) {
        boolean isNew = blockedOn != fence;
        blockedOn = fence;
        return isNew;
    }

    void goesToRing() {
        onRing = true;
    }

    void dropDependency(DmaFence fence) {
        dependencies.remove(fence);
        fence.put();
    }

    @Override
    public void tell(Facts facts) {
        facts.of("job", id)
                .with("entity", entity.id())
                .with("armed", finished != null)
                .with("ran", onRing);
    }

    /** {@code drm_sched_job_cleanup}, after its fences were put. */
    void cleanUp() {
        kernel.emit(SchedJobCleanup.builder().job(id));
        kernel.strike(this);
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

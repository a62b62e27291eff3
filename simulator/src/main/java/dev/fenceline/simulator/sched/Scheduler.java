package dev.fenceline.simulator.sched;

import dev.fenceline.event.SchedInit;
import dev.fenceline.event.SchedJobBlock;
import dev.fenceline.event.SchedJobDone;
import dev.fenceline.event.SchedJobFree;
import dev.fenceline.event.SchedJobPop;
import dev.fenceline.event.SchedJobRun;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Context;
import dev.fenceline.simulator.kernel.Cue;
import dev.fenceline.simulator.kernel.Kernel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A {@code drm_gpu_scheduler}: takes turns between entities and keeps a ring as full as its credits allow. */
public final class Scheduler {
    private static final long TIMEOUT_NS = 5_000_000_000L;

    private final Kernel kernel;
    private final String name;
    private final long id;
    private final int creditLimit;
    private final Ring ring;
    private final Context worker;
    private final List<Entity> waiting = new ArrayList<>();
    private final Cue runJobs = this::runJobs;
    private int creditsInUse;
    private boolean awake;

    /** {@code drm_sched_init} of a scheduler with a ring of its own. */
    public Scheduler(Kernel kernel, String name, String driver, int creditLimit) {
        this.kernel = kernel;
        this.name = name;
        this.creditLimit = creditLimit;
        this.id = kernel.newId();
        int tid = kernel.newTid();
        this.worker = new Context(kernel.cpuOf(tid), tid, tid, "kworker/" + name);
        this.ring = new Ring(kernel, name, driver, tid);
        kernel.emit(SchedInit.builder().scheduler(id).limit(creditLimit).timeout(TIMEOUT_NS));
    }

    public long id() {
        return id;
    }

    public String name() {
        return name;
    }

    /** The hardware fence of the job that the engine performs, or null if it is idle. */
    public @Nullable DmaFence running() {
        return ring.running();
    }

    Ring ring() {
        return ring;
    }

    int creditsInUse() {
        return creditsInUse;
    }

    /** Somebody pushed a job, a dependency signalled or credits came back: the submit worker looks again soon. */
    void wake() {
        if (!awake) {
            awake = true;
            kernel.agenda().after(kernel.costs().workerNs(), runJobs);
        }
    }

    void add(Entity entity) {
        waiting.add(entity);
    }

    void remove(Entity entity) {
        waiting.remove(entity);
    }

    private void runJobs() {
        awake = false;
        kernel.enter(worker);
        int idle = 0;
        while (creditsInUse < creditLimit && idle < waiting.size()) {
            Entity entity = waiting.remove(0);
            waiting.add(entity);
            Job job = entity.head();
            if (job != null && isReady(job)) {
                entity.pop();
                runJob(job);
                idle = 0;
            } else {
                idle++;
            }
        }
    }

    /** Whether nothing the job depends on is pending; else the first such fence wakes the scheduler. */
    private boolean isReady(Job job) {
        List<DmaFence> dependencies = job.dependencies();
        while (!dependencies.isEmpty()) {
            DmaFence fence = dependencies.get(dependencies.size() - 1);
            DmaFence awaited = whatToAwait(fence, job);
            if (awaited != null && !awaited.isSignaled()) {
                if (job.blocksOn(awaited)) {
                    kernel.emit(SchedJobBlock.builder().job(job.id()).fence(awaited.id()));
                    awaited.whenSignaled(this::wake);
                }
                return false;
            }
            job.dropDependency(fence);
        }
        return true;
    }

    /** The ring keeps order: of an earlier job on it only the hand-over counts, and nothing at all within one entity. */
    private @Nullable DmaFence whatToAwait(DmaFence fence, Job job) {
        if (fence.completer() instanceof Job other && other.finished() == fence) {
            if (other.entity() == job.entity()) {
                return null;
            }
            if (other.entity().scheduler() == this) {
                return other.scheduled();
            }
        }
        return fence;
    }

    private void runJob(Job job) {
        creditsInUse++;
        job.goesToRing();
        kernel.emit(
                SchedJobPop.builder().job(job.id()).entity(job.entity().id()).scheduler(id));
        SchedJobRun.Builder run = SchedJobRun.builder()
                .job(job.id())
                .entity(job.entity().id())
                .scheduler(id)
                .parent(job.hardware().id())
                .credits(1);
        if (job.entity().queue() != 0) {
            run.queue(job.entity().queue());
        }
        kernel.emit(run);
        job.hardware().emitToRing();
        ring.submit(job);
        job.scheduled().signal();
        job.hardware().whenSignaled(() -> done(job));
    }

    private void done(Job job) {
        creditsInUse--;
        kernel.emit(SchedJobDone.builder()
                .job(job.id())
                .scheduler(id)
                .finished(job.finished().id()));
        job.finished().signal();
        wake();
        kernel.agenda().after(kernel.costs().workerNs(), () -> free(job));
    }

    private void free(Job job) {
        kernel.enter(worker);
        kernel.emit(SchedJobFree.builder().job(job.id()).scheduler(id));
        job.cleanUp();
        job.hardware().put();
        job.scheduled().put();
        job.finished().put();
    }
}

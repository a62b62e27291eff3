package dev.fenceline.simulator.sched;

import dev.fenceline.event.FenceKind;
import dev.fenceline.event.SchedEntityCreate;
import dev.fenceline.event.SchedEntityFini;
import dev.fenceline.event.SchedEntityKill;
import dev.fenceline.event.SchedEntityTouch;
import dev.fenceline.event.SchedJobBlock;
import dev.fenceline.event.SchedJobKill;
import dev.fenceline.event.SchedJobPop;
import dev.fenceline.event.SchedJobQueue;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceCallback;
import dev.fenceline.simulator.fence.FenceProvider;
import dev.fenceline.simulator.fence.Timeline;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Inline;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Waits;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A {@code drm_sched_entity}: jobs that run in the order in which they were pushed. */
public final class Entity {
    /** The second of two queued jobs is taken first (rule A-S02). */
    public static final Deviation POPS_OUT_OF_ORDER = new Deviation("second-job-is-popped-first");

    /** The next dependency of a job is taken for done (rule A-S03). */
    public static final Deviation FORGETS_DEPENDENCY = new Deviation("dependency-is-not-waited-for", 24);

    /** The job of a killed entity has its finished fence signalled before the scheduled one (rule A-S04). */
    public static final Deviation FINISHED_FIRST = new Deviation("killed-job-finishes-before-it-is-scheduled");

    /** The scheduler looks at the entity of a job that it popped (rule A-S09). */
    public static final Deviation TOUCHED_AFTER_POP = new Deviation("entity-is-touched-after-pop");

    private static final int ESRCH = -3;
    private static final int ECANCELED = -125;

    private final Kernel kernel;
    private final Scheduler scheduler;
    private final long id;
    private final long client;
    private final long queue;
    private final Priority priority;
    private final Timeline scheduled;
    private final Timeline finished;
    private final ArrayDeque<Job> queued = new ArrayDeque<>();
    private final FenceCallback dependencyDone;
    private @Nullable DmaFence dependency;
    private @Nullable DmaFence lastScheduled;
    private long seqno;
    private boolean stopped;
    private boolean guilty;

    /**
     * {@code drm_sched_entity_init}.
     *
     * @param client the client whose jobs these are, 0 for the driver itself
     * @param queue the exec queue behind it, 0 for the driver's own
     */
    public Entity(Kernel kernel, Scheduler scheduler, long client, long queue) {
        this(kernel, scheduler, client, queue, client == 0 ? Priority.KERNEL : Priority.NORMAL);
    }

    /** The same, in a run queue of one's choice. */
    public Entity(Kernel kernel, Scheduler scheduler, long client, long queue, Priority priority) {
        this.kernel = kernel;
        this.scheduler = scheduler;
        this.client = client;
        this.queue = queue;
        this.priority = priority;
        this.id = kernel.newId();
        this.dependencyDone = new FenceCallback(kernel, this::dependencyDone);
        long context = kernel.newFenceContexts(2);
        FenceProvider provider = FenceProvider.scheduler(scheduler.device(), scheduler.id());
        this.scheduled = new Timeline(kernel, context, "drm_sched", scheduler.name(), FenceKind.SCHEDULED, provider);
        this.finished = new Timeline(kernel, context + 1, "drm_sched", scheduler.name(), FenceKind.FINISHED, provider);
        scheduler.add(this);
        kernel.emit(SchedEntityCreate.builder().entity(id).context(context));
    }

    public long id() {
        return id;
    }

    public Scheduler scheduler() {
        return scheduler;
    }

    long client() {
        return client;
    }

    /** The exec queue behind it, 0 for the driver's own. */
    public long queue() {
        return queue;
    }

    Priority priority() {
        return priority;
    }

    Timeline scheduledTimeline() {
        return scheduled;
    }

    Timeline finishedTimeline() {
        return finished;
    }

    long nextSeqno() {
        return ++seqno;
    }

    /** Whether jobs wait to be taken to the ring. */
    boolean hasQueued() {
        return !queued.isEmpty();
    }

    /** Whether it was killed: a job that is pushed now never completes. */
    public boolean isStopped() {
        return stopped;
    }

    /** {@code drm_sched_entity_push_job}: what is pushed to a killed entity is dropped, after it was recorded as queued. */
    void push(Job job) {
        SchedJobQueue.Builder event = SchedJobQueue.builder()
                .job(job.id())
                .entity(id)
                .scheduler(scheduler.id())
                .queueLength(queued.size())
                .hardwareCredits(scheduler.creditsInUse());
        if (queue != 0) {
            event.queue(queue);
        }
        if (job.attachment() != 0) {
            event.attachment(job.attachment());
        }
        kernel.emit(event);
        if (stopped) {
            return;
        }
        queued.add(job);
        job.finished().handOff();
        scheduler.wake();
    }

    /**
     * {@code drm_sched_entity_pop_job}, first half: the first job, if nothing it depends on is pending. Else the first such fence calls
     * the scheduler when it signals.
     */
    @Nullable Job readyJob() {
        Job job = queued.peek();
        if (job == null || dependency != null) {
            return null;
        }
        List<DmaFence> dependencies = job.dependencies();
        while (!dependencies.isEmpty()) {
            DmaFence fence = dependencies.get(0);
            DmaFence awaited = whatToAwait(fence);
            if (awaited != null
                    && (awaited.isSignaled() || !kernel.deviates(FORGETS_DEPENDENCY))
                    && awaited.addCallback(dependencyDone)) {
                dependency = awaited.get();
                job.dropDependency(fence);
                kernel.emit(SchedJobBlock.builder().job(job.id()).fence(awaited.id()));
                return null;
            }
            job.dropDependency(fence);
        }
        return job;
    }

    /**
     * {@code drm_sched_entity_add_dependency_cb}: the ring keeps order, so of an earlier job on it that has no error only the hand-over
     * counts, and nothing at all within one entity.
     */
    private @Nullable DmaFence whatToAwait(DmaFence fence) {
        if (fence.context() == finished.context() || fence.context() == scheduled.context()) {
            return null;
        }
        if (fence.error() == 0 && fence.completer() instanceof Job other && other.isFinishedBy(fence)) {
            if (other.entity().scheduler() == scheduler) {
                return other.scheduled();
            }
        }
        return fence;
    }

    /** {@code drm_sched_entity_wakeup}. */
    private void dependencyDone() {
        DmaFence done = dependency;
        dependency = null;
        scheduler.wake();
        if (done != null) {
            done.put();
        }
    }

    /** {@code drm_sched_entity_pop_job}, second half. */
    Job pop(Job ready) {
        Job job = ready;
        queued.remove();
        if (!queued.isEmpty() && kernel.deviates(POPS_OUT_OF_ORDER)) {
            job = queued.remove();
            queued.addFirst(ready);
        }
        remember(job.finished());
        if (guilty) {
            job.finished().setError(ECANCELED);
        }
        kernel.emit(SchedJobPop.builder().job(job.id()).entity(id).scheduler(scheduler.id()));
        if (queued.isEmpty() && kernel.deviates(TOUCHED_AFTER_POP)) {
            kernel.emit(SchedEntityTouch.builder().entity(id));
        }
        return job;
    }

    private void remember(DmaFence last) {
        DmaFence before = lastScheduled;
        lastScheduled = last.get();
        if (before != null) {
            before.put();
        }
    }

    void eachBefore(Job job, Consumer<? super Waits> visitor) {
        for (Job earlier : queued) {
            if (earlier == job) {
                return;
            }
            visitor.accept(earlier);
        }
    }

    /** {@code drm_sched_increase_karma}: its jobs are not submitted any more, but done at once with an error. */
    void setGuilty() {
        guilty = true;
    }

    /**
     * {@code drm_sched_entity_kill}: nobody runs what is queued. Each job completes with -ESRCH when all it depends on, and the job
     * before it, is done.
     */
    public void kill() {
        if (stopped) {
            return;
        }
        stopped = true;
        scheduler.remove(this);
        kernel.emit(SchedEntityKill.builder().entity(id));
        if (dependency != null) {
            if (dependencyDone.remove()) {
                Job head = queued.peek();
                if (head != null) {
                    head.dependencies().add(dependency.get());
                }
            }
            dependency.put();
            dependency = null;
        }
        DmaFence before = lastScheduled;
        for (Job job = queued.poll(); job != null; job = queued.poll()) {
            job.kill();
            if (before == null || !before.addCallback(job.callback())) {
                continueKill(job);
            }
            before = job.finished();
        }
    }

    /** {@code drm_sched_entity_kill_jobs_cb}: waits for one dependency after the other. */
    void continueKill(Job job) {
        List<DmaFence> dependencies = job.dependencies();
        while (!dependencies.isEmpty()) {
            DmaFence fence = dependencies.remove(0);
            boolean pending = fence.addCallback(job.callback());
            fence.put();
            if (pending) {
                return;
            }
        }
        Call work = new Inline(() -> killJob(job));
        scheduler.workqueue().queue(work);
    }

    /** {@code drm_sched_entity_kill_jobs_work}. */
    private void killJob(Job job) {
        kernel.emit(SchedJobKill.builder().job(job.id()).entity(id).scheduler(scheduler.id()));
        job.finished().get();
        if (kernel.deviates(FINISHED_FIRST)) {
            finishKilled(job);
            job.scheduled().signal();
        } else {
            job.scheduled().signal();
            finishKilled(job);
        }
        job.finished().put();
        scheduler.freeJob(job);
    }

    private static void finishKilled(Job job) {
        job.finished().setError(ESRCH);
        job.finished().signal();
    }

    /** {@code drm_sched_entity_fini}: what is still queued is killed; jobs on the ring do not need the entity. */
    public void fini() {
        if (!queued.isEmpty()) {
            kill();
        }
        scheduler.remove(this);
        if (dependencyDone.isQueued()) {
            dependencyDone.remove();
        }
        if (dependency != null) {
            dependency.put();
            dependency = null;
        }
        if (lastScheduled != null) {
            lastScheduled.put();
            lastScheduled = null;
        }
        kernel.emit(SchedEntityFini.builder().entity(id));
        dependencyDone.free();
    }
}

package dev.fenceline.simulator.sched;

import dev.fenceline.event.DriverMemoryFree;
import dev.fenceline.event.JobPhase;
import dev.fenceline.event.SchedFini;
import dev.fenceline.event.SchedInit;
import dev.fenceline.event.SchedJobDone;
import dev.fenceline.event.SchedJobFree;
import dev.fenceline.event.SchedJobPhase;
import dev.fenceline.event.SchedStart;
import dev.fenceline.event.SchedStop;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Context;
import dev.fenceline.simulator.kernel.Cue;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Workqueue;
import dev.fenceline.simulator.unplug.DrmDevice;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A {@code drm_gpu_scheduler}: takes turns between entities and keeps a ring as full as its credits allow. */
public final class Scheduler {
    /** Credits are not looked at when a job is taken (rule A-S06). */
    public static final Deviation IGNORES_CREDITS = new Deviation("credit-limit-is-ignored", 3);

    /** A job is reported done by its callback and once more by the worker that frees it (rule A-S05). */
    public static final Deviation DONE_TWICE = new Deviation("job-is-done-twice");

    /** The error of a job is set on its fence after that signalled (rule A-F02). */
    public static final Deviation ERROR_AFTER_SIGNAL = new Deviation("error-is-set-after-the-signal");

    /** {@code run_job} allocates memory for the job's commands, and may have to reclaim for it (rule A-S11). */
    public static final Deviation ALLOCATES_IN_RUN_JOB = new Deviation("run-job-allocates");

    private static final long COMMANDS_BYTES = 1_024;
    private static final int ECANCELED = -125;
    private static final int ENODEV = -19;

    /**
     * What a scheduler is made of.
     *
     * @param name of the ring
     * @param driver what the driver prints as the driver of its fences
     * @param module the driver's module
     * @param drm the device the ring is part of
     * @param creditLimit how much the ring holds
     * @param timeoutNs how long the first job on the ring may take
     * @param recovery what the driver does then
     * @param cancels whether the driver can take pending jobs off the ring when the scheduler goes
     */
    public record Parameters(
            String name,
            String driver,
            String module,
            DrmDevice drm,
            int creditLimit,
            long timeoutNs,
            Recovery recovery,
            boolean cancels) {}

    private final Kernel kernel;
    private final Parameters parameters;
    private final long id;
    private final Ring ring;
    private final Context worker;
    private final Workqueue workqueue;
    private final Map<Priority, List<Entity>> runQueues = new EnumMap<>(Priority.class);
    private final ArrayDeque<Job> pending = new ArrayDeque<>();
    private final Cue runJobs = this::runJobs;
    private final Cue freeJobs = this::freeJobs;
    private final Cue timerFires = this::timerFires;
    private Function<Job, @Nullable Call> capture = job -> null;
    private @Nullable Job interrupted;
    private int creditsInUse;
    private boolean awake;
    private boolean freeing;
    private boolean stopped;
    private boolean timerRuns;
    private long timerDueNs = Long.MAX_VALUE;

    /** {@code drm_sched_init} of a scheduler with a ring of its own. */
    public Scheduler(Kernel kernel, Parameters parameters) {
        this.kernel = kernel;
        this.parameters = parameters;
        this.id = kernel.newId();
        int tid = kernel.newTid();
        this.worker = new Context(kernel.cpuOf(tid), tid, tid, "kworker/" + parameters.name());
        this.workqueue = new Workqueue(kernel, "kworker/sched");
        this.ring =
                new Ring(kernel, parameters.name(), parameters.driver(), parameters.module(), parameters.drm(), tid);
        kernel.emit(SchedInit.builder()
                .scheduler(id)
                .limit(parameters.creditLimit())
                .timeout(parameters.timeoutNs())
                .cancel(parameters.cancels()));
    }

    public long id() {
        return id;
    }

    public String name() {
        return parameters.name();
    }

    long device() {
        return parameters.drm().id();
    }

    Parameters parameters() {
        return parameters;
    }

    /** The hardware fence of the job that the engine performs, or null if it is idle. */
    public @Nullable DmaFence running() {
        return ring.running();
    }

    Ring ring() {
        return ring;
    }

    Workqueue workqueue() {
        return workqueue;
    }

    int creditsInUse() {
        return creditsInUse;
    }

    /** Jobs on the ring, the first one first, and those that are done and not freed yet. */
    ArrayDeque<Job> pending() {
        return pending;
    }

    /** Before a job that hangs is dealt with, {@code toCapture} says what is done to keep its state; null is nothing. */
    public void onHang(Function<Job, @Nullable Call> toCapture) {
        capture = toCapture;
    }

    @Nullable Call capture(Job hung) {
        return capture.apply(hung);
    }

    boolean isDeviceGone() {
        return parameters.drm().isUnplugged();
    }

    /** Somebody pushed a job, a dependency signalled or credits came back: the submit worker looks again soon. */
    void wake() {
        if (!awake) {
            awake = true;
            kernel.agenda().after(kernel.costs().workerNs(), runJobs);
        }
    }

    /** Whether {@code entity} has a job queued and takes its turn before the others of its priority. */
    boolean isNext(Entity entity) {
        return entity.hasQueued() && queueOf(entity).get(0) == entity;
    }

    void add(Entity entity) {
        queueOf(entity).add(entity);
    }

    void remove(Entity entity) {
        queueOf(entity).remove(entity);
    }

    private List<Entity> queueOf(Entity entity) {
        return runQueues.computeIfAbsent(entity.priority(), priority -> new ArrayList<>());
    }

    /** {@code drm_sched_run_job_work}, until the ring is full or nothing is ready. */
    private void runJobs() {
        awake = false;
        if (stopped) {
            return;
        }
        kernel.enter(worker);
        for (Job job = nextJob(); job != null; job = nextJob()) {
            runJob(job);
        }
    }

    /** {@code drm_sched_select_entity}: the first ready job of the most urgent run queue, if it fits; entities take turns. */
    private @Nullable Job nextJob() {
        for (List<Entity> queue : runQueues.values()) {
            for (int turns = queue.size(); turns > 0; turns--) {
                Entity entity = queue.remove(0);
                queue.add(entity);
                Job ready = entity.readyJob();
                if (ready != null) {
                    if (!fits(ready)) {
                        queue.remove(queue.size() - 1);
                        queue.add(0, entity);
                        return null;
                    }
                    return entity.pop(ready);
                }
            }
        }
        return null;
    }

    private boolean fits(Job job) {
        return creditsInUse + credits(job) <= parameters.creditLimit() || kernel.deviates(IGNORES_CREDITS);
    }

    private int credits(Job job) {
        return job.credits(parameters.creditLimit());
    }

    private void runJob(Job job) {
        creditsInUse += credits(job);
        pending.add(job);
        if (pending.size() == 1) {
            startTimer();
        }
        job.finished().beginSignalling();
        phase(JobPhase.RUN_JOB);
        if (kernel.deviates(ALLOCATES_IN_RUN_JOB)) {
            kernel.memory().allocate(Gfp.KERNEL, COMMANDS_BYTES);
        }
        submit(job);
        phase(JobPhase.NONE);
        job.finished().endSignalling();
        job.scheduled().signal();
        await(job);
    }

    /** {@code ops->run_job}: a job that has an error already is not submitted. */
    void submit(Job job) {
        if (isDeviceGone() && job.finished().error() == 0) {
            job.finished().setError(ENODEV);
        }
        if (job.finished().error() != 0) {
            job.setHardware(null);
            job.recordRun(parameters.creditLimit());
            return;
        }
        DmaFence fence = ring.newFence(job);
        job.setHardware(fence);
        job.recordRun(parameters.creditLimit());
        write(job);
    }

    /** Writes the job's commands to the ring. */
    void write(Job job) {
        job.finished().dependsOn(job.hardware());
        job.hardware().emitToRing();
        ring.submit(job);
    }

    /** The job is done when the ring says so, or at once if it is not on it. */
    void await(Job job) {
        if (!job.hasHardware()) {
            done(job, 0);
        } else if (!job.hardware().addCallback(job.callback())) {
            done(job, job.hardware().error());
        }
    }

    void phase(JobPhase phase) {
        kernel.emit(SchedJobPhase.builder().scheduler(id).phase(phase));
    }

    /** {@code drm_sched_job_done}. */
    void done(Job job, int error) {
        creditsInUse -= credits(job);
        recordDone(job);
        DmaFence finished = job.finished().get();
        if (error != 0 && finished.error() == 0) {
            finished.setError(error);
        }
        finished.signal();
        if (kernel.deviates(ERROR_AFTER_SIGNAL)) {
            finished.setError(ECANCELED);
        }
        finished.put();
        wake();
        freeSoon();
    }

    private void recordDone(Job job) {
        kernel.emit(SchedJobDone.builder()
                .job(job.id())
                .scheduler(id)
                .finished(job.finished().id()));
    }

    private void freeSoon() {
        if (!freeing) {
            freeing = true;
            kernel.agenda().after(kernel.costs().workerNs(), freeJobs);
        }
    }

    /** {@code drm_sched_free_job_work}: jobs go in the order in which they came. */
    private void freeJobs() {
        freeing = false;
        if (stopped) {
            return;
        }
        kernel.enter(worker);
        for (Job first = pending.peek(); first != null && first.finished().isSignaled(); first = pending.peek()) {
            pending.remove();
            stopTimer();
            if (!pending.isEmpty()) {
                startTimer();
            }
            if (kernel.deviates(DONE_TWICE)) {
                recordDone(first);
            }
            freeJob(first);
        }
    }

    /** {@code ops->free_job}. */
    void freeJob(Job job) {
        kernel.emit(SchedJobFree.builder().job(job.id()).scheduler(id));
        job.cleanUp();
    }

    /** {@code drm_sched_start_timeout}. One cue stands for all timers; it looks when it is due whether it still has to fire. */
    void startTimer() {
        timerDueNs = kernel.nowNs() + parameters.timeoutNs();
        if (!timerRuns) {
            timerRuns = true;
            kernel.agenda().after(parameters.timeoutNs(), timerFires);
        }
    }

    void stopTimer() {
        timerDueNs = Long.MAX_VALUE;
    }

    private void timerFires() {
        timerRuns = false;
        if (timerDueNs == Long.MAX_VALUE) {
            return;
        }
        if (timerDueNs > kernel.nowNs()) {
            timerRuns = true;
            kernel.agenda().after(timerDueNs - kernel.nowNs(), timerFires);
            return;
        }
        timerDueNs = Long.MAX_VALUE;
        workqueue.queue(new TimedOut(this));
    }

    /** {@code drm_sched_wqueue_stop}: neither runs nor frees jobs. */
    void pause() {
        stopped = true;
    }

    /** {@code drm_sched_wqueue_start}. */
    void resume() {
        stopped = false;
        wake();
        freeSoon();
    }

    /** {@code drm_sched_stop}: nobody waits for the ring any more; what is on it gives its credits back. */
    void stop() {
        pause();
        kernel.emit(SchedStop.builder().scheduler(id));
        for (Iterator<Job> jobs = pending.descendingIterator(); jobs.hasNext(); ) {
            Job job = jobs.next();
            if (!job.finished().isSignaled()
                    && (!job.hasHardware() || job.callback().remove())) {
                creditsInUse -= credits(job);
            }
        }
        stopTimer();
    }

    /** {@code drm_sched_start}. */
    void start() {
        kernel.emit(SchedStart.builder().scheduler(id));
        for (Job job : new ArrayList<>(pending)) {
            if (!job.finished().isSignaled()) {
                creditsInUse += credits(job);
                await(job);
            }
        }
        startTimer();
        resume();
    }

    /** Whether its ring is being brought back to life. */
    boolean isStopped() {
        return stopped;
    }

    /** The GT is about to be reset: the ring stops; false if it is being recovered already. */
    public boolean stopForGtReset() {
        if (stopped) {
            return false;
        }
        ring.poll();
        interrupted = ring.runningJob();
        stop();
        ring.reset();
        return true;
    }

    /** The GT was reset: what was on the ring is submitted again, but for the job that ran, if it {@code bans} that. */
    public void startAfterGtReset(boolean bans) {
        Job guilty = bans ? interrupted : null;
        interrupted = null;
        if (guilty != null && !guilty.finished().isSignaled()) {
            guilty.finished().setError(ECANCELED);
        }
        for (Job job : new ArrayList<>(pending)) {
            if (!job.finished().isSignaled()) {
                if (job.hasHardware()) {
                    ring.forget(job.hardware());
                }
                submit(job);
            }
        }
        start();
    }

    /** The hardware is gone: what is on the ring is never done, and what comes is never looked at. */
    public void die() {
        ring.die();
    }

    /** Whether nothing is queued, and nothing on the ring is not done. */
    public boolean isDrained() {
        for (Job job : pending) {
            if (!job.finished().isSignaled()) {
                return false;
            }
        }
        return runQueues.values().stream().flatMap(List::stream).noneMatch(Entity::hasQueued);
    }

    /** What the removal path does for a ring that never answers again: every fence on it completes with an error. */
    public void forceCompletion(int error) {
        ring.die();
        for (Job job : new ArrayList<>(pending)) {
            if (job.hasHardware() && !job.hardware().isSignaled()) {
                ring.force(job, error);
            }
        }
    }

    /** {@code drm_sched_fini}: pending jobs are cancelled, if the driver can. Its memory goes when no fence looks at it any more. */
    public void fini() {
        kernel.emit(SchedFini.builder().scheduler(id).cancel(parameters.cancels()));
        if (parameters.cancels()) {
            forceCompletion(ECANCELED);
        }
        stopTimer();
        kernel.rcu().call(() -> {
            for (long object : new long[] {ring.id(), id}) {
                kernel.emit(
                        DriverMemoryFree.builder().module(parameters.module()).object(object));
            }
        });
    }
}

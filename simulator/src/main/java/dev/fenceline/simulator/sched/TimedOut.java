package dev.fenceline.simulator.sched;

import dev.fenceline.event.GpuResetBegin;
import dev.fenceline.event.GpuResetDone;
import dev.fenceline.event.JobPhase;
import dev.fenceline.event.ResetScope;
import dev.fenceline.event.SchedJobResolve;
import dev.fenceline.event.SchedJobTimeout;
import dev.fenceline.event.TimeoutStatus;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/** sched_main.c:drm_sched_job_timedout and what the driver does in {@code ops->timedout_job}: the ring is brought back to life. */
public final class TimedOut extends Call {
    /** The handler says RESET and has neither completed nor resubmitted what was on the ring (rule A-S07). */
    public static final Deviation LEAVES_JOBS = new Deviation("reset-leaves-jobs-behind");

    /** A job that is submitted again has its hardware fence initialised a second time (rule A-S08). */
    public static final Deviation INITIALISES_AGAIN = new Deviation("resubmit-initialises-the-fence-again");

    /** A job that is submitted again keeps its hardware fence under a new seqno, as amdgpu does up to 6.12 (rule A-S08). */
    public static final Deviation RENUMBERS = new Deviation("amdgpu-renumbers-fence");

    /** The next jobs of a guilty entity are not submitted but done at once, before those of it that are on the ring (rule A-F03). */
    public static final Deviation GUILTY_OVERTAKES = new Deviation("guilty-job-overtakes");

    private static final int ETIME = -62;
    private static final int ECANCELED = -125;

    /** How long a reset of an engine takes, in ns. Ours. */
    private static final long RESET_NS = 3_000_000;

    private static final Path<TimedOut> PATH = Path.<TimedOut>named("drm_sched_job_timedout")
            .run(TimedOut::begin)
            .returnIf(work -> work.guilty == null)
            .spend(work -> work.kernel().costs().stepNs())
            .run(TimedOut::look)
            .when(
                    work -> work.resets,
                    reset -> reset.call(work -> work.scheduler.capture(work.guilty()))
                            .run(TimedOut::beginReset)
                            .spend(work -> RESET_NS)
                            .run(TimedOut::endReset))
            .run(TimedOut::resolve)
            .end();

    private final Scheduler scheduler;
    private final Recovery recovery;
    private @Nullable Job guilty;
    private TimeoutStatus status = TimeoutStatus.UNKNOWN;
    private boolean resets;
    private boolean leaves;

    TimedOut(Scheduler scheduler) {
        this.scheduler = scheduler;
        this.recovery = scheduler.parameters().recovery();
    }

    /** Takes the job off the list of pending ones, so that nobody frees it meanwhile. */
    private void begin() {
        if (scheduler.isStopped()) {
            return;
        }
        guilty = scheduler.pending().poll();
        if (guilty != null) {
            kernel().emit(SchedJobTimeout.builder().job(guilty.id()).scheduler(scheduler.id()));
            scheduler.phase(JobPhase.TIMEDOUT);
            guilty.touch();
        }
    }

    private Job guilty() {
        if (guilty == null) {
            throw new IllegalStateException("no job timed out");
        }
        return guilty;
    }

    private void look() {
        if (scheduler.isDeviceGone()) {
            status = TimeoutStatus.ENODEV;
            return;
        }
        scheduler.ring().poll();
        if (!guilty().hasHardware() || guilty().hardware().isSignaled()) {
            status = TimeoutStatus.NO_HANG;
            return;
        }
        status = recovery.status();
        resets = true;
    }

    private void beginReset() {
        scheduler.pending().addFirst(guilty());
        if (recovery == Recovery.COMPLETE_GUILTY) {
            scheduler.pause();
        } else {
            scheduler.stop();
        }
        kernel().emit(GpuResetBegin.builder()
                .device(scheduler.device())
                .scope(recovery == Recovery.COMPLETE_GUILTY ? ResetScope.QUEUE : ResetScope.RING));
        scheduler.phase(JobPhase.RESET);
        scheduler.ring().reset();
    }

    private void endReset() {
        kernel().emit(GpuResetDone.builder()
                .device(scheduler.device())
                .scope(recovery == Recovery.COMPLETE_GUILTY ? ResetScope.QUEUE : ResetScope.RING)
                .vramLost(false));
        leaves = kernel().deviates(LEAVES_JOBS);
        if (leaves) {
            return;
        }
        if (recovery == Recovery.COMPLETE_GUILTY) {
            completeGuilty();
        } else {
            submitAgain();
            scheduler.start();
        }
    }

    /** amdgpu_fence.c:amdgpu_fence_driver_update_timedout_fence_state, then amdgpu_ring_reset_helper_end. */
    private void completeGuilty() {
        DmaFence fence = guilty().hardware();
        fence.setError(ETIME);
        scheduler.ring().complete(guilty());
        for (Job job : scheduler.pending()) {
            if (job != guilty && job.hasHardware() && !job.hardware().isSignaled()) {
                scheduler.ring().submit(job);
            }
        }
        scheduler.resume();
    }

    /** {@code drm_sched_resubmit_jobs}: the guilty job gets an error and is not submitted. */
    private void submitAgain() {
        guilty().finished().setError(ECANCELED);
        Entity entity = guilty().entity();
        if (scheduler.isNext(entity) && hasAnotherOnRing(entity) && kernel().deviates(GUILTY_OVERTAKES)) {
            entity.setGuilty();
        }
        for (Job job : new ArrayList<>(scheduler.pending())) {
            if (job.finished().isSignaled()) {
                continue;
            }
            if (job != guilty && job.hasHardware() && keepsFence(job)) {
                job.recordRun(scheduler.parameters().creditLimit());
                scheduler.write(job);
            } else {
                scheduler.ring().forget(job.hardware());
                scheduler.submit(job);
            }
        }
    }

    private boolean hasAnotherOnRing(Entity entity) {
        for (Job job : scheduler.pending()) {
            if (job != guilty && job.entity() == entity && !job.finished().isSignaled()) {
                return true;
            }
        }
        return false;
    }

    private boolean keepsFence(Job job) {
        if (recovery == Recovery.RENUMBER || kernel().deviates(RENUMBERS)) {
            job.hardware().renumber();
            return true;
        }
        if (kernel().deviates(INITIALISES_AGAIN)) {
            job.hardware().initAgain();
            return true;
        }
        return false;
    }

    private void resolve() {
        if (!resets) {
            scheduler.pending().addFirst(guilty());
            if (status == TimeoutStatus.NO_HANG) {
                scheduler.startTimer();
            }
            scheduler.resume();
        } else if (resets
                && recovery == Recovery.COMPLETE_GUILTY
                && !scheduler.pending().isEmpty()) {
            scheduler.startTimer();
        }
        kernel().emit(SchedJobResolve.builder()
                .job(guilty().id())
                .scheduler(scheduler.id())
                .status(status));
        scheduler.phase(JobPhase.NONE);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

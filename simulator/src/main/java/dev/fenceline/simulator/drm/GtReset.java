package dev.fenceline.simulator.drm;

import dev.fenceline.event.GpuResetBegin;
import dev.fenceline.event.GpuResetDone;
import dev.fenceline.event.ResetScope;
import dev.fenceline.simulator.gt.TlbInval;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sched.Scheduler;
import java.util.ArrayList;
import java.util.List;

/**
 * xe_gt.c:xe_gt_reset_async and gt_reset_worker: all that runs on a GT is stopped, the GT is reset, and what did no harm goes on. Whose
 * work was running is guilty: a long-running queue is banned, a job ends with an error. Other jobs are submitted again.
 *
 * <p>Requests to the TLBs that have no answer complete when the reset is done, as it leaves nothing in them; xe completes them a
 * moment before.
 */
public final class GtReset {
    /** How long it takes, in ns. Ours. */
    private static final long RESET_NS = 3_000_000;

    private final Device device;
    private final TlbInval tlb;
    private final List<Scheduler> banning;
    private final List<Scheduler> forgiving;
    private boolean requested;

    /**
     * The reset of one GT.
     *
     * @param banning the engines of programs on it
     * @param forgiving those of the driver, whose jobs are submitted again whatever they did
     */
    GtReset(Device device, TlbInval tlb, List<Scheduler> banning, List<Scheduler> forgiving) {
        this.device = device;
        this.tlb = tlb;
        this.banning = List.copyOf(banning);
        this.forgiving = List.copyOf(forgiving);
    }

    /** Somebody found that the GT does not do what it should; it is reset soon, once. */
    public void request() {
        if (!requested) {
            requested = true;
            device.unorderedWorkqueue().queue(new Worker(this));
        }
    }

    private boolean hasEngines() {
        return !banning.isEmpty() || !forgiving.isEmpty();
    }

    private static final class Worker extends Call {
        private static final Path<Worker> PATH = Path.<Worker>named("gt_reset_worker")
                .run(Worker::stop)
                .spend(work -> RESET_NS)
                .run(Worker::start)
                .end();

        private final GtReset reset;
        private final List<Scheduler> stopped = new ArrayList<>(2);

        Worker(GtReset reset) {
            this.reset = reset;
        }

        private void stop() {
            kernel().emit(GpuResetBegin.builder().device(reset.device.id()).scope(ResetScope.IP));
            if (reset.hasEngines()) {
                List.copyOf(reset.device.longRunning()).forEach(Device.LongRunning::resetWithGt);
            }
            reset.banning.stream().filter(Scheduler::stopForGtReset).forEach(stopped::add);
            reset.forgiving.stream().filter(Scheduler::stopForGtReset).forEach(stopped::add);
        }

        private void start() {
            reset.requested = false;
            kernel().emit(GpuResetDone.builder()
                    .device(reset.device.id())
                    .scope(ResetScope.IP)
                    .vramLost(false)
                    .gt(reset.tlb.gt()));
            reset.tlb.reset();
            stopped.forEach(engine -> engine.startAfterGtReset(reset.banning.contains(engine)));
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}

package dev.fenceline.simulator.userq;

import dev.fenceline.event.UserQueueState;
import dev.fenceline.event.UserqResetDone;
import dev.fenceline.event.UserqTimerArm;
import dev.fenceline.event.UserqTimerCancel;
import dev.fenceline.event.UserqTimerFire;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.kernel.WaitList;
import dev.fenceline.simulator.kernel.Waits;
import java.util.List;
import java.util.function.Consumer;

/**
 * {@code hang_detect_work} of a user-mode queue: what bounds its fences. It is the queue's: a second fence does not put it off, and each
 * progress starts it anew.
 */
final class HangTimer implements Waits {
    private final UserQueue queue;
    private final Kernel kernel;
    private final WaitList resetDone = new WaitList(this);
    private boolean pending;
    private boolean resetting;
    private long starts;

    HangTimer(UserQueue queue) {
        this.queue = queue;
        this.kernel = queue.kernel();
    }

    /** {@code amdgpu_userq_start_hang_detect_work}: nothing happens if it runs already. */
    void start() {
        if (pending || resetting) {
            return;
        }
        pending = true;
        long started = ++starts;
        kernel.emit(UserqTimerArm.builder()
                .queue(queue.id())
                .client(queue.queues().client().id())
                .index(queue.index())
                .type(queue.properties().type())
                .state(queue.state())
                .fence(queue.fenceDriver().pending().get(0).id()));
        kernel.agenda().after(queue.queues().device().variant().jobTimeoutNs(), () -> expire(started));
    }

    /** {@code cancel_delayed_work}. */
    void cancel() {
        if (pending) {
            pending = false;
            kernel.emit(UserqTimerCancel.builder()
                    .queue(queue.id())
                    .client(queue.queues().client().id())
                    .index(queue.index())
                    .type(queue.properties().type())
                    .state(queue.state()));
        }
    }

    private void expire(long started) {
        if (pending && started == starts) {
            pending = false;
            resetting = true;
            queue.queues().device().unorderedWorkqueue().queue(new HangDetectWork(queue, this));
        }
    }

    /** Whether it neither runs nor has the queue reset. */
    boolean isIdle() {
        return !pending && !resetting;
    }

    /** Whether the queue is being reset: who destroys it waits for that. */
    boolean isResetting() {
        return resetting;
    }

    /** Where {@code cancel_delayed_work_sync} sleeps. */
    WaitList resetDone() {
        return resetDone;
    }

    @Override
    public String label() {
        return "reset of user-mode queue " + queue.id();
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        // The worker takes no lock.
    }

    /** amdgpu_userq.c:amdgpu_userq_hang_detect_work: the firmware takes a queue off the hardware that does not leave it by itself. */
    private static final class HangDetectWork extends Call {
        /** How long the firmware takes to find and reset a hung queue, in ns. Ours. */
        private static final long RESET_NS = 2_000_000;

        private static final Path<HangDetectWork> PATH = Path.<HangDetectWork>named("amdgpu_userq_hang_detect_work")
                .run(HangDetectWork::begin)
                .when(
                        work -> !work.late.isEmpty(),
                        hung -> hung.spend(work -> RESET_NS).run(HangDetectWork::reset))
                .run(HangDetectWork::end)
                .end();

        private final UserQueue queue;
        private final HangTimer timer;
        private List<DmaFence> late = List.of();

        HangDetectWork(UserQueue queue, HangTimer timer) {
            this.queue = queue;
            this.timer = timer;
        }

        /** An interrupt may have come between the timer and its worker; the kernel does not look again. */
        private void begin() {
            late = queue.fenceDriver().pending();
            UserqTimerFire.Builder fired = UserqTimerFire.builder()
                    .queue(queue.id())
                    .client(queue.queues().client().id())
                    .index(queue.index())
                    .type(queue.properties().type())
                    .state(queue.state());
            kernel().emit(late.isEmpty() ? fired : fired.fence(late.get(0).id()));
        }

        private void reset() {
            if (queue.isMapped()) {
                queue.become(UserQueueState.HUNG);
            }
            queue.forceCompletion();
        }

        private void end() {
            timer.resetting = false;
            kernel().emit(UserqResetDone.builder()
                    .queue(queue.id())
                    .client(queue.queues().client().id())
                    .index(queue.index())
                    .type(queue.properties().type())
                    .state(queue.state())
                    .result(0));
            if (!queue.fenceDriver().pending().isEmpty()) {
                timer.start();
            }
            timer.resetDone.wakeAll();
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}

package dev.fenceline.analytics.rules.userq;

import dev.fenceline.analytics.rule.Obligation;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.UserQueue;
import dev.fenceline.event.Severity;
import dev.fenceline.event.UserqFence;
import dev.fenceline.event.UserqResetDone;
import dev.fenceline.event.UserqTimerCancel;

/** A-Q04: an unsignalled user fence always has a running hang timer. */
public final class UserFenceHasHangTimer {
    private static final long GRACE_NS = 1_000_000;

    public static final Rule RULE = Rule.named("A-Q04", "user-fence-has-hang-timer")
            .severity(Severity.DEADLOCK)
            .states(
                    "While a fence of a user-mode queue is pending, the hang timer of the queue runs, or the reset that it started.")
            .why(
                    "Only the timer ends a fence whose queue stands still: without it the fence is as long as userspace likes, and memory "
                            + "reclaim waits for it.")
            .source("amdgpu_userq.c:amdgpu_userq_start_hang_detect_work, amdgpu_userq_process_fence_irq, "
                    + "amdgpu_userq_hang_detect_work; amdgpu_userq_fence.c:amdgpu_userq_fence_init; thread 003")
            .advice("Start the timer for the first fence, and again after each progress that leaves fences; with "
                    + "amdgpu.gpu_recovery=0 there is none, and the configuration is to blame.")
            .needs(Stream.FENCE, Stream.TDR, Stream.USERQ)
            .parameter(
                    "grace_us",
                    "1000",
                    "ours: between a fence or a progress and the start of the timer by the same handler")
            .after(UserqFence.class, (e, state, report) -> oblige(e.queue(), state, report))
            .after(UserqTimerCancel.class, (e, state, report) -> oblige(e.queue(), state, report))
            .after(UserqResetDone.class, (e, state, report) -> oblige(e.queue(), state, report))
            .obliges(new Timer())
            .build();

    private UserFenceHasHangTimer() {}

    private static void oblige(long id, KernelState state, Report report) {
        UserQueue queue = state.userQueues().queue(id);
        if (queue != null && queue.unguardedSeq() == report.event().seq()) {
            report.oblige(id, queue.unguardedNs() + GRACE_NS);
        }
    }

    private static final class Timer implements Obligation {
        @Override
        public boolean isDischarged(long subject, KernelState state) {
            UserQueue queue = state.userQueues().queue(subject);
            return queue == null || queue.departed() > 0 || queue.unguardedSeq() == 0;
        }

        @Override
        public void judge(long subject, long dueNs, KernelState state, Report report) {
            UserQueue queue = state.userQueues().queue(subject);
            // What went unguarded later is due later.
            if (queue == null || queue.unguardedNs() + GRACE_NS > dueNs) {
                return;
            }
            report.violation("queue=" + subject)
                    .since(queue.pendingSeq(0))
                    .since(queue.born())
                    .witness("fence made", queue.pendingSeq(0))
                    .witness("no timer from here on", queue.unguardedSeq())
                    .witness("still none", report.event().seq())
                    .says("Fence " + queue.pendingFence(0) + " of queue " + subject
                            + " is pending, and no hang timer of the queue runs.");
        }
    }
}

package dev.fenceline.analytics.rules.userq;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.UserQueues;
import dev.fenceline.event.DmaFenceSignaled;
import dev.fenceline.event.Severity;
import dev.fenceline.event.Source;

/** A-Q09: forced completion is visible as an error. */
public final class ForcedCompletionIsAnError {
    public static final Rule RULE = Rule.named("A-Q09", "forced-completion-is-an-error")
            .severity(Severity.ERROR)
            .states(
                    "Every fence that was pending when a user-mode queue was forced to completion has a negative error when it signals.")
            .why(
                    "Whoever waits takes the work for done: a frame that was never drawn is shown, and what depends on it runs.")
            .source(
                    "amdgpu_userq_fence.c:amdgpu_userq_fence_driver_force_completion, amdgpu_userq_fence_driver_destroy; thread 003. In "
                            + "7.3 only the last fence of the queue gets the error: there the finding is a WARN that says so.")
            .advice("Set -ECANCELED on each pending fence before the value is written.")
            .needs(Stream.FENCE, Stream.FORCE, Stream.USERQ)
            .before(DmaFenceSignaled.class, ForcedCompletionIsAnError::judge)
            .build();

    private ForcedCompletionIsAnError() {}

    private static void judge(DmaFenceSignaled signal, KernelState state, Report report) {
        UserQueues.ForcedFence forced = state.userQueues().forced(signal.fence());
        Fence fence = forced == null ? null : state.fences().fence(signal.fence());
        boolean failed = (signal.hasError() && signal.error() < 0) || (fence != null && fence.errorSeq() > 0);
        if (forced == null || failed) {
            return;
        }
        boolean known = signal.source() != Source.SIMULATOR
                && state.session().isDriver("amdgpu")
                && state.session().isKernelAtLeast(7, 3);
        Finding finding = report.violation("fence=" + signal.fence())
                .restsOn(forced)
                .since(fence == null ? 0 : fence.born())
                .witness("fence made", fence == null ? 0 : fence.initSeq())
                .witness("queue forced to completion", forced.forceSeq())
                .witness("signalled without an error", signal.seq())
                .says("Fence " + signal.fence() + " of queue " + forced.queue()
                        + " signals as if its work were done: it was forced"
                        + (known ? ", and amdgpu 7.3 sets the error on the last fence only." : "."));
        if (known) {
            finding.severity(Severity.WARN);
        }
    }
}

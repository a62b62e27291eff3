package dev.fenceline.analytics.rules.debug;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.DebugProtocol;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Severity;
import dev.fenceline.event.UserFenceSignal;

/** D07: the user fence of a bind waits for the debugger's acknowledgement. */
public final class UserFenceWaitsForDebugger {
    public static final Rule RULE = Rule.named("D07", "user-fence-waits-for-debugger")
            .severity(Severity.ERROR)
            .states(
                    "The user fence of a bind that is debugged is signalled only after the debugger acknowledged its event, or after "
                            + "the connection ended.")
            .why("The client would run its new code before the debugger put its breakpoints in.")
            .source(
                    "include/uapi/drm/xe_drm_eudebug.h (VM_BIND_UFENCE); IGT xe_eudebug@basic-vm-bind-ufence; thread 000. Only the user "
                            + "fence is held: holding the dma_fence of the bind would break the fence contract")
            .advice(
                    "Hold the user fence before the event is queued, and let it go from the acknowledgement or the disconnect.")
            .needs(Stream.DEBUG, Stream.SYNC, Stream.VM)
            .before(UserFenceSignal.class, UserFenceWaitsForDebugger::judge)
            .build();

    private UserFenceWaitsForDebugger() {}

    private static void judge(UserFenceSignal signal, KernelState state, Report report) {
        DebugProtocol.Bind bind = state.debugProtocols().held(signal);
        if (bind != null) {
            report.violation("signal=" + signal.seq())
                    .since(bind.seq() > 0 ? bind.seq() : bind.fenceSeq())
                    .witness("bind told", bind.seq())
                    .witness("must be acknowledged", bind.fenceSeq())
                    .witness("signalled", signal.seq())
                    .says("The user fence of a bind is signalled before the debugger acknowledged it.");
        }
    }
}

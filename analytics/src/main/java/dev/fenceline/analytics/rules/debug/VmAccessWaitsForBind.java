package dev.fenceline.analytics.rules.debug;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Connection;
import dev.fenceline.analytics.state.DebugProtocol;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DebugVmAccess;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;

/** D09: what is being bound is accessed only after the event of its user fence. */
public final class VmAccessWaitsForBind {
    public static final Rule RULE = Rule.named("D09", "vm-access-waits-for-bind")
            .severity(Severity.WARN)
            .states(
                    "A debugger accesses a range that a bind with a user fence names only after the event of that fence.")
            .why("Before that event the bind may not be done: what the access reads or writes is undefined.")
            .source(
                    "include/uapi/drm/xe_drm_eudebug.h (\"accessing [addr, range] before related ufence event will lead to undefined "
                            + "results\"); IGT does it itself, therefore a warning")
            .advice("Wait for VM_BIND_UFENCE where the VM_BIND announces one.")
            .needs(Stream.DEBUG, Stream.DEBUGVM)
            .before(DebugVmAccess.class, VmAccessWaitsForBind::judge)
            .build();

    private VmAccessWaitsForBind() {}

    private static void judge(DebugVmAccess access, KernelState state, Report report) {
        Connection connection = state.debuggers().connectionOf(access);
        DebugProtocol protocol =
                state.debugProtocols().protocol(connection == null ? access.connection() : connection.id());
        long bytes = access.hasResult() ? access.result() : access.hasLength() ? access.length() : 1;
        if (protocol == null || !access.hasOffset() || bytes <= 0) {
            return;
        }
        long vm = state.debuggers().vmOf(access);
        for (DebugProtocol.Bind bind : protocol.binds()) {
            boolean pending = bind.isHeld() && bind.fenceSeq() == 0;
            boolean otherVm = bind.vm() != Event.ABSENT && vm != Event.ABSENT && bind.vm() != vm;
            for (int i = 0; pending && !otherVm && i < bind.ranges(); i++) {
                boolean before = Long.compareUnsigned(access.offset() + bytes, bind.start(i)) <= 0;
                boolean after = Long.compareUnsigned(access.offset(), bind.start(i) + bind.bytes(i)) >= 0;
                if (!before && !after) {
                    report.violation("bind=" + bind.seq())
                            .since(bind.seq())
                            .witness("bind with a user fence told", bind.seq())
                            .witness("accessed before the event of the fence", access.seq())
                            .says("A debugger accesses a range whose bind is not known to be done.");
                }
            }
        }
    }
}

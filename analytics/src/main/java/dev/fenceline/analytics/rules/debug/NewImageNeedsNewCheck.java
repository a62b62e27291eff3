package dev.fenceline.analytics.rules.debug;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.Connection;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.Task;
import dev.fenceline.event.DebugVmAccess;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** D20: a connection gives no access to the memory of an image that gained privilege. */
public final class NewImageNeedsNewCheck {
    public static final Rule RULE = Rule.named("D20", "new-image-needs-new-check")
            .severity(Severity.HIGH)
            .states(
                    "After the debugged process executed an image with more privilege, a debugger that may not trace it accesses only "
                            + "VMs from before.")
            .why(
                    "The check was made once, for the old image: whoever passed it then reads the memory of a set-uid program.")
            .source(
                    "xe_eudebug.c:xe_eudebug_connect (one check at connect) and xe_eudebug_task_match (same thread group, so clients "
                            + "opened after the exec too); fs/exec.c:begin_new_exec; thread 000")
            .advice("Check again when a client appears, or tie the connection to the open file.")
            .needs(Stream.DEBUG, Stream.DEBUGVM, Stream.TASK, Stream.VM)
            .before(DebugVmAccess.class, NewImageNeedsNewCheck::judge)
            .build();

    private NewImageNeedsNewCheck() {}

    private static void judge(DebugVmAccess access, KernelState state, Report report) {
        boolean done = !access.hasResult() || access.result() > 0;
        Connection connection = done ? state.debuggers().connectionOf(access) : null;
        // A connection to an open file does not reach clients that come later.
        if (connection == null || connection.targetClient() != Event.ABSENT || connection.connectSeq() == 0) {
            return;
        }
        Task target = state.tasks().task(connection.target());
        if (target == null || target.privilegedSeq() <= connection.connectSeq()) {
            return;
        }
        Task debugger = state.tasks().task(connection.debugger());
        if (debugger != null && mayTrace(debugger, target)) {
            return;
        }
        long vm = state.debuggers().vmOf(access);
        long born = bornOf(vm, connection, state);
        if (born > target.privilegedSeq()) {
            report.violation("connection=" + connection.id() + " vm=" + vm)
                    .since(connection.connectSeq())
                    .restsOn(target)
                    .restsOn(debugger)
                    .witness("connected", connection.connectSeq())
                    .witness("target gains privilege", target.privilegedSeq())
                    .witness("VM of the new image", born)
                    .witness("accessed", access.seq())
                    .says(
                            "A debugger that connected before the process gained privilege accesses memory of the new image.");
        }
    }

    private static boolean mayTrace(Task debugger, Task target) {
        if (debugger.mayTraceAnything()) {
            return true;
        }
        return debugger.hasCredentials()
                && debugger.uid() == target.uid()
                && debugger.uid() == target.euid()
                && target.isDumpable()
                && debugger.coversCapabilitiesOf(target);
    }

    /** When the VM came into being, as far as it was told: its creation, or else its announcement. */
    private static long bornOf(long id, Connection connection, KernelState state) {
        @Nullable AddressSpace vm = state.spaces().vm(id);
        if (vm != null && !vm.isAssumed()) {
            return vm.born();
        }
        return connection.announcedSeq(id);
    }
}

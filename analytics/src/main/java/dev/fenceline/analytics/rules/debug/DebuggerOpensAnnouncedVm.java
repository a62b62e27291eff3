package dev.fenceline.analytics.rules.debug;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.Connection;
import dev.fenceline.analytics.state.Devices;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DebugVmAccess;
import dev.fenceline.event.DebugVmOpen;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** D03: a debugger reaches only VMs that were announced to its connection and still exist. */
public final class DebuggerOpensAnnouncedVm {
    public static final Rule RULE = Rule.named("D03", "debugger-opens-announced-vm")
            .severity(Severity.CRITICAL)
            .states(
                    "A debugger opens or accesses a VM only by a handle that was announced to its connection, that was not taken "
                            + "back, and that stands for that VM; after a detach nothing more is opened.")
            .why(
                    "A handle is a number that anybody can guess: by one of another connection a debugger reads the memory of a "
                            + "process it was never allowed to.")
            .source(
                    "xe_eudebug.c:xe_eudebug_vm_open_ioctl and __xe_eudebug_vm_access (vm != vmf->vm gives -EINVAL; -ENOTCONN "
                            + "after detach); thread 000")
            .advice("Look the handle up in the connection's own table on every open and on every access.")
            .needs(Stream.DEBUG, Stream.DEBUGVM, Stream.VM)
            .after(DebugVmOpen.class, DebuggerOpensAnnouncedVm::judgeOpen)
            .before(DebugVmAccess.class, DebuggerOpensAnnouncedVm::judgeAccess)
            .build();

    private DebuggerOpensAnnouncedVm() {}

    private static void judgeOpen(DebugVmOpen open, KernelState state, Report report) {
        if (!open.hasVmHandle() || (open.hasResult() && open.result() < 0)) {
            return;
        }
        Connection connection = state.debuggers().connectionOf(open);
        if (connection == null) {
            return;
        }
        if (connection.detachSeq() > 0) {
            report(connection, open.vmHandle(), null, report, "after the connection was detached")
                    .witness("detached", connection.detachSeq());
            return;
        }
        judgeHandle(connection, open.vmHandle(), open.vm(), 0, state, report);
    }

    private static void judgeAccess(DebugVmAccess access, KernelState state, Report report) {
        if (access.hasResult() && access.result() <= 0) {
            return;
        }
        Connection connection = state.debuggers().connectionOf(access);
        if (connection == null) {
            return;
        }
        // A file opened before a detach stays usable: only the handle is looked up again.
        Connection.VmFile file = state.debuggers().fileOf(connection, access);
        long handle = file != null ? file.handle() : access.vmHandle();
        long vm = access.hasVm() || file == null ? access.vm() : file.vm();
        if (handle != Event.ABSENT) {
            judgeHandle(connection, handle, vm, file == null ? 0 : file.openSeq(), state, report);
        }
    }

    private static void judgeHandle(
            Connection connection, long number, long vm, long openSeq, KernelState state, Report report) {
        Connection.VmHandle handle = connection.handle(number);
        if (handle == null) {
            Connection other = state.debuggers().otherWith(connection, number);
            Connection.VmHandle foreign = other == null ? null : other.handle(number);
            if (connection.isTableShown() || foreign != null) {
                report(connection, number, null, report, "that was never announced to it")
                        .witness("announced to another connection", foreign == null ? 0 : foreign.createSeq())
                        .witness("connected", connection.connectSeq())
                        .witness("opened", openSeq);
            }
            return;
        }
        AddressSpace space = state.spaces().vm(handle.vm());
        long closed = space == null ? 0 : space.closeSeq();
        if (handle.destroySeq() > 0) {
            report(connection, number, handle, report, "after it was taken back")
                    .witness("opened", openSeq)
                    .witness("taken back", handle.destroySeq());
        } else if (closed > 0) {
            report(connection, number, handle, report, "after its VM was closed")
                    .witness("opened", openSeq)
                    .witness("VM closed", closed);
        } else if (vm != Event.ABSENT && handle.vm() != Event.ABSENT && vm != handle.vm()) {
            report(connection, number, handle, report, "and reaches another VM than the one announced")
                    .witness("opened", openSeq);
        } else if (belongsToAnother(connection, space, state)) {
            report(connection, number, handle, report, "that stands for the VM of another process")
                    .witness("VM created", space == null ? 0 : space.born());
        }
    }

    /** Whether the VM is known to be of a process or client that the connection does not debug. */
    private static boolean belongsToAnother(Connection connection, @Nullable AddressSpace vm, KernelState state) {
        if (vm == null) {
            return false;
        }
        if (connection.targetClient() != Event.ABSENT && vm.client() != Event.ABSENT) {
            return connection.targetClient() != vm.client();
        }
        Devices.Client client =
                vm.client() == Event.ABSENT ? null : state.devices().client(vm.client());
        long owner = vm.owner() != Event.ABSENT ? vm.owner() : client == null ? Event.ABSENT : client.owner();
        return owner != Event.ABSENT && connection.target() != Event.ABSENT && owner != connection.target();
    }

    private static Finding report(
            Connection connection, long number, Connection.@Nullable VmHandle handle, Report report, String how) {
        return report.violation("connection=" + connection.id() + " vm_handle=" + number)
                .since(connection.born())
                .witness("announced", handle == null ? 0 : handle.createSeq())
                .witness("reached", report.event().seq())
                .says("Through connection " + connection.id() + " a debugger uses VM handle " + number + " " + how
                        + ".");
    }
}

package dev.fenceline.analytics.rules.debug;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Connection;
import dev.fenceline.analytics.state.DebugProtocol;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DebugAck;
import dev.fenceline.event.DebugEuControl;
import dev.fenceline.event.DebugEventType;
import dev.fenceline.event.EuCommand;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;

/** D12: instructions that a debugger wrote are flushed before threads may run them. */
public final class WrittenCodeIsFlushedBeforeResume {
    public static final Rule RULE = Rule.named("D12", "written-code-is-flushed-before-resume")
            .severity(Severity.HIGH)
            .states(
                    "Between the last write of instructions into a VM and the resume of its threads, or the acknowledgement that lets "
                            + "the client go on, lies an fsync of that VM that succeeded.")
            .why(
                    "The instruction cache still holds the old code: the breakpoint is not met, or a removed one is met again.")
            .source(
                    "xe_eudebug.c:xe_eudebug_vm_fsync (flushes every render and compute engine; -ETIMEDOUT if one does not answer); "
                            + "IGT xe_eudebug_online@writes-caching; thread 000")
            .advice("Call fsync on the VM's file after the last breakpoint and test its result.")
            .needs(Stream.DEBUG, Stream.DEBUGVM, Stream.EU)
            .before(DebugEuControl.class, WrittenCodeIsFlushedBeforeResume::judgeResume)
            .before(DebugAck.class, WrittenCodeIsFlushedBeforeResume::judgeAck)
            .build();

    private WrittenCodeIsFlushedBeforeResume() {}

    private static void judgeResume(DebugEuControl control, KernelState state, Report report) {
        if (control.command() != EuCommand.RESUME || (control.hasResult() && control.result() < 0)) {
            return;
        }
        DebugProtocol protocol = state.debugProtocols().protocol(control.connection());
        DebugProtocol.Handle queue =
                protocol == null ? null : protocol.handle(DebugEventType.EXEC_QUEUE, control.queueHandle());
        long vm = queue == null || protocol == null ? Event.ABSENT : vmOf(queue.vm(), protocol, state);
        if (vm == Event.ABSENT) {
            vm = state.session().soleObject("vm");
        }
        judge(vm, "resumed", state, report);
    }

    private static void judgeAck(DebugAck ack, KernelState state, Report report) {
        DebugProtocol protocol = state.debugProtocols().protocol(ack.connection());
        if (protocol == null || (ack.hasResult() && ack.result() < 0)) {
            return;
        }
        for (DebugProtocol.Bind bind : protocol.binds()) {
            if (bind.isHeld() && bind.isAwaiting(ack.seqno())) {
                judge(vmOf(bind.vm(), protocol, state), "client let go on", state, report);
            }
        }
    }

    /** Events name a VM by its own id, or by its handle. */
    private static long vmOf(long stated, DebugProtocol protocol, KernelState state) {
        Connection connection = state.debuggers().connection(protocol.id());
        Connection.VmHandle handle = connection == null ? null : connection.handle(stated);
        if (handle == null || handle.vm() == Event.ABSENT || state.writtenCode().writtenSince(stated) > 0) {
            return stated;
        }
        return handle.vm();
    }

    private static void judge(long vm, String how, KernelState state, Report report) {
        // Nobody named a VM: in a recording of one connection it is the same one.
        boolean known = vm != Event.ABSENT || state.debuggers().attached().size() <= 1;
        long written = known ? state.writtenCode().writtenSince(vm) : 0;
        if (written > 0) {
            report.violation("vm=" + vm + " written=" + written)
                    .since(written)
                    .witness("instructions written", written)
                    .witness(how, report.event().seq())
                    .says("Threads of VM " + vm + " go on although instructions that were written were not flushed.");
        }
    }
}

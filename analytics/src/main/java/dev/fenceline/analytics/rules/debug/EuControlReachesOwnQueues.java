package dev.fenceline.analytics.rules.debug;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Connection;
import dev.fenceline.analytics.state.DebugProtocol;
import dev.fenceline.analytics.state.HaltedThreads.HaltedQueue;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DebugEuControl;
import dev.fenceline.event.DebugEventType;
import dev.fenceline.event.EuCommand;
import dev.fenceline.event.EuHalt;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;

/** D13: a debugger controls only the threads of what it debugs. */
public final class EuControlReachesOwnQueues {
    public static final Rule RULE = Rule.named("D13", "eu-control-reaches-own-queues")
            .severity(Severity.CRITICAL)
            .states(
                    "A control call succeeds only for a queue that was announced to the connection, lives and may be debugged; what an "
                            + "INTERRUPT_ALL halts is a queue of the debugged client.")
            .why("The threads of another process are stopped, and their registers are there to be read.")
            .source(
                    "xe_eudebug.c:xe_eudebug_eu_control (-EINVAL for a foreign handle or a bitmask with INTERRUPT_ALL, -EBUSY if the "
                            + "context is not the active one, looked at again after the halt); IGT xe_eudebug_online@interrupt-other")
            .advice(
                    "Look the handle up in the connection's table, and compare the active context before and after the halt.")
            .needs(Stream.DEBUG, Stream.EU, Stream.SCHED, Stream.VM)
            .before(DebugEuControl.class, EuControlReachesOwnQueues::judgeCall)
            .before(EuHalt.class, EuControlReachesOwnQueues::judgeHalt)
            .build();

    private EuControlReachesOwnQueues() {}

    private static void judgeCall(DebugEuControl control, KernelState state, Report report) {
        DebugProtocol protocol = state.debugProtocols().protocol(control.connection());
        if (protocol == null || (control.hasResult() && control.result() < 0)) {
            return;
        }
        byte[] threads = control.bitmask();
        if (control.command() == EuCommand.INTERRUPT_ALL && threads != null && threads.length > 0) {
            report(control.seq(), protocol, report, "interrupts all threads and names some");
            return;
        }
        if (!control.hasQueueHandle() || protocol.detachSeq() > 0) {
            return;
        }
        DebugProtocol.Handle handle = protocol.handle(DebugEventType.EXEC_QUEUE, control.queueHandle());
        if (handle == null) {
            if (protocol.isShown()) {
                report(control.seq(), protocol, report, "controls a queue that was never announced to it");
            }
            return;
        }
        if (handle.destroySeq() > 0) {
            report(control.seq(), protocol, report, "controls a queue that was destroyed")
                    .witness("queue destroyed", handle.destroySeq());
            return;
        }
        HaltedQueue queue =
                handle.object() == Event.ABSENT ? null : state.haltedThreads().queue(handle.object());
        Connection connection = state.debuggers().connection(protocol.id());
        if (queue != null && connection != null && (!queue.isDebuggable() || isForeign(connection, queue))) {
            report(control.seq(), protocol, report, "controls a queue that it may not")
                    .witness("queue created", queue.isAssumed() ? 0 : queue.born());
        }
    }

    /** Threads may halt at any time by breakpoints of their own: only what names the interrupt as its cause is judged. */
    private static void judgeHalt(EuHalt halt, KernelState state, Report report) {
        HaltedQueue queue = state.haltedThreads().queue(halt.queue());
        Connection connection = state.debuggers().connection(halt.connection());
        DebugProtocol protocol = state.debugProtocols().protocol(halt.connection());
        if (!halt.hasConnection()
                || queue == null
                || connection == null
                || protocol == null
                || !isForeign(connection, queue)) {
            return;
        }
        report(halt.seq(), protocol, report, "halts threads of a process that it does not debug")
                .since(protocol.interruptSeq())
                .witness("interrupted", protocol.interruptSeq())
                .witness("queue created", queue.isAssumed() ? 0 : queue.born());
    }

    /** Whether the queue is known to be of a client or process that the connection does not debug. */
    private static boolean isForeign(Connection connection, HaltedQueue queue) {
        if (connection.targetClient() != Event.ABSENT && queue.client() != Event.ABSENT) {
            return connection.targetClient() != queue.client();
        }
        return connection.target() != Event.ABSENT
                && queue.owner() != Event.ABSENT
                && connection.target() != queue.owner();
    }

    private static Finding report(long seq, DebugProtocol protocol, Report report, String how) {
        return report.violation("seq=" + seq)
                .since(protocol.born())
                .witness("controlled", seq)
                .says("Connection " + protocol.id() + " " + how + ".");
    }
}

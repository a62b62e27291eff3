package dev.fenceline.analytics.rules.debug;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Connection;
import dev.fenceline.analytics.state.DebugProtocol;
import dev.fenceline.analytics.state.HaltedThreads.HaltedQueue;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Queue;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DebugEuControl;
import dev.fenceline.event.DebugEventType;
import dev.fenceline.event.EuCommand;
import dev.fenceline.event.EuHalt;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** D13: a debugger controls only the threads of what it debugs. */
public final class EuControlReachesOwnQueues {
    public static final Rule RULE = Rule.named("D13", "eu-control-reaches-own-queues")
            .severity(Severity.CRITICAL)
            .states(
                    "A control call succeeds only while the connection lasts, for a queue that has a handle in it, lives and may be "
                            + "debugged; an INTERRUPT_ALL only for one on the hardware, and what it halts is a queue of the debugged "
                            + "client.")
            .why("The threads of another process are stopped, and their registers are there to be read.")
            .source(
                    "xe_eudebug.c:xe_eudebug_eu_control (-ENOTCONN after the end, -EINVAL for a foreign handle or a bitmask with "
                            + "INTERRUPT_ALL, -EINVAL or -EBUSY if the context is not the active one, looked at again after the halt); IGT "
                            + "xe_eudebug_online@interrupt-other")
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
        if (protocol.detachSeq() > 0) {
            report(control.seq(), protocol, report, "controls a queue after its end")
                    .witness("detached", protocol.detachSeq());
            return;
        }
        if (!control.hasQueueHandle()) {
            return;
        }
        DebugProtocol.Handle handle = protocol.handle(DebugEventType.EXEC_QUEUE, control.queueHandle());
        Connection connection = state.debuggers().connection(protocol.id());
        if (handle == null) {
            if (protocol.isShown() && !mayBeUnread(connection, protocol, state)) {
                // That there is no other queue is a fact about the whole recording.
                report(control.seq(), protocol, report, "controls a queue that was never announced to it")
                        .since(0);
            }
            return;
        }
        if (handle.destroySeq() > 0) {
            report(control.seq(), protocol, report, "controls a queue that was destroyed")
                    .witness("queue destroyed", handle.destroySeq());
            return;
        }
        if (handle.object() == Event.ABSENT) {
            return;
        }
        HaltedQueue queue = state.haltedThreads().queue(handle.object());
        if (queue != null && connection != null && (!queue.isDebuggable() || isForeign(connection, queue))) {
            report(control.seq(), protocol, report, "controls a queue that it may not")
                    .witness("queue created", queue.isAssumed() ? 0 : queue.born());
            return;
        }
        // Halted threads keep the context on the hardware; one that RESUME lets go may leave before that is recorded.
        Queue context = state.queues().queue(handle.object());
        if (control.command() == EuCommand.INTERRUPT_ALL && context != null && isOffHardware(context)) {
            report(control.seq(), protocol, report, "halts a queue that is not on the hardware")
                    .since(context.suspendDoneSeq())
                    .witness("queue left the hardware", context.suspendDoneSeq());
        }
    }

    private static boolean isOffHardware(Queue queue) {
        return queue.suspendDoneSeq() > queue.runningSeq();
    }

    /**
     * Whether a handle that was not announced may be valid: it is from the moment the queue is made, and the debugger may guess it
     * before it reads the event. Then the client has a queue that was not announced.
     */
    private static boolean mayBeUnread(@Nullable Connection connection, DebugProtocol protocol, KernelState state) {
        for (long id : state.haltedThreads().ids()) {
            HaltedQueue queue = state.haltedThreads().queue(id);
            if (queue != null
                    && queue.isDebuggable()
                    && protocol.handleOf(DebugEventType.EXEC_QUEUE, id) == null
                    && (connection == null || mayBeOwn(connection, queue, state))) {
                return true;
            }
        }
        return false;
    }

    /** In a fragment, a queue that is not said to be anybody's is a stranger's. */
    private static boolean mayBeOwn(Connection connection, HaltedQueue queue, KernelState state) {
        boolean known = queue.client() != Event.ABSENT || queue.owner() != Event.ABSENT;
        return known ? !isForeign(connection, queue) : !state.ledger().isFragment();
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

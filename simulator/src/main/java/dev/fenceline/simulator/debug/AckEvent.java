package dev.fenceline.simulator.debug;

import dev.fenceline.event.DebugAck;
import dev.fenceline.event.DebugEventType;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;

/** xe_eudebug.c:xe_eudebug_ack_event_ioctl: the user fence that waits for the debugger is let go, once. */
public final class AckEvent extends Call {
    /** What is acknowledged already is acknowledged again (rule D08). */
    public static final Deviation TAKEN_TWICE = new Deviation("acknowledgement-is-taken-twice");

    private static final int EINVAL = -22;
    private static final int ENOTCONN = -107;

    private static final Path<AckEvent> PATH = Path.<AckEvent>named("xe_eudebug_ack_event_ioctl")
            .spend(ack -> ack.kernel().costs().stepNs())
            .run(AckEvent::acknowledge)
            .end();

    private final DebugConnection connection;
    private final long number;
    private int result;

    /** Acknowledges the event of that number. */
    public AckEvent(DebugConnection connection, long number) {
        this.connection = connection;
        this.number = number;
    }

    /** 0 or a negative errno. */
    public int result() {
        return result;
    }

    private void acknowledge() {
        if (connection.isDetached()) {
            result = ENOTCONN;
        } else if (!connection.clients().acknowledge(number)) {
            result = kernel().deviates(TAKEN_TWICE) ? 0 : EINVAL;
        }
        kernel().emit(DebugAck.builder()
                .connection(connection.id())
                .type(DebugEventType.VM_BIND_UFENCE)
                .seqno(number)
                .result(result));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

package dev.fenceline.simulator.debug;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;

/**
 * xe_eudebug.c:xe_eudebug_queue_event while the queue of events is full: who made an event waits until the debugger has read enough. A
 * debugger that reads nothing for a while is taken for dead, and its connection ends, so that its clients can go on.
 *
 * <p>The posted loop takes the number of the event that waits for that of the oldest one, so it sees no progress and gives up after the
 * same time although the debugger reads; here each read starts the time anew, as its comment has it.
 */
public final class AwaitReader extends Call {
    /** Nobody gives up on a debugger that does not read (rule D11). */
    public static final Deviation WAITS_FOR_EVER = new Deviation("client-waits-for-debugger-for-ever");

    /** {@code XE_EUDEBUG_NO_READ_DETECTED_TIMEOUT_MS}. */
    private static final long LIMIT_NS = 25_000_000_000L;

    private static final Path<AwaitReader> PATH = Path.<AwaitReader>named("xe_eudebug_queue_event")
            .repeat(turn -> turn.leaveIf(wait -> wait.connection.hasRoom())
                    .run(AwaitReader::look)
                    .await(
                            wait -> wait.connection.writers(),
                            wait -> wait.connection.hasRoom() || wait.sawRead(),
                            wait -> wait.deadlineNs,
                            wait -> false)
                    .leaveIf(AwaitReader::givesUp))
            .when(
                    wait -> !wait.connection.hasRoom(),
                    dead -> dead.run(wait -> wait.connection.disconnect("-ETIMEDOUT")))
            .end();

    private final DebugConnection connection;
    private long reads;
    private long deadlineNs;

    AwaitReader(DebugConnection connection) {
        this.connection = connection;
    }

    private void look() {
        reads = connection.reads();
        deadlineNs = kernel().nowNs() + LIMIT_NS;
    }

    private boolean sawRead() {
        return connection.reads() != reads;
    }

    private boolean givesUp() {
        return !connection.hasRoom() && !sawRead() && !kernel().deviates(WAITS_FOR_EVER);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

package dev.fenceline.simulator.vm;

import dev.fenceline.event.EuHalt;
import dev.fenceline.event.EuResume;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** The threads of a queue on the execution units, one bit each. Those that stand still keep the context on the hardware. */
public final class EuThreads {
    /** How many threads a queue has; a number of ours. */
    static final int COUNT = 16;

    /** All threads of a queue. */
    public static final long ALL = (1L << COUNT) - 1;

    private final ExecQueue queue;
    private long halted;
    private @Nullable Runnable whenRunning;

    EuThreads(ExecQueue queue) {
        this.queue = queue;
    }

    /** Those that stand still. */
    public long halted() {
        return halted;
    }

    /** Whether some of them stand still. */
    public boolean areHalted() {
        return halted != 0;
    }

    /** {@code which} meet a breakpoint; the driver finds it when it next looks. */
    public void halt(long which) {
        halt(which, EuHalt.builder());
    }

    /** All stop, because the debugger of {@code connection} interrupts them. */
    public void interrupt(long connection) {
        halt(ALL, EuHalt.builder().connection(connection));
    }

    private void halt(long which, EuHalt.Builder event) {
        if (which == 0) {
            return;
        }
        halted |= which;
        queue.vm().kernel().emit(event.queue(queue.id()).lrc(queue.id()).threads(bits(which)));
        queue.vm().device().raiseAttention();
    }

    /** {@code which} run on. */
    public void resume(long which) {
        long resumed = halted & which;
        if (resumed == 0) {
            return;
        }
        halted &= ~which;
        queue.vm()
                .kernel()
                .emit(EuResume.builder().queue(queue.id()).lrc(queue.id()).threads(bits(resumed)));
        Runnable waiting = whenRunning;
        if (halted == 0 && waiting != null) {
            whenRunning = null;
            waiting.run();
        }
    }

    /** They are gone with their context. */
    void vanish() {
        halted = 0;
        whenRunning = null;
    }

    /** {@code goOn} happens once none of them stands still: a context cannot be saved around a thread that a debugger holds. */
    void afterHalt(Runnable goOn) {
        whenRunning = goOn;
    }

    /** A bitmap of threads as the events have it. */
    public static byte[] bits(long which) {
        return ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(which)
                .array();
    }
}

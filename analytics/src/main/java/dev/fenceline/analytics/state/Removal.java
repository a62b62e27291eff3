package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.IOException;
import org.agrona.collections.LongArrayList;
import org.jspecify.annotations.Nullable;

/** How a device goes: who removes it, which steps are done, and what is left to explain. Its id is that of the device. */
public final class Removal extends KernelObject {
    private static final int UNEXPLAINED_FIELDS = 2;

    private final long[] steps = new long[RemovalStep.count()];
    /** Hardware fences that the remover signalled without an error: fence and seq in turn. */
    private final LongArrayList unexplained = new LongArrayList();

    /** The fence of the device that the remover signalled last, until it goes on; {@link Event#ABSENT} if there is none. */
    private long justSignalled = Event.ABSENT;

    long removerTid = Event.ABSENT;
    long doneSeq;
    long unbindSeq;

    Removal(long device) {
        super(device);
    }

    /** The thread that marked it as unplugged; {@link Event#ABSENT} if none is known to have done so. */
    public long removerTid() {
        return removerTid;
    }

    /** The seq at which the step was first done; 0 if it was not. */
    @SuppressWarnings("EnumOrdinal") // The order of the steps is what the enum is about.
    public long seq(RemovalStep step) {
        return steps[step.ordinal()];
    }

    /** The first step after {@code step} that is done already; null if none is. */
    @SuppressWarnings("EnumOrdinal") // As above.
    public @Nullable RemovalStep doneBefore(RemovalStep step) {
        for (int later = step.ordinal() + 1; later < steps.length; later++) {
            if (steps[later] > 0) {
                return RemovalStep.at(later);
            }
        }
        return null;
    }

    /** The seq at which the page table entries of user space were gone; 0 before. */
    public long doneSeq() {
        return doneSeq;
    }

    /** How many hardware fences the remover signalled without an error, although nobody found them done. */
    public int unexplainedCount() {
        return unexplained.size() / UNEXPLAINED_FIELDS;
    }

    /** One of these fences. */
    public long unexplainedFence(int i) {
        return unexplained.getLong(UNEXPLAINED_FIELDS * i);
    }

    /** The seq of its signal. */
    public long unexplainedSeq(int i) {
        return unexplained.getLong(UNEXPLAINED_FIELDS * i + 1);
    }

    @SuppressWarnings("EnumOrdinal") // As above.
    void reach(RemovalStep step, long seq) {
        justSignalled = Event.ABSENT;
        if (steps[step.ordinal()] == 0) {
            steps[step.ordinal()] = seq;
        }
    }

    /** The remover signals a fence of the hardware, with an error or without. */
    void signalled(long fence, boolean withError, long seq) {
        justSignalled = fence;
        if (!withError) {
            unexplained.addLong(fence);
            unexplained.addLong(seq);
        }
    }

    /** The remover found that fence done: if it signalled it just now, that was why. */
    void explain(long fence) {
        if (justSignalled != fence) {
            return;
        }
        justSignalled = Event.ABSENT;
        for (int i = unexplained.size() - UNEXPLAINED_FIELDS; i >= 0; i -= UNEXPLAINED_FIELDS) {
            if (unexplained.getLong(i) == fence) {
                DmaBuf.removeRange(unexplained, i, UNEXPLAINED_FIELDS);
            }
        }
    }

    void unbind(long seq) {
        if (unbindSeq == 0) {
            unbindSeq = seq;
        }
        unexplained.clear();
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        for (long step : steps) {
            out.number(step);
        }
        out.numbers(unexplained);
        out.number(justSignalled);
        out.number(removerTid);
        out.number(doneSeq);
        out.number(unbindSeq);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        for (int i = 0; i < steps.length; i++) {
            steps[i] = in.number();
        }
        in.numbers(unexplained);
        justSignalled = in.number();
        removerTid = in.number();
        doneSeq = in.number();
        unbindSeq = in.number();
    }
}

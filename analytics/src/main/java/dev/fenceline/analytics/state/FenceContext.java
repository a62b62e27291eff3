package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.IOException;

/** A fence context: the line along which its fences are initialised and complete in order. */
public final class FenceContext extends KernelObject {
    long lastSeqno = Event.ABSENT;
    long lastInitSeq;
    boolean seqno64;
    long doneSeqno = Event.ABSENT;
    long doneSeq;
    long signaledSeqno = Event.ABSENT;
    long signaledSeq;
    long signaledInitSeq;
    long progressNs = Event.ABSENT;
    /** How many live fences are on it, and entities make fences on it. */
    int users;

    FenceContext(long id) {
        super(id);
    }

    /** The seqno of the fence initialised last; {@link Event#ABSENT} if none was seen. */
    public long lastSeqno() {
        return lastSeqno;
    }

    /** The seq of the event that initialised that fence. */
    public long lastInitSeq() {
        return lastInitSeq;
    }

    /** The latest seqno whose fence signalled, or was found signalled; {@link Event#ABSENT} if none was. */
    public long signaledSeqno() {
        return signaledSeqno;
    }

    /** The seq of the event that showed that. */
    public long signaledSeq() {
        return signaledSeq;
    }

    /** The seq at which that fence was initialised; 0 if not seen. */
    public long signaledInitSeq() {
        return signaledInitSeq;
    }

    /** The session's time in ns at which a fence of the context signalled last; {@link Event#ABSENT} if none did. */
    public long progressNs() {
        return progressNs;
    }

    /**
     * Whether {@code a} comes after {@code b}, as include/linux/dma-fence.h:__dma_fence_is_later compares: 64 bits unsigned,
     * or the sign of the difference of the low 32 bits, so that a wrap goes forward.
     */
    public static boolean isLater(long a, long b, boolean seqno64) {
        return seqno64 ? Long.compareUnsigned(a, b) > 0 : (int) a - (int) b > 0;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(lastSeqno);
        out.number(lastInitSeq);
        out.flag(seqno64);
        out.number(doneSeqno);
        out.number(doneSeq);
        out.number(signaledSeqno);
        out.number(signaledSeq);
        out.number(signaledInitSeq);
        out.number(progressNs);
        out.number(users);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        lastSeqno = in.number();
        lastInitSeq = in.number();
        seqno64 = in.flag();
        doneSeqno = in.number();
        doneSeq = in.number();
        signaledSeqno = in.number();
        signaledSeq = in.number();
        signaledInitSeq = in.number();
        progressNs = in.number();
        users = in.count();
    }
}

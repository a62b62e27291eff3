package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.IOException;

/** A request to the TLBs of one GT to forget a range of an address space, or everything. */
public final class TlbInvalidation extends KernelObject {
    long device = Event.ABSENT;
    long gt = Event.ABSENT;
    long seqno = Event.ABSENT;
    long vm = Event.ABSENT;
    long start = Event.ABSENT;
    long end = Event.ABSENT;
    long sendSeq;
    long signalSeq;
    long timeoutSeq;

    TlbInvalidation(long id) {
        super(id);
    }

    /** The device it goes to; {@link Event#ABSENT} if unknown. */
    public long device() {
        return device;
    }

    /** The GT; {@link Event#ABSENT} if not stated. */
    public long gt() {
        return gt;
    }

    /** Its number on the GT; {@link Event#ABSENT} if not stated. */
    public long seqno() {
        return seqno;
    }

    /** The address space; {@link Event#ABSENT} if not stated, or if it is about all. */
    public long vm() {
        return vm;
    }

    /** The seq at which it was sent; 0 if that was not seen. */
    public long sendSeq() {
        return sendSeq;
    }

    /** The seq at which its fence signalled; 0 if it did not. */
    public long signalSeq() {
        return signalSeq;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(device);
        out.number(gt);
        out.number(seqno);
        out.number(vm);
        out.number(start);
        out.number(end);
        out.number(sendSeq);
        out.number(signalSeq);
        out.number(timeoutSeq);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        device = in.number();
        gt = in.number();
        seqno = in.number();
        vm = in.number();
        start = in.number();
        end = in.number();
        sendSeq = in.number();
        signalSeq = in.number();
        timeoutSeq = in.number();
    }
}

package dev.fenceline.analytics.state;

import dev.fenceline.event.BoType;
import dev.fenceline.event.Event;
import dev.fenceline.event.Placement;
import java.io.IOException;

/** One buffer object: its pins, its reservation, where its backing store is in its life. */
public final class BufferObject extends KernelObject {
    long device = Event.ABSENT;
    long client = Event.ABSENT;
    long vm = Event.ABSENT;
    long resv = Event.ABSENT;
    long fencedResv = Event.ABSENT;
    BoType type = BoType.UNKNOWN;
    Placement placement = Placement.UNKNOWN;
    /** Where the last submitted move came from. */
    Placement left = Placement.UNKNOWN;

    int pins;
    long pinSeq;
    long moveBeginSeq;
    boolean movedAtSuspend;
    long individualizeSeq;
    boolean individualizeFailed;
    boolean individualizedFromUnknown;
    long ownResv = Event.ABSENT;
    long releaseSeq;
    long family;
    long generation = Event.ABSENT;
    long populatedSeq;
    /** Moves submitted whose copies did not start; the subject is the fence of the copy. */
    final SectionStack submittedMoves = new SectionStack();

    BufferObject(long id) {
        super(id);
        family = id;
    }

    /** The device it belongs to; {@link Event#ABSENT} if unknown. */
    public long device() {
        return device;
    }

    /** How often it is pinned. */
    public int pins() {
        return pins;
    }

    /** The seq of the pin that made it pinned; 0 while it is not. */
    public long pinSeq() {
        return pinSeq;
    }

    /** The seq of the move that began and was neither submitted, committed nor failed; 0 if there is none. */
    public long moveBeginSeq() {
        return moveBeginSeq;
    }

    /** Whether it left its placement while the device was suspending, and has to come back. */
    public boolean movedAtSuspend() {
        return movedAtSuspend;
    }

    /** Where the last committed or submitted move leads; UNKNOWN if not seen. The copy may still run. */
    public Placement placement() {
        return placement;
    }

    /** The seq at which the dying BO left a shared reservation for its own; 0 if it did not. */
    public long individualizeSeq() {
        return individualizeSeq;
    }

    /** Whether individualising failed: the BO then waits for the shared reservation, for a time. */
    public boolean individualizeFailed() {
        return individualizeFailed;
    }

    /** Whether it is not known which reservation it left when it individualised, and so which fences it took along. */
    public boolean individualizedFromUnknown() {
        return individualizedFromUnknown;
    }

    /** The reservation it individualised into; {@link Event#ABSENT} if it did not. */
    public long ownResv() {
        return ownResv;
    }

    /** The seq at which its last reference went; 0 before. */
    public long releaseSeq() {
        return releaseSeq;
    }

    /** The generation of its current backing store; {@link Event#ABSENT} if none was ever seen. */
    public long generation() {
        return generation;
    }

    /** The moves that were submitted and whose copies did not start yet; the subject is the fence of the copy. */
    public SectionStack submittedMoves() {
        return submittedMoves;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(device);
        out.number(client);
        out.number(vm);
        out.number(resv);
        out.number(fencedResv);
        out.symbol(type);
        out.symbol(placement);
        out.symbol(left);
        out.number(pins);
        out.number(pinSeq);
        out.number(moveBeginSeq);
        out.flag(movedAtSuspend);
        out.number(individualizeSeq);
        out.flag(individualizeFailed);
        out.flag(individualizedFromUnknown);
        out.number(ownResv);
        out.number(releaseSeq);
        out.number(family);
        out.number(generation);
        out.number(populatedSeq);
        submittedMoves.write(out);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        device = in.number();
        client = in.number();
        vm = in.number();
        resv = in.number();
        fencedResv = in.number();
        type = in.symbol(BoType.values());
        placement = in.symbol(Placement.values());
        left = in.symbol(Placement.values());
        pins = in.count();
        pinSeq = in.number();
        moveBeginSeq = in.number();
        movedAtSuspend = in.flag();
        individualizeSeq = in.number();
        individualizeFailed = in.flag();
        individualizedFromUnknown = in.flag();
        ownResv = in.number();
        releaseSeq = in.number();
        family = in.number();
        generation = in.number();
        populatedSeq = in.number();
        submittedMoves.read(in);
    }
}

package dev.fenceline.analytics.state;

import dev.fenceline.event.BoType;
import dev.fenceline.event.Event;
import dev.fenceline.event.LongList;
import dev.fenceline.event.Placement;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One buffer object: its pins, its reservation, where its backing store is in its life. */
public final class BufferObject extends KernelObject {
    long device = Event.ABSENT;
    long client = Event.ABSENT;
    long vm = Event.ABSENT;
    long resv = Event.ABSENT;
    long fencedResv = Event.ABSENT;
    BoType type = BoType.UNKNOWN;
    long size = Event.ABSENT;
    /** Where it lies in VRAM since its creation; null once it moved. */
    @Nullable LongList blocks;

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

    long unpinSeq;
    int refs = 1;
    long zeroSeq;
    long deletedSeq;
    boolean ghost;
    long temporarySeq;
    long moveSeq;
    Placement moveTo = Placement.UNKNOWN;
    long commitSeq;
    long pagesGoneSeq;
    long emptySeq;
    long swappingSeq;
    long externalSeq;
    long swapoutTrySeq;
    long swapoutTryTid = Event.ABSENT;
    long resource = Event.ABSENT;
    long resourceSeq;
    boolean resourceHandedOver;

    BufferObject(long id) {
        super(id);
        family = id;
    }

    /** The device it belongs to; {@link Event#ABSENT} if unknown. */
    public long device() {
        return device;
    }

    /** Who it is for; UNKNOWN if not stated. */
    public BoType type() {
        return type;
    }

    /** Its size in bytes; {@link Event#ABSENT} if not stated. */
    public long size() {
        return size;
    }

    /** The offsets in VRAM, in bytes, of the blocks it lies in; null if not stated, or if it moved since. */
    public @Nullable LongList blocks() {
        return blocks;
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

    /** The seq of the unpin that took the last pin; 0 if it was never unpinned, or is pinned again. */
    public long unpinSeq() {
        return unpinSeq;
    }

    /**
     * How many references it has at most: the creation is one, and so is a lookup, which in the kernel counts the object that
     * holds the BO.
     */
    public int refs() {
        return refs;
    }

    /** The seq at which its references reached zero; 0 while it has some. */
    public long zeroSeq() {
        return zeroSeq;
    }

    /** The seq of the delayed destroy, which marks it as deleted and gives it one reference back; 0 before. */
    public long deletedSeq() {
        return deletedSeq;
    }

    /** Whether it was split off another BO to keep the old store of a move: ttm_bo_util.c:ttm_buffer_object_transfer. */
    public boolean isGhost() {
        return ghost;
    }

    /** The seq of the commit that left it in a bounce placement; 0 if it is not in one. */
    public long temporarySeq() {
        return temporarySeq;
    }

    /** The seq of the submitted move that has not been committed yet; 0 if there is none. */
    public long moveSeq() {
        return moveSeq;
    }

    /** The seq of the last commit of a move; 0 if none was seen. */
    public long commitSeq() {
        return commitSeq;
    }

    /** The seq at which pages of system memory it had then were given back last; 0 if that was not seen. */
    public long pagesGoneSeq() {
        return pagesGoneSeq;
    }

    /** The seq since which it is known to have no pages of system memory; 0 if it has some, or may have. */
    public long emptySeq() {
        return emptySeq;
    }

    /** The seq of the unpopulate that is a part of a swap-out whose own event is still to come; 0 if there is none. */
    public long swappingSeq() {
        return swappingSeq;
    }

    /** The seq of the event that told that its pages belong to somebody else; 0 if none did. */
    public long externalSeq() {
        return externalSeq;
    }

    /** The seq at which the walk that is still busy with it came to it to swap it out; 0 if there is none. */
    public long swapoutTrySeq() {
        return swapoutTrySeq;
    }

    /** The thread of that walk. */
    public long swapoutTryTid() {
        return swapoutTryTid;
    }

    /** The resource in its slot; {@link Event#ABSENT} if it is empty or unknown. */
    public long resource() {
        return resource;
    }

    /** The seq of the event that filled or emptied the slot; 0 if none was seen. */
    public long resourceSeq() {
        return resourceSeq;
    }

    /** Whether the resource came with the ghost rather than by an assignment. */
    public boolean isResourceHandedOver() {
        return resourceHandedOver;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(device);
        out.number(client);
        out.number(vm);
        out.number(resv);
        out.number(fencedResv);
        out.symbol(type);
        out.number(size);
        out.numbers(blocks);
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
        out.number(unpinSeq);
        out.number(refs);
        out.number(zeroSeq);
        out.number(deletedSeq);
        out.flag(ghost);
        out.number(temporarySeq);
        out.number(moveSeq);
        out.symbol(moveTo);
        out.number(commitSeq);
        out.number(pagesGoneSeq);
        out.number(emptySeq);
        out.number(swappingSeq);
        out.number(externalSeq);
        out.number(swapoutTrySeq);
        out.number(swapoutTryTid);
        out.number(resource);
        out.number(resourceSeq);
        out.flag(resourceHandedOver);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        device = in.number();
        client = in.number();
        vm = in.number();
        resv = in.number();
        fencedResv = in.number();
        type = in.symbol(BoType.values());
        size = in.number();
        blocks = in.numbers();
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
        unpinSeq = in.number();
        refs = in.count();
        zeroSeq = in.number();
        deletedSeq = in.number();
        ghost = in.flag();
        temporarySeq = in.number();
        moveSeq = in.number();
        moveTo = in.symbol(Placement.values());
        commitSeq = in.number();
        pagesGoneSeq = in.number();
        emptySeq = in.number();
        swappingSeq = in.number();
        externalSeq = in.number();
        swapoutTrySeq = in.number();
        swapoutTryTid = in.number();
        resource = in.number();
        resourceSeq = in.number();
        resourceHandedOver = in.flag();
    }
}

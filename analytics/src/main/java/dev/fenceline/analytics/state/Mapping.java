package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.LongList;
import dev.fenceline.event.VmListKind;
import dev.fenceline.event.VmaKind;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A mapping (VMA) in a GPU address space; a userptr one knows its pages, when they were found and when they were lost. */
public final class Mapping extends KernelObject {
    long vm = Event.ABSENT;
    long start = Event.ABSENT;
    long end = Event.ABSENT;
    VmaKind kind = VmaKind.UNKNOWN;
    long bo = Event.ABSENT;
    boolean readOnly;
    boolean leftOutOfDumps;
    long boOffset = Event.ABSENT;
    long userptr = Event.ABSENT;
    boolean bound = true;
    long evictSeq;
    long faultBindSeq;
    boolean mappedBefore;
    long pinSeq;
    long pinNumber = Event.ABSENT;

    @Nullable LongList pinPages;

    long invalidatedSeq;
    long invalidatedNumber = Event.ABSENT;
    long bindSeq;
    long rebindSeq;
    long unbindFence = Event.ABSENT;
    long unbindSeq;
    boolean remapped;
    /** Whether the pages were fetched for writing, by what is stated to be its fetch: 1, 0, or {@link Event#ABSENT} if not said. */
    long pinWrite = Event.ABSENT;

    long pinWriteSeq;
    /** The thread that wrote a page by the mm which is not one that was fetched, in the debugger's access it is in. */
    long mmWriterTid = Event.ABSENT;
    /** Whether the last change of its entries left none that points to lost pages. */
    boolean settled;

    VmListKind list = VmListKind.UNKNOWN;
    long listSeq;
    /** The seq of the last event that cleared entries of it. */
    long clearedSeq;

    Mapping(long id) {
        super(id);
    }

    /** The address space; {@link Event#ABSENT} if unknown. */
    public long vm() {
        return vm;
    }

    /** Its first address; {@link Event#ABSENT} if unknown. */
    public long start() {
        return start;
    }

    /** The address after its last; {@link Event#ABSENT} if unknown. */
    public long end() {
        return end;
    }

    /** The BO it maps; {@link Event#ABSENT} if unknown or none. */
    public long bo() {
        return bo;
    }

    /** The byte of the BO at its first address; {@link Event#ABSENT} if unknown. */
    public long boOffset() {
        return boOffset;
    }

    /** The CPU address of its first address; {@link Event#ABSENT} if unknown or none. */
    public long userptr() {
        return userptr;
    }

    /** What it maps. */
    public VmaKind kind() {
        return kind;
    }

    /** The seq of the last successful fetch of its pages; 0 if none was seen. */
    public long pinSeq() {
        return pinSeq;
    }

    /** The seq of the last invalidation of its pages; 0 if none was seen. */
    public long invalidatedSeq() {
        return invalidatedSeq;
    }

    /** The seq of the last bind that was asked for; 0 if none was seen. */
    public long bindSeq() {
        return bindSeq;
    }

    /** The fence of the last unbind of it; {@link Event#ABSENT} if it was not unbound or has none. */
    public long unbindFence() {
        return unbindFence;
    }

    /** The seq of the last unbind; 0 if none was seen. */
    public long unbindSeq() {
        return unbindSeq;
    }

    /** Whether that took only a part of it away, and other mappings have its place. */
    public boolean isRemapped() {
        return remapped;
    }

    /** Whether the GPU may only read through it. */
    public boolean isReadOnly() {
        return readOnly;
    }

    /** Whether its pages are known to have been fetched for reading only. */
    public boolean isFetchedForReading() {
        return pinWrite == Event.ABSENT ? readOnly : pinWrite == 0;
    }

    /** The seq of the fetch that said so; 0 if none did. */
    public long pinWriteSeq() {
        return pinWriteSeq;
    }

    /** Whether its pages are known, and that page is not one of them. */
    public boolean isForeignPage(long page) {
        return pinPages != null && page != Event.ABSENT && !pinPages.contains(page);
    }

    /** Whether the thread wrote another page in place of one that was fetched, and no access of a debugger since. */
    public boolean isWrittenByMm(long tid) {
        return mmWriterTid == tid && tid != Event.ABSENT;
    }

    /** The list of the VM it is on; NONE since its creation, UNKNOWN if that was not seen and nothing told. */
    public VmListKind list() {
        return list;
    }

    /** The seq at which it came to that list. */
    public long listSeq() {
        return listSeq;
    }

    /** Whether it covers that address. */
    public boolean contains(long address) {
        return hasRange() && Long.compareUnsigned(start, address) <= 0 && Long.compareUnsigned(address, end) < 0;
    }

    /** Whether its create says that core dumps do not hold its contents. */
    public boolean isLeftOutOfDumps() {
        return leftOutOfDumps;
    }

    /** The seq at which its BO moved away under it; 0 if it did not, or the mapping was bound again. */
    public long evictSeq() {
        return evictSeq;
    }

    /** The seq of the last bind that a page fault led to, unless it was zapped since; 0 if there is none. */
    public long faultBindSeq() {
        return faultBindSeq;
    }

    /** The seq of the last rebind that was queued; 0 if none was. */
    public long rebindSeq() {
        return rebindSeq;
    }

    /** Whether its first and last address are known. */
    public boolean hasRange() {
        return start != Event.ABSENT && end != Event.ABSENT;
    }

    /** Whether it is known to map an address of [from, to). */
    public boolean overlaps(long from, long to) {
        return hasRange() && Long.compareUnsigned(start, to) < 0 && Long.compareUnsigned(from, end) < 0;
    }

    /** A fetch that is stated to be of its pages asked for them to write, 1, or to read, 0. */
    void fetchedFor(long write, long seq) {
        pinWrite = write;
        pinWriteSeq = seq;
        mmWriterTid = Event.ABSENT;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(vm);
        out.number(start);
        out.number(end);
        out.symbol(kind);
        out.number(bo);
        out.flag(readOnly);
        out.flag(leftOutOfDumps);
        out.number(boOffset);
        out.number(userptr);
        out.flag(bound);
        out.number(evictSeq);
        out.number(faultBindSeq);
        out.flag(mappedBefore);
        out.number(pinSeq);
        out.number(pinNumber);
        out.numbers(pinPages);
        out.number(invalidatedSeq);
        out.number(invalidatedNumber);
        out.number(bindSeq);
        out.number(rebindSeq);
        out.number(unbindFence);
        out.number(unbindSeq);
        out.flag(remapped);
        out.number(pinWrite);
        out.number(pinWriteSeq);
        out.number(mmWriterTid);
        out.flag(settled);
        out.symbol(list);
        out.number(listSeq);
        out.number(clearedSeq);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        vm = in.number();
        start = in.number();
        end = in.number();
        kind = in.symbol(VmaKind.values());
        bo = in.number();
        readOnly = in.flag();
        leftOutOfDumps = in.flag();
        boOffset = in.number();
        userptr = in.number();
        bound = in.flag();
        evictSeq = in.number();
        faultBindSeq = in.number();
        mappedBefore = in.flag();
        pinSeq = in.number();
        pinNumber = in.number();
        pinPages = in.numbers();
        invalidatedSeq = in.number();
        invalidatedNumber = in.number();
        bindSeq = in.number();
        rebindSeq = in.number();
        unbindFence = in.number();
        unbindSeq = in.number();
        remapped = in.flag();
        pinWrite = in.number();
        pinWriteSeq = in.number();
        mmWriterTid = in.number();
        settled = in.flag();
        list = in.symbol(VmListKind.values());
        listSeq = in.number();
        clearedSeq = in.number();
    }
}

package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.IOException;
import java.util.Arrays;
import org.agrona.collections.LongHashSet;

/** An mmu_interval_notifier: its sequence number, and the pages last found under it. */
public final class Notifier extends KernelObject {
    long mm = Event.ABSENT;
    long vm = Event.ABSENT;
    long vma = Event.ABSENT;
    long start = Event.ABSENT;
    long end = Event.ABSENT;
    long number = Event.ABSENT;
    long setSeq;
    long invalidateSeq;
    long pinSeq;
    long pinNumber = Event.ABSENT;
    boolean pinPagesKnown;
    final LongHashSet pinPages = new LongHashSet(LongHashSet.DEFAULT_INITIAL_CAPACITY, 0.55f, false);
    int pinned;
    long checkSeq;
    long checkEndedSeq;
    long unlockedCheckSeq;
    boolean lockIsGuess;
    boolean compared;
    /** The last fetch that is stated to be under it, if that was for reading only; else 0. */
    long readPinSeq;

    Notifier(long id) {
        super(id);
    }

    /** The address space of the CPU; {@link Event#ABSENT} if unknown. */
    public long mm() {
        return mm;
    }

    /** The GPU mapping it was inserted for; {@link Event#ABSENT} if unknown. */
    public long vma() {
        return vma;
    }

    /** The first CPU address it guards; {@link Event#ABSENT} if unknown. */
    public long start() {
        return start;
    }

    /** The CPU address after the last it guards; {@link Event#ABSENT} if unknown. */
    public long end() {
        return end;
    }

    /** Whether it is known what it guards. */
    public boolean hasBounds() {
        return start != Event.ABSENT && end != Event.ABSENT;
    }

    /** The seq of the last successful hmm_range_fault under it; 0 if none was seen. */
    public long pinSeq() {
        return pinSeq;
    }

    /** The notifier sequence number of that fetch; {@link Event#ABSENT} if unknown. */
    public long pinNumber() {
        return pinNumber;
    }

    /** Whether the last fetch is known not to have found that page. */
    public boolean isForeignPage(long page) {
        return pinPagesKnown && page != Event.ABSENT && !pinPages.contains(page);
    }

    /** The seq of the last fetch of its pages, if they are known to have been asked for reading only; else 0. */
    public long readPinSeq() {
        return readPinSeq;
    }

    /** Whether the pages of that fetch are known, and that page is not one of them. */
    public boolean isForeignToRead(long page) {
        return readPinSeq == pinSeq && isForeignPage(page);
    }

    /** Whether pages are held by pin_user_pages, so that they stay whatever the notifier says. */
    public boolean isPinned() {
        return pinned > 0;
    }

    /** The seq of the last comparison under its lock that found the pages valid; 0 if none was seen. */
    public long checkSeq() {
        return checkSeq;
    }

    /** The seq at which the lock of that comparison was released; 0 while it is held. */
    public long checkEndedSeq() {
        return checkEndedSeq;
    }

    /** The seq of the last comparison by somebody who did not hold its lock; 0 if there was none. */
    public long unlockedCheckSeq() {
        return unlockedCheckSeq;
    }

    /** Whether a lock that may be its own was released since the last comparison, and another that may be is held. */
    public boolean isLockGuess() {
        return lockIsGuess;
    }

    /** The seq of its last {@code notifier_set_seq}; 0 if none was seen. */
    public long setSeq() {
        return setSeq;
    }

    /** Whether its sequence number was ever fetched under or compared: else nobody needs it. */
    public boolean isCompared() {
        return compared;
    }

    /** The number it was last set to; {@link Event#ABSENT} if unknown. */
    public long number() {
        return number;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(mm);
        out.number(vm);
        out.number(vma);
        out.number(start);
        out.number(end);
        out.number(number);
        out.number(setSeq);
        out.number(invalidateSeq);
        out.number(pinSeq);
        out.number(pinNumber);
        out.flag(pinPagesKnown);
        long[] pages = new long[pinPages.size()];
        int n = 0;
        LongHashSet.LongIterator each = pinPages.iterator();
        while (each.hasNext()) {
            pages[n++] = each.nextValue();
        }
        Arrays.sort(pages);
        out.number(pages.length);
        for (long page : pages) {
            out.number(page);
        }
        out.number(pinned);
        out.number(checkSeq);
        out.number(checkEndedSeq);
        out.number(unlockedCheckSeq);
        out.flag(lockIsGuess);
        out.flag(compared);
        out.number(readPinSeq);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        mm = in.number();
        vm = in.number();
        vma = in.number();
        start = in.number();
        end = in.number();
        number = in.number();
        setSeq = in.number();
        invalidateSeq = in.number();
        pinSeq = in.number();
        pinNumber = in.number();
        pinPagesKnown = in.flag();
        int size = in.count();
        for (int i = 0; i < size; i++) {
            pinPages.add(in.number());
        }
        pinned = in.count();
        checkSeq = in.number();
        checkEndedSeq = in.number();
        unlockedCheckSeq = in.number();
        lockIsGuess = in.flag();
        compared = in.flag();
        readPinSeq = in.number();
    }
}

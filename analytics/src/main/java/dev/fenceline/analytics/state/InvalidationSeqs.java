package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import org.agrona.collections.LongHashSet;
import org.jspecify.annotations.Nullable;

/**
 * The sequence numbers of the CPU address spaces ({@code mmu_notifier_subscriptions.invalidate_seq}): odd while ranges are
 * being invalidated that hit a notifier, one for all that overlap in time, even and higher after the last ended.
 */
public final class InvalidationSeqs implements StatePart {
    private final Notifiers notifiers;
    private final ObjectTable<Sequence> table = new ObjectTable<>(Sequence::new);

    InvalidationSeqs(Notifiers notifiers) {
        this.notifiers = notifiers;
    }

    /** The number of one address space, as callbacks told it. */
    public static final class Sequence extends KernelObject {
        final LongHashSet running = new LongHashSet(4);
        long runningSince;
        long number = Event.ABSENT;
        long numberSeq;
        /** The start of the ranges that ran when the number was seen; 0 if they were not seen to start. */
        long numberSince;

        long endedSeq;
        long releasedSeq;

        Sequence(long mm) {
            super(mm);
        }

        /** Whether a callback told the number. */
        public boolean hasNumber() {
            return number != Event.ABSENT;
        }

        /** The last odd number. */
        public long number() {
            return number;
        }

        /** The seq of the first callback that got it. */
        public long numberSeq() {
            return numberSeq;
        }

        /** The seq from which it is known that ranges ran when the number was seen. */
        public long since() {
            return numberSince;
        }

        /** Whether ranges have been running without a pause since the number was seen. */
        public boolean isRunning() {
            return numberSince > 0 && endedSeq == 0 && !running.isEmpty();
        }

        /** The seq at which the last of those ranges ended; 0 if they run still or their start was not seen. */
        public long endedSeq() {
            return endedSeq;
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            long[] ids = running.stream().mapToLong(Long::longValue).sorted().toArray();
            out.numbers(LongList.of(ids));
            out.number(runningSince);
            out.number(number);
            out.number(numberSeq);
            out.number(numberSince);
            out.number(endedSeq);
            out.number(releasedSeq);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            LongList ids = in.numbers();
            for (int i = 0; ids != null && i < ids.size(); i++) {
                running.add(ids.get(i));
            }
            runningSince = in.number();
            number = in.number();
            numberSeq = in.number();
            numberSince = in.number();
            endedSeq = in.number();
            releasedSeq = in.number();
        }
    }

    /** The number of the address space; null if nothing was invalidated in it yet. */
    public @Nullable Sequence sequence(long mm) {
        return mm == Event.ABSENT ? null : table.find(mm);
    }

    /** The seq at which the release of the address space began; 0 if it did not. */
    public long releasedSeq(long mm) {
        Sequence sequence = sequence(mm);
        return sequence == null ? 0 : sequence.releasedSeq;
    }

    void apply(MmRangeStart e) {
        if (!e.hasMm()) {
            return;
        }
        Sequence sequence = touch(e.mm(), e.seq());
        if (e.hasRangeId()) {
            if (sequence.running.isEmpty()) {
                sequence.runningSince = e.seq();
            }
            sequence.running.add(e.rangeId());
        }
        if (e.reason() == RangeReason.RELEASE && sequence.releasedSeq == 0) {
            sequence.releasedSeq = e.seq();
            table.depart(sequence, e.seq());
        }
    }

    /** Before the range is forgotten. */
    void beforeEnd(MmRangeStartDone e) {
        if (e.hasResult() && e.result() < 0) {
            end(e.rangeId(), e.seq());
        }
    }

    /** Before the range is forgotten. */
    void beforeEnd(MmRangeEnd e) {
        end(e.rangeId(), e.seq());
    }

    private void end(long id, long seq) {
        InvalidationRange range = notifiers.range(id);
        Sequence sequence = range == null ? null : sequence(range.mm);
        if (sequence != null && sequence.running.remove(id) && sequence.running.isEmpty()) {
            sequence.runningSince = 0;
            if (sequence.numberSince > 0 && sequence.endedSeq == 0) {
                sequence.endedSeq = seq;
            }
        }
    }

    void apply(NotifierInvalidate e) {
        long mm = notifiers.mmOf(e.notifier(), e.rangeId());
        if (mm == Event.ABSENT || !e.hasCurSeq()) {
            return;
        }
        Sequence sequence = touch(mm, e.seq());
        if (sequence.number != e.curSeq() || sequence.endedSeq > 0) {
            boolean seenToStart = sequence.running.contains(e.rangeId());
            begin(sequence, e.curSeq(), e.seq(), seenToStart ? sequence.runningSince : 0);
        }
    }

    /** An insertion while ranges run that hit no notifier makes the number odd, although no callback gets it. */
    void apply(NotifierInsert e) {
        Sequence sequence = sequence(e.mm());
        if (sequence != null
                && sequence.hasNumber()
                && !sequence.running.isEmpty()
                && e.hasSeqValue()
                && (e.seqValue() & 1) == 1
                && Long.compareUnsigned(e.seqValue(), sequence.number) > 0) {
            begin(sequence, e.seqValue(), e.seq(), sequence.runningSince);
        }
    }

    private static void begin(Sequence sequence, long number, long seq, long since) {
        sequence.number = number;
        sequence.numberSeq = seq;
        sequence.numberSince = since;
        sequence.endedSeq = 0;
    }

    private Sequence touch(long mm, long seq) {
        Sequence sequence = table.find(mm);
        return sequence != null ? sequence : table.create(mm, seq);
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        table.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        table.read(in);
    }
}

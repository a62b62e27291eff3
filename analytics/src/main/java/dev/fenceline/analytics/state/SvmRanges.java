package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.MmRangeStartDone;
import dev.fenceline.event.RangeReason;
import dev.fenceline.event.SvmRangeCreate;
import dev.fenceline.event.SvmRangeDestroy;
import dev.fenceline.event.VmFree;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The ranges of CPU addresses that GPUs reach at the same addresses (drm_gpusvm). */
public final class SvmRanges implements StatePart {
    private final SessionFacts session;
    private final AddressSpaces spaces;
    private final Notifiers notifiers;
    final ObjectTable<SvmRange> table = new ObjectTable<>(SvmRange::new);

    SvmRanges(SessionFacts session, AddressSpaces spaces, Notifiers notifiers) {
        this.session = session;
        this.spaces = spaces;
        this.notifiers = notifiers;
    }

    /** One range. */
    public static final class SvmRange extends KernelObject {
        long vm = Event.ABSENT;
        long start = Event.ABSENT;
        long end = Event.ABSENT;
        long unmappedSeq;

        SvmRange(long id) {
            super(id);
        }

        /** The GPU address space; {@link Event#ABSENT} if unknown. */
        public long vm() {
            return vm;
        }

        /** Its first address. */
        public long start() {
            return start;
        }

        /** The address after its last. */
        public long end() {
            return end;
        }

        /** The seq at which the CPU began to unmap some of it; 0 if it did not. */
        public long unmappedSeq() {
            return unmappedSeq;
        }

        /** Whether it is known to have an address of [from, to). */
        public boolean overlaps(long from, long to) {
            boolean known = start != Event.ABSENT && end != Event.ABSENT && from != Event.ABSENT && to != Event.ABSENT;
            return known && Long.compareUnsigned(start, to) < 0 && Long.compareUnsigned(from, end) < 0;
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(vm);
            out.number(start);
            out.number(end);
            out.number(unmappedSeq);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            vm = in.number();
            start = in.number();
            end = in.number();
            unmappedSeq = in.number();
        }
    }

    /** The range, also if it was destroyed a short while ago; null if its creation was not seen. */
    public @Nullable SvmRange range(long id) {
        return id == Event.ABSENT ? null : table.find(id);
    }

    /** The ranges of the VM that have an address of [from, to), by their ids. */
    public List<SvmRange> in(long vm, long from, long to) {
        List<SvmRange> found = new ArrayList<>(1);
        for (long id : table.size() == 0 ? new long[0] : table.ids()) {
            SvmRange range = table.get(id);
            if (range != null && range.vm == vm && vm != Event.ABSENT && range.overlaps(from, to)) {
                found.add(range);
            }
        }
        return found;
    }

    /** The ranges that were there when the invalidation began, and that it hits, by their ids. */
    public List<SvmRange> hitBy(InvalidationRange invalidation) {
        List<SvmRange> hit = new ArrayList<>(1);
        for (long id : table.size() == 0 ? new long[0] : table.ids()) {
            SvmRange range = table.get(id);
            boolean hits = range != null
                    && range.born < invalidation.born
                    && range.overlaps(invalidation.start, invalidation.end)
                    && isOfSameProcess(range, invalidation);
            if (range != null && hits) {
                hit.add(range);
            }
        }
        return hit;
    }

    /** As the VM's creation says, or because a notifier of the VM was called, or because there are no others. */
    private boolean isOfSameProcess(SvmRange range, InvalidationRange invalidation) {
        AddressSpace vm = spaces.vm(range.vm);
        if (vm != null && vm.mm != Event.ABSENT && invalidation.mm != Event.ABSENT) {
            return vm.mm == invalidation.mm;
        }
        for (InvalidationRange.Callback callback : invalidation.callbacks) {
            Notifier notifier = notifiers.notifier(callback.notifier);
            if (notifier != null && notifier.vm == range.vm && range.vm != Event.ABSENT) {
                return true;
            }
        }
        return session.soleObject("vm") == range.vm
                && range.vm != Event.ABSENT
                && session.soleObject("mm") == invalidation.mm
                && invalidation.mm != Event.ABSENT;
    }

    void apply(SvmRangeCreate e) {
        if (e.hasRange()) {
            SvmRange range = table.create(e.range(), e.seq());
            range.vm = e.vm();
            range.start = e.start();
            range.end = e.end();
        }
    }

    void apply(SvmRangeDestroy e) {
        SvmRange range = e.hasRange() ? table.get(e.range()) : null;
        if (range != null) {
            table.depart(range, e.seq());
        }
    }

    /** Before the fold of the invalidation itself. */
    void apply(MmRangeStartDone e) {
        InvalidationRange invalidation = notifiers.range(e.rangeId());
        boolean refused = e.hasResult() && e.result() < 0;
        if (invalidation == null || refused || invalidation.reason != RangeReason.UNMAP) {
            return;
        }
        for (SvmRange range : hitBy(invalidation)) {
            range.unmappedSeq = range.unmappedSeq == 0 ? e.seq() : range.unmappedSeq;
        }
    }

    void apply(VmFree e) {
        for (SvmRange range : in(e.vm(), 0, -1)) {
            table.depart(range, e.seq());
        }
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

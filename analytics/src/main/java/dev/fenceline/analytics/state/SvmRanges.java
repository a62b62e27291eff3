package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The SVM ranges (drm_gpusvm): what of them is bound, and which lost CPU pages to an unmap and must go. */
public final class SvmRanges implements StatePart {
    private final SessionFacts session;
    private final AddressSpaces spaces;
    private final Notifiers notifiers;
    private final ObjectTable<Range> table = new ObjectTable<>(Range::new);

    SvmRanges(SessionFacts session, AddressSpaces spaces, Notifiers notifiers) {
        this.session = session;
        this.spaces = spaces;
        this.notifiers = notifiers;
    }

    /** One range: CPU addresses that the GPU uses alike. */
    public static final class Range extends KernelObject {
        long vm = Event.ABSENT;
        long start = Event.ABSENT;
        long end = Event.ABSENT;
        long unmapStartSeq;
        long unmapRange = Event.ABSENT;
        long unmappedSeq;
        final PageTable bound = new PageTable();

        Range(long id) {
            super(id);
        }

        /** The seq of the start of the invalidation that unmaps CPU pages of it; 0 if there was none. */
        public long unmapStartSeq() {
            return unmapStartSeq;
        }

        /** The seq from which it is known to be unmapped, wholly or in part; 0 if it is not. */
        public long unmappedSeq() {
            return unmappedSeq;
        }

        /** The seq of the bind of a part of it that is not zapped; 0 if there is none. */
        public long boundSeq() {
            return bound.count == 0 ? 0 : bound.seq(0);
        }

        boolean overlaps(long from, long to) {
            return start != Event.ABSENT
                    && end != Event.ABSENT
                    && Long.compareUnsigned(start, to) < 0
                    && Long.compareUnsigned(from, end) < 0;
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(vm);
            out.number(start);
            out.number(end);
            out.number(unmapStartSeq);
            out.number(unmapRange);
            out.number(unmappedSeq);
            bound.write(out);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            vm = in.number();
            start = in.number();
            end = in.number();
            unmapStartSeq = in.number();
            unmapRange = in.number();
            unmappedSeq = in.number();
            bound.read(in);
        }
    }

    /** The range, also if it was destroyed a short while ago; null if it was never mentioned. */
    public @Nullable Range range(long id) {
        return id == Event.ABSENT ? null : table.find(id);
    }

    /** The first range that the invalidation unmaps, wholly or in part, and of which something is bound; null if none. */
    public @Nullable Range boundUnder(long invalidation) {
        for (long id : table.ids()) {
            Range range = table.get(id);
            if (range != null && range.unmapRange == invalidation && range.bound.count > 0) {
                return range;
            }
        }
        return null;
    }

    /** A range of the VM that overlaps and is unmapped but not destroyed; null if there is none. */
    public @Nullable Range unmappedIn(long vm, long start, long end) {
        for (long id : table.ids()) {
            Range range = table.get(id);
            if (range != null && range.unmappedSeq > 0 && isOf(range, vm) && range.overlaps(start, end)) {
                return range;
            }
        }
        return null;
    }

    private static boolean isOf(Range range, long vm) {
        return range.vm == Event.ABSENT || vm == Event.ABSENT || range.vm == vm;
    }

    void apply(SvmRangeCreate e) {
        if (e.hasRange()) {
            Range range = table.create(e.range(), e.seq());
            range.vm = e.hasVm() ? e.vm() : session.soleObject("vm");
            range.start = e.start();
            range.end = e.end();
        }
    }

    void apply(SvmRangeDestroy e) {
        Range range = table.get(e.range());
        if (range != null) {
            table.depart(range, e.seq());
        }
    }

    void apply(GpuFaultBind e) {
        if (!e.hasRange() || (e.hasResult() && e.result() < 0)) {
            return;
        }
        Range range = table.get(e.range());
        if (range == null) {
            range = table.create(e.range(), e.seq());
            range.assumed = true;
            range.vm = e.hasVm() ? e.vm() : session.soleObject("vm");
            range.start = e.start();
            range.end = e.end();
        }
        long start = e.hasStart() ? e.start() : range.start;
        long end = e.hasEnd() ? e.end() : range.end;
        if (start != Event.ABSENT && end != Event.ABSENT) {
            range.bound.write(start, end, e.seq(), null);
        }
    }

    void apply(PteWrite e) {
        for (long id : table.size() == 0 || !e.hasStart() || !e.hasEnd() ? new long[0] : table.ids()) {
            Range range = table.get(id);
            if (range != null && isOf(range, e.vm()) && range.overlaps(e.start(), e.end())) {
                long start = Long.compareUnsigned(e.start(), range.start) < 0 ? range.start : e.start();
                long end = Long.compareUnsigned(e.end(), range.end) > 0 ? range.end : e.end();
                range.bound.write(start, end, e.seq(), null);
            }
        }
    }

    void zap(long vm, long start, long end) {
        for (long id : table.size() == 0 || start == Event.ABSENT || end == Event.ABSENT ? new long[0] : table.ids()) {
            Range range = table.get(id);
            if (range != null && isOf(range, vm)) {
                range.bound.zap(start, end);
            }
        }
    }

    void apply(MmRangeStart e) {
        if (e.reason() != RangeReason.UNMAP || !e.hasStart() || !e.hasEnd() || table.size() == 0) {
            return;
        }
        for (long id : table.ids()) {
            Range range = table.get(id);
            AddressSpace vm = range == null ? null : spaces.vm(range.vm);
            boolean ofAnother = vm != null && vm.mm != Event.ABSENT && e.mm() != Event.ABSENT && vm.mm != e.mm();
            if (range != null && !ofAnother && range.overlaps(e.start(), e.end())) {
                range.unmapStartSeq = e.seq();
                range.unmapRange = e.rangeId();
            }
        }
    }

    /** The callbacks have run, or the invalidation was refused. */
    void unmapped(long invalidation, boolean refused, long seq) {
        if (table.size() == 0 || invalidation == Event.ABSENT) {
            return;
        }
        for (long id : table.ids()) {
            Range range = table.get(id);
            if (range != null && range.unmapRange == invalidation) {
                if (refused) {
                    range.unmapRange = Event.ABSENT;
                } else if (range.unmappedSeq == 0) {
                    range.unmappedSeq = seq;
                }
            }
        }
    }

    void apply(NotifierInvalidateDone e) {
        boolean refused = e.hasResult() && !e.result();
        InvalidationRange range = notifiers.range(e.rangeId());
        if (range != null && !refused) {
            unmapped(range.id, false, e.seq());
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

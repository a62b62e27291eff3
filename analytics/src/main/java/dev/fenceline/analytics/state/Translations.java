package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.collections.Long2LongHashMap;
import org.jspecify.annotations.Nullable;

/**
 * How memory is reached through GPU page tables: which address space has a page in its tables, and which translations TLBs
 * may still hold although their entries were cleared.
 */
public final class Translations implements StatePart {
    private final StreamLedger ledger;
    private final SessionFacts session;
    private final Fences fences;
    private final AddressSpaces spaces;
    private final TlbInvalidations invalidations;
    private final List<Stale> stale = new ArrayList<>();
    private final Long2LongHashMap spaceOfPage = new Long2LongHashMap(Event.ABSENT);
    private final Long2LongHashMap boOfBlock = new Long2LongHashMap(Event.ABSENT);
    private final Long2LongHashMap blockOfBo = new Long2LongHashMap(Event.ABSENT);

    Translations(
            StreamLedger ledger,
            SessionFacts session,
            Fences fences,
            AddressSpaces spaces,
            TlbInvalidations invalidations) {
        this.ledger = ledger;
        this.session = session;
        this.fences = fences;
        this.spaces = spaces;
        this.invalidations = invalidations;
    }

    /** A range whose entries were cleared, and which TLBs may still hold. */
    public static final class Stale {
        final long vm;
        final long start;
        final long end;
        final @Nullable LongList pages;
        final long block;
        final long fence;
        final long zapSeq;
        long writtenSeq;
        long flushedSeq;
        long earlySeq;
        long timeoutSeq;

        Stale(long vm, long start, long end, @Nullable LongList pages, long block, long fence, long zapSeq) {
            this.vm = vm;
            this.start = start;
            this.end = end;
            this.pages = pages;
            this.block = block;
            this.fence = fence;
            this.zapSeq = zapSeq;
        }

        /** The address space. */
        public long vm() {
            return vm;
        }

        /** The seq at which the entries were cleared. */
        public long zapSeq() {
            return zapSeq;
        }

        /** The seq at which the entries had been written; 0 if not seen. */
        public long writtenSeq() {
            return writtenSeq;
        }

        /** The seq at which one GT forgot the range, while another has not; 0 if none did. */
        public long flushedSeq() {
            return flushedSeq;
        }

        /** The seq at which an invalidation of the range was sent before the clearing was done; 0 if none was. */
        public long earlySeq() {
            return earlySeq;
        }

        /** The seq at which the driver gave up waiting for an invalidation of the range; 0 if it did not. */
        public long timeoutSeq() {
            return timeoutSeq;
        }

        private void write(SnapshotWriter out) throws IOException {
            out.number(vm);
            out.number(start);
            out.number(end);
            out.numbers(pages);
            out.number(block);
            out.number(fence);
            out.number(zapSeq);
            out.number(writtenSeq);
            out.number(flushedSeq);
            out.number(earlySeq);
            out.number(timeoutSeq);
        }

        private static Stale read(SnapshotReader in) throws IOException {
            Stale each = new Stale(
                    in.number(), in.number(), in.number(), in.numbers(), in.number(), in.number(), in.number());
            each.writtenSeq = in.number();
            each.flushedSeq = in.number();
            each.earlySeq = in.number();
            each.timeoutSeq = in.number();
            return each;
        }
    }

    /** A cleared range that TLBs may still translate to the page; null if there is none. */
    public @Nullable Stale staleOfPage(long page) {
        for (Stale each : stale) {
            LongList pages = each.pages;
            boolean holds = pages == null
                    ? each.block == Event.ABSENT && session.soleObject("page") == page
                    : contains(pages, page);
            if (holds) {
                return each;
            }
        }
        return null;
    }

    /** A cleared range that TLBs may still translate to the block of VRAM; null if there is none. */
    public @Nullable Stale staleOfBlock(long block) {
        for (Stale each : stale) {
            boolean unnamed = each.block == Event.ABSENT && each.pages == null && session.soleObject("block") == block;
            if (block != Event.ABSENT && (each.block == block || unnamed)) {
                return each;
            }
        }
        return null;
    }

    /** The seq at which entries of the mapping were cleared that TLBs may still hold; 0 if there are none. */
    public long staleSeqOf(long vm, Mapping mapping) {
        for (Stale each : stale) {
            boolean within = mapping.hasRange()
                    && Long.compareUnsigned(each.start, mapping.end) < 0
                    && Long.compareUnsigned(mapping.start, each.end) < 0;
            if (each.vm == vm && within) {
                return each.zapSeq;
            }
        }
        return 0;
    }

    /** The address space whose tables the page was last written into; {@link Event#ABSENT} if none is known. */
    public long spaceOf(long page) {
        return spaceOfPage.get(page);
    }

    /** The seq of the write of an entry of the VM that points to the page; 0 if there is none. */
    public long entrySeq(AddressSpace vm, long page) {
        for (PageTable table : vm.tiles) {
            for (int i = 0; i < table.count; i++) {
                LongList pages = table.pages(i);
                if (pages != null && contains(pages, page)) {
                    return table.seq(i);
                }
            }
        }
        return 0;
    }

    private static boolean contains(LongList pages, long page) {
        for (int i = 0; i < pages.size(); i++) {
            if (pages.get(i) == page) {
                return true;
            }
        }
        return false;
    }

    void apply(BoCreate e) {
        if (e.hasBlock() && e.hasBo()) {
            boOfBlock.put(e.block(), e.bo());
            blockOfBo.put(e.bo(), e.block());
        }
    }

    void apply(VramFree e) {
        blockOfBo.remove(boOfBlock.remove(e.block()));
    }

    void apply(BoDestroy e) {
        boOfBlock.remove(blockOfBo.remove(e.bo()));
    }

    void apply(PageFree e) {
        spaceOfPage.remove(e.page());
    }

    void apply(PteWrite e) {
        LongList pages = e.pages();
        for (int i = 0; pages != null && e.hasVm() && i < pages.size(); i++) {
            spaceOfPage.put(pages.get(i), e.vm());
        }
    }

    /** Before the fold of the page tables: what they hold now is what TLBs may hold afterwards. */
    void apply(PteZap e) {
        AddressSpace vm = spaces.vm(e.vm());
        if (!e.hasVm() || !e.hasStart() || !e.hasEnd() || !ledger.holds(Stream.TLB)) {
            return;
        }
        boolean known = vm != null && zap(vm, e.start(), e.end(), e.tile(), e.fence(), e.seq());
        // What a fragment clears without having written it was there before.
        boolean before = ledger.isFragment() && (vm == null || vm.assumed || e.pages() != null);
        if (!known && before) {
            stale.add(new Stale(e.vm(), e.start(), e.end(), e.pages(), blockAt(e.vm(), e.start()), e.fence(), e.seq()));
        }
    }

    /** Before the fold of the page tables. */
    void apply(VmaInvalidate e) {
        Mapping mapping = spaces.mapping(e.vma());
        AddressSpace vm = mapping == null ? null : spaces.vm(spaces.vmOf(mapping));
        if (mapping != null && vm != null && mapping.hasRange() && ledger.holds(Stream.TLB)) {
            zap(vm, mapping.start, mapping.end, Event.ABSENT, Event.ABSENT, e.seq());
        }
    }

    private boolean zap(AddressSpace vm, long start, long end, long tile, long fence, long seq) {
        boolean found = false;
        for (int t = 0; t < vm.tiles.size(); t++) {
            PageTable table = vm.tiles.get(t);
            boolean cleared = tile == Event.ABSENT || tile == t;
            for (int i = table.firstAfter(start); cleared && table.beginsBefore(i, end); i++) {
                LongList pages = table.pages(i);
                long block = pages == null ? blockAt(vm.id, table.start(i)) : Event.ABSENT;
                long from = Long.compareUnsigned(table.start(i), start) < 0 ? start : table.start(i);
                long to = Long.compareUnsigned(table.end(i), end) > 0 ? end : table.end(i);
                // An entry of which only a part is cleared does not say which of its pages that is.
                boolean whole = from == table.start(i) && to == table.end(i);
                Stale each = new Stale(vm.id, from, to, whole ? pages : LongList.of(), block, fence, seq);
                each.writtenSeq = table.seq(i);
                stale.add(each);
                found = true;
            }
        }
        return found;
    }

    private long blockAt(long vm, long address) {
        Mapping mapping = spaces.mappingAt(vm, address);
        long bo = mapping == null ? Event.ABSENT : mapping.bo;
        long block = bo == Event.ABSENT ? Event.ABSENT : blockOfBo.get(bo);
        return block != Event.ABSENT && boOfBlock.get(block) == bo ? block : Event.ABSENT;
    }

    /** After the fold of the invalidation: a TLB forgot what was cleared before the request. */
    void apply(TlbInvalSignal e) {
        TlbInvalidation request = invalidations.signaledAt(e.seq());
        if (request == null) {
            return;
        }
        boolean failed = e.hasError() && e.error() != 0;
        for (int i = stale.size() - 1; i >= 0; i--) {
            Stale each = stale.get(i);
            if (!request.covers(each.vm, each.start, each.end)) {
                continue;
            }
            if (request.sendSeq < clearedSeq(each)) {
                each.earlySeq = request.sendSeq;
            } else if (failed || request.timeoutSeq > 0) {
                each.timeoutSeq = request.timeoutSeq > 0 ? request.timeoutSeq : e.seq();
            } else {
                each.flushedSeq = e.seq();
                if (invalidations.pendingSince(each.zapSeq, each.vm, each.start, each.end) == null) {
                    stale.remove(i);
                }
            }
        }
    }

    /** Where the entries were really cleared: at once, or when the job that clears them was done. */
    private long clearedSeq(Stale each) {
        Fence job = each.fence == Event.ABSENT ? null : fences.fence(each.fence);
        if (job == null) {
            return each.zapSeq;
        }
        return fences.isComplete(job) ? Math.max(each.zapSeq, job.doneSeq) : Long.MAX_VALUE;
    }

    /** A reset of the engines or the GT empties TLBs. */
    void reset() {
        stale.clear();
    }

    void apply(VmFree e) {
        stale.removeIf(each -> each.vm == e.vm());
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        out.number(stale.size());
        for (Stale each : stale) {
            each.write(out);
        }
        write(out, spaceOfPage);
        write(out, boOfBlock);
        write(out, blockOfBo);
    }

    private static void write(SnapshotWriter out, Long2LongHashMap map) throws IOException {
        long[] ids = new long[map.size()];
        int n = 0;
        Long2LongHashMap.KeyIterator keys = map.keySet().iterator();
        while (keys.hasNext()) {
            ids[n++] = keys.nextValue();
        }
        Arrays.sort(ids);
        out.number(n);
        for (long id : ids) {
            out.number(id);
            out.number(map.get(id));
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        int size = in.count();
        for (int i = 0; i < size; i++) {
            stale.add(Stale.read(in));
        }
        read(in, spaceOfPage);
        read(in, boOfBlock);
        read(in, blockOfBo);
    }

    private static void read(SnapshotReader in, Long2LongHashMap map) throws IOException {
        int count = in.count();
        for (int i = 0; i < count; i++) {
            map.put(in.number(), in.number());
        }
    }
}

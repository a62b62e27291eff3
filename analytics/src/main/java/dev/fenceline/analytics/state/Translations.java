package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What TLBs may still translate although its page table entries were cleared.
 *
 * <p>A GT forgets a range when an invalidation succeeds that covers it and was sent after the clearing was done: at once by the CPU, or
 * when the job signalled that does it. How many GTs have to, the device says; where it is not known, those that were asked.
 */
public final class Translations implements StatePart {
    private final StreamLedger ledger;
    private final Fences fences;
    private final Devices devices;
    private final AddressSpaces spaces;
    private final TlbInvalidations invalidations;
    private final List<StaleTranslation> stale = new ArrayList<>();

    Translations(
            StreamLedger ledger, Fences fences, Devices devices, AddressSpaces spaces, TlbInvalidations invalidations) {
        this.ledger = ledger;
        this.fences = fences;
        this.devices = devices;
        this.spaces = spaces;
        this.invalidations = invalidations;
    }

    /** A cleared range of the mapping that a TLB may still translate; null if none is known. */
    public @Nullable StaleTranslation staleIn(Mapping mapping) {
        long vm = spaces.vmOf(mapping);
        for (StaleTranslation each : stale) {
            if (each.vm == vm && mapping.hasRange() && each.overlaps(mapping.start, mapping.end)) {
                return each;
            }
        }
        return null;
    }

    /** A cleared range that a TLB may still translate to the page; null if none is known. */
    public @Nullable StaleTranslation staleOfPage(long page) {
        for (StaleTranslation each : stale) {
            if (page != Event.ABSENT && each.mayHold(page)) {
                return each;
            }
        }
        return null;
    }

    /** Before the fold of the page tables: what they hold now is what TLBs may hold afterwards. */
    void apply(PteZap e) {
        AddressSpace vm = spaces.vm(e.vm());
        if (!e.hasVm() || !e.hasStart() || !e.hasEnd() || !ledger.holds(Stream.TLB)) {
            return;
        }
        boolean found = vm != null && clear(vm, e.start(), e.end(), e.tile(), e.fence(), e.seq());
        for (StaleTranslation each : stale) {
            // An announced invalidation took the entries away for the fold; here it happens.
            if (each.vm == e.vm() && each.flushes.isEmpty() && each.overlaps(e.start(), e.end())) {
                each.zapSeq = e.seq();
                found = true;
            }
        }
        // What a fragment clears without having written it was there before.
        boolean before = ledger.isFragment() && (vm == null || vm.assumed || e.pages() != null);
        if (!found && before) {
            stale.add(new StaleTranslation(e.vm(), e.start(), e.end(), e.pages(), e.fence(), 0, e.seq()));
        }
    }

    /** Before the fold of the page tables. */
    void apply(VmaInvalidate e) {
        Mapping mapping = spaces.mapping(e.vma());
        AddressSpace vm = mapping == null ? null : spaces.vm(spaces.vmOf(mapping));
        if (mapping != null && vm != null && mapping.hasRange() && ledger.holds(Stream.TLB)) {
            clear(vm, mapping.start, mapping.end, Event.ABSENT, Event.ABSENT, e.seq());
        }
    }

    private boolean clear(AddressSpace vm, long start, long end, long tile, long fence, long seq) {
        boolean found = false;
        for (int t = 0; t < vm.tiles.size(); t++) {
            PageTable table = vm.tiles.get(t);
            boolean cleared = tile == Event.ABSENT || tile == t;
            for (int i = table.firstAfter(start); cleared && table.beginsBefore(i, end); i++) {
                long from = Long.compareUnsigned(table.start(i), start) < 0 ? start : table.start(i);
                long to = Long.compareUnsigned(table.end(i), end) > 0 ? end : table.end(i);
                // An entry of which only a part is cleared does not say which of its pages that is.
                boolean whole = from == table.start(i) && to == table.end(i);
                stale.add(
                        new StaleTranslation(vm.id, from, to, whole ? table.pages(i) : null, fence, table.seq(i), seq));
                found = true;
            }
        }
        return found;
    }

    /** After the fold of the request. */
    void apply(TlbInvalSend e) {
        TlbInvalidation request = invalidations.sentAt(e);
        for (StaleTranslation each : stale) {
            if (request != null && each.isCoveredBy(request)) {
                StaleTranslation.Flush flush = each.of(request.gt);
                flush.sendSeq = request.sendSeq;
            }
        }
    }

    /** Before the fold of the answer. */
    void apply(TlbInvalSignal e) {
        TlbInvalidation request = invalidations.signaled(e);
        if (request == null || request.signalSeq > 0) {
            return;
        }
        boolean failed = request.timeoutSeq > 0 || (e.hasError() && e.error() != 0);
        for (int i = stale.size() - 1; i >= 0; i--) {
            StaleTranslation each = stale.get(i);
            if (!each.isCoveredBy(request)) {
                continue;
            }
            StaleTranslation.Flush flush = each.of(request.gt);
            if (request.sendSeq < clearedSeq(each)) {
                flush.earlySeq = request.sendSeq;
            } else if (failed) {
                flush.failedSeq = e.seq();
            } else {
                flush.done = true;
            }
            forgetIfGone(i);
        }
    }

    /** The TLBs of a GT are empty; of all if it is {@link Event#ABSENT}. */
    void reset(long gt) {
        for (int i = stale.size() - 1; i >= 0; i--) {
            StaleTranslation each = stale.get(i);
            if (gt == Event.ABSENT) {
                stale.remove(i);
            } else {
                each.of(gt).done = true;
                forgetIfGone(i);
            }
        }
    }

    void apply(VmFree e) {
        stale.removeIf(each -> each.vm == e.vm());
    }

    private void forgetIfGone(int i) {
        StaleTranslation each = stale.get(i);
        AddressSpace vm = spaces.vm(each.vm);
        if (each.isGone(vm == null ? 0 : devices.gtsOf(vm.client))) {
            stale.remove(i);
        }
    }

    /** Where the entries were really cleared: at once, or when the job that clears them was done. */
    private long clearedSeq(StaleTranslation each) {
        Fence job = each.fence == Event.ABSENT ? null : fences.fence(each.fence);
        if (job == null) {
            return each.zapSeq;
        }
        return fences.isComplete(job) ? Math.max(each.zapSeq, job.doneSeq) : Long.MAX_VALUE;
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        out.number(stale.size());
        for (StaleTranslation each : stale) {
            each.write(out);
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        int size = in.count();
        for (int i = 0; i < size; i++) {
            stale.add(StaleTranslation.read(in));
        }
    }
}

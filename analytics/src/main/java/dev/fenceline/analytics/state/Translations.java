package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What TLBs may still translate although its page table entries were cleared.
 *
 * <p>A GT forgets a range when an invalidation succeeds that covers it and was sent after the clearing was done: at once by the CPU, or
 * when the job signalled that does it. The GTs of the tile whose page table had the entries have to, as the device says which those
 * are; where it is not known, those that were asked. A request or reset that names no device may be one of any.
 */
public final class Translations implements StatePart {
    private static final Comparator<StaleTranslation> ORDER = Comparator.<StaleTranslation>comparingLong(
                    each -> each.vm)
            .thenComparingLong(each -> each.zapSeq)
            .thenComparing((a, b) -> Long.compareUnsigned(a.start, b.start))
            .thenComparingLong(each -> each.tile);

    private final StreamLedger ledger;
    private final SessionFacts session;
    private final Fences fences;
    private final Devices devices;
    private final AddressSpaces spaces;
    private final TlbInvalidations invalidations;
    private final Long2ObjectHashMap<List<StaleTranslation>> byVm = new Long2ObjectHashMap<>();
    private final Long2ObjectHashMap<List<StaleTranslation>> byPage = new Long2ObjectHashMap<>();

    Translations(
            StreamLedger ledger,
            SessionFacts session,
            Fences fences,
            Devices devices,
            AddressSpaces spaces,
            TlbInvalidations invalidations) {
        this.ledger = ledger;
        this.session = session;
        this.fences = fences;
        this.devices = devices;
        this.spaces = spaces;
        this.invalidations = invalidations;
    }

    /** A cleared range of the mapping that a TLB may still translate; null if none is known. */
    public @Nullable StaleTranslation staleIn(Mapping mapping) {
        return staleIn(mapping, mapping.start, mapping.end);
    }

    /** The cleared ranges that TLBs may still translate and that meet the mapping and were written since it was made. */
    public List<StaleTranslation> staleSince(Mapping mapping) {
        return mapping.hasRange()
                ? of(spaces.vmOf(mapping)).stream()
                        .filter(each -> each.overlaps(mapping.start, mapping.end) && each.writtenSeq > mapping.born)
                        .toList()
                : List.of();
    }

    /** A cleared range of the mapping that was written before that and that a TLB may still translate; null if none is known. */
    public @Nullable StaleTranslation staleBefore(Mapping mapping, long seq) {
        for (StaleTranslation each : mapping.hasRange() ? of(spaces.vmOf(mapping)) : List.<StaleTranslation>of()) {
            if (each.overlaps(mapping.start, mapping.end) && each.writtenSeq < seq) {
                return each;
            }
        }
        return null;
    }

    /** A cleared range of the mapping that a TLB may still translate and that meets [from, to); null if none is known. */
    public @Nullable StaleTranslation staleIn(Mapping mapping, long from, long to) {
        return mapping.hasRange() ? staleIn(spaces.vmOf(mapping), from, to) : null;
    }

    /** A cleared range of the address space that a TLB may still translate and that meets [from, to); null if none is known. */
    public @Nullable StaleTranslation staleIn(long vm, long from, long to) {
        for (StaleTranslation each : of(vm)) {
            if (each.overlaps(from, to)) {
                return each;
            }
        }
        return null;
    }

    /** The cleared ranges that a TLB may still translate to the page, by their address spaces, then as they were cleared. */
    public List<StaleTranslation> staleOfPage(long page) {
        List<StaleTranslation> stale = page == Event.ABSENT ? null : byPage.get(page);
        return stale == null ? List.of() : stale.stream().sorted(ORDER).toList();
    }

    private List<StaleTranslation> of(long vm) {
        List<StaleTranslation> stale = vm == Event.ABSENT ? null : byVm.get(vm);
        return stale == null ? List.of() : stale;
    }

    /** Before the fold of the page tables: what they hold now is what TLBs may hold afterwards. */
    void apply(PteZap e) {
        AddressSpace vm = spaces.vm(e.vm());
        if (!e.hasVm() || !e.hasStart() || !e.hasEnd() || !ledger.holds(Stream.TLB)) {
            return;
        }
        boolean found = vm != null && clear(vm, e.start(), e.end(), e.tile(), e.fence(), e.seq());
        for (StaleTranslation each : of(e.vm())) {
            // An announced invalidation took the entries away for the fold; here it happens.
            if (each.flushes.isEmpty() && each.overlaps(e.start(), e.end())) {
                each.zapSeq = e.seq();
                found = true;
            }
        }
        // What a fragment clears without having written it was there before.
        boolean before = ledger.isFragment() && (vm == null || vm.assumed || e.pages() != null);
        if (!found && before) {
            add(new StaleTranslation(e.vm(), e.start(), e.end(), e.tile(), e.pages(), e.fence(), 0, e.seq()));
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
            long of = t == 0 && vm.tilesUnstated ? tile : t;
            for (int i = table.firstAfter(start); cleared && table.beginsBefore(i, end); i++) {
                long from = Long.compareUnsigned(table.start(i), start) < 0 ? start : table.start(i);
                long to = Long.compareUnsigned(table.end(i), end) > 0 ? end : table.end(i);
                LongList pages = MappedPages.part(table.pages(i), table.start(i), table.end(i), from, to);
                add(new StaleTranslation(vm.id, from, to, of, pages, fence, table.seq(i), seq));
                found = true;
            }
        }
        return found;
    }

    /** After the fold of the request. */
    void apply(TlbInvalSend e) {
        TlbInvalidation request = invalidations.sentAt(e);
        if (request == null) {
            return;
        }
        for (StaleTranslation each : reachedBy(request)) {
            StaleTranslation covered = each.isCoveredBy(request) ? each : partCoveredBy(request, each);
            if (covered != null) {
                covered.of(request.gt).sendSeq = request.sendSeq;
            }
        }
    }

    /** The part that the request is about, which is known apart from the rest from now on; null if there is none. */
    private @Nullable StaleTranslation partCoveredBy(TlbInvalidation request, StaleTranslation each) {
        if (!each.overlaps(request.start, request.end)) {
            return null;
        }
        boolean before = Long.compareUnsigned(each.start, request.start) < 0;
        boolean after = Long.compareUnsigned(request.end, each.end) < 0;
        long from = before ? request.start : each.start;
        long to = after ? request.end : each.end;
        remove(each);
        if (before) {
            add(each.part(each.start, from));
        }
        if (after) {
            add(each.part(to, each.end));
        }
        StaleTranslation covered = each.part(from, to);
        add(covered);
        return covered;
    }

    /** Before the fold of the answer. */
    void apply(TlbInvalSignal e) {
        TlbInvalidation request = invalidations.signaled(e);
        if (request == null || request.signalSeq > 0) {
            return;
        }
        boolean failed = request.timeoutSeq > 0 || (e.hasError() && e.error() != 0);
        for (StaleTranslation each : reachedBy(request)) {
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
            forgetIfGone(each);
        }
    }

    /**
     * What the TLB of the request's GT may hold in its address space; in every one of the device if it names none. Which tile the GT is on
     * is a matter of the device that the translation is of, since a request need not name any.
     */
    private List<StaleTranslation> reachedBy(TlbInvalidation request) {
        List<StaleTranslation> reached = new ArrayList<>();
        for (StaleTranslation each : request.vm != Event.ABSENT ? of(request.vm) : ofDevice(request.device)) {
            if (each.mayBeHeldBy(request.gt, devices.gtTiles(deviceOf(each.vm)))) {
                reached.add(each);
            }
        }
        return reached;
    }

    private List<StaleTranslation> ofDevice(long device) {
        List<StaleTranslation> found = new ArrayList<>();
        for (long vm : vms()) {
            long of = deviceOf(vm);
            if (of == device || of == Event.ABSENT || device == Event.ABSENT) {
                found.addAll(of(vm));
            }
        }
        return found;
    }

    /** The device of the address space: its client's, or the only one of a fragment that is about one address space. */
    private long deviceOf(long id) {
        AddressSpace vm = spaces.vm(id);
        long device = vm == null ? Event.ABSENT : devices.deviceOf(vm.client);
        boolean only = device == Event.ABSENT && id != Event.ABSENT && session.soleObject("vm") == id;
        return only ? session.soleObject("device") : device;
    }

    /** The TLBs of a GT of the device are empty; of all its GTs if that is {@link Event#ABSENT}. */
    void reset(long device, long gt) {
        for (StaleTranslation each : ofDevice(device)) {
            if (gt == Event.ABSENT) {
                remove(each);
            } else if (each.mayBeHeldBy(gt, devices.gtTiles(deviceOf(each.vm)))) {
                each.of(gt).done = true;
                forgetIfGone(each);
            }
        }
    }

    void apply(VmFree e) {
        List.copyOf(of(e.vm())).forEach(this::remove);
    }

    private void add(StaleTranslation stale) {
        byVm.computeIfAbsent(stale.vm, vm -> new ArrayList<>()).add(stale);
        LongList pages = stale.pages;
        for (int i = 0; pages != null && i < pages.size(); i++) {
            byPage.computeIfAbsent(pages.get(i), page -> new ArrayList<>(1)).add(stale);
        }
    }

    private void remove(StaleTranslation stale) {
        remove(byVm, stale.vm, stale);
        LongList pages = stale.pages;
        for (int i = 0; pages != null && i < pages.size(); i++) {
            remove(byPage, pages.get(i), stale);
        }
    }

    private static void remove(Long2ObjectHashMap<List<StaleTranslation>> index, long key, StaleTranslation stale) {
        List<StaleTranslation> of = index.get(key);
        if (of != null && of.remove(stale) && of.isEmpty()) {
            index.remove(key);
        }
    }

    private void forgetIfGone(StaleTranslation each) {
        if (each.isGone(devices.gtTiles(deviceOf(each.vm)))) {
            remove(each);
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

    private long[] vms() {
        return byVm.keySet().stream().mapToLong(Long::longValue).sorted().toArray();
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        long[] vms = vms();
        out.number(vms.length);
        for (long vm : vms) {
            List<StaleTranslation> stale = of(vm);
            out.number(stale.size());
            for (StaleTranslation each : stale) {
                each.write(out);
            }
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        int vms = in.count();
        for (int v = 0; v < vms; v++) {
            int size = in.count();
            for (int i = 0; i < size; i++) {
                add(StaleTranslation.read(in));
            }
        }
    }
}

package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongArrayList;
import org.jspecify.annotations.Nullable;

/** The GPU address spaces, the mappings in them, and their page tables. */
public final class AddressSpaces implements StatePart {
    private static final long[] NONE = {};

    private final StreamLedger ledger;
    private final SessionFacts session;
    private final Reservations reservations;
    private final MappedPages mapped = new MappedPages();
    final ObjectTable<AddressSpace> spaces = new ObjectTable<>(id -> new AddressSpace(id, mapped));
    final Mappings mappings;
    private final Long2ObjectHashMap<List<BindOfFence>> byBindFence = new Long2ObjectHashMap<>();

    AddressSpaces(StreamLedger ledger, SessionFacts session, Reservations reservations) {
        this.ledger = ledger;
        this.session = session;
        this.reservations = reservations;
        this.mappings = new Mappings(session);
    }

    /**
     * An address space with an entry for a page.
     *
     * @param writtenSeq the seq of the write of the entry
     */
    public record PageEntry(AddressSpace vm, long writtenSeq) {}

    /**
     * One operation of those whose fence is the same.
     *
     * @param mapping the mapping that is bound or unbound
     * @param seq the seq of the operation
     */
    public record BindOfFence(long mapping, long seq) {}

    /** The address space, also if it was freed a short while ago; null if it was never mentioned. */
    public @Nullable AddressSpace vm(long id) {
        return id == Event.ABSENT ? null : spaces.find(id);
    }

    /** The mapping, also if it was destroyed a short while ago; null if it was never mentioned. */
    public @Nullable Mapping mapping(long id) {
        return id == Event.ABSENT ? null : mappings.find(id);
    }

    /** The mappings of the VM that were not taken away, by their addresses; those whose range is unknown come last. */
    public List<Mapping> mappingsOf(long vm) {
        return boundOf(vm == Event.ABSENT ? List.of() : mappings.in(vm));
    }

    /** The mappings of the VM that were not taken away and are known to map an address of [from, to), by their ids. */
    public List<Mapping> mappingsOf(long vm, long from, long to) {
        return boundOf(vm == Event.ABSENT ? List.of() : mappings.in(vm, from, to));
    }

    private static List<Mapping> boundOf(List<Mapping> all) {
        return all.stream().filter(mapping -> mapping.bound).toList();
    }

    /**
     * The userptr mapping of the VM at that GPU address, of several one that was not taken away; null if there is none, or it is not
     * known.
     */
    public @Nullable Mapping userptrAt(long vm, long address) {
        List<Mapping> there = vm == Event.ABSENT ? mappings.at(address) : mappings.in(vm, address, address + 1);
        Mapping found = null;
        for (Mapping mapping : there) {
            if (mapping.kind == VmaKind.USERPTR && (found == null || (mapping.bound && !found.bound))) {
                found = mapping;
            }
        }
        return found;
    }

    /** The userptr mappings of the VM that the access reached, by their ids: what was done of it, or else asked for. */
    public List<Mapping> userptrsOf(DebugVmAccess access, long vm) {
        if (!access.hasOffset()) {
            return List.of();
        }
        long asked = access.hasLength() ? access.length() : 1;
        long end = access.offset() + (access.hasResult() ? Math.min(access.result(), asked) : asked);
        return mappings.in(vm, access.offset(), end).stream()
                .filter(mapping -> mapping.kind == VmaKind.USERPTR)
                .toList();
    }

    /** Whether a VM other than {@code vm} says that the lock is the one of its notifiers. */
    boolean isNotifierLockOfAnother(long lock, long vm) {
        for (long id : spaces.ids()) {
            AddressSpace each = spaces.get(id);
            if (each != null && id != vm && each.notifierLock == lock && lock != Event.ABSENT) {
                return true;
            }
        }
        return false;
    }

    /** The address spaces that are not freed, in the order of their ids. */
    public long[] ids() {
        return spaces.ids();
    }

    /**
     * Whether it is known if work in the VM is guarded by fences, by preempt fences, or faults: its create says so. In a fragment a VM
     * of which nothing is said is a plain one.
     */
    public boolean isModeKnown(@Nullable AddressSpace vm) {
        return ledger.isFragment() || (vm != null && vm.kindStated);
    }

    /** How many mappings exist. */
    public int size() {
        return mappings.size();
    }

    /**
     * The reservation of the VM: as its create says, or the one of its name, or the only one of the fragment;
     * {@link Event#ABSENT} if unknown.
     */
    public long resvOf(long id) {
        AddressSpace vm = vm(id);
        if (vm != null && vm.resv != Event.ABSENT) {
            return vm.resv;
        }
        boolean sameName = reservations.reservation(id) != null && !reservations.hasStatedUser(id);
        return sameName ? id : session.soleObject("resv");
    }

    /**
     * The write of an entry of the mapping that still points to pages from before the last invalidation: its seq, 0 if it
     * was there before the recording, {@link Event#ABSENT} if there is none, because the entries were zapped, or written
     * anew with the pages of the latest fetch, or because a rebind is queued, which the work to come depends on. A queued
     * rebind excuses only what was written before it: what it writes itself is compared again.
     */
    public long staleEntry(Mapping mapping) {
        AddressSpace vm = vm(vmOf(mapping));
        if (vm == null || mapping.invalidatedSeq == 0 || !mapping.bound || mapping.settled) {
            return Event.ABSENT;
        }
        boolean rebindQueued = mapping.rebindSeq > mapping.invalidatedSeq && mayWriteNewPages(mapping);
        if (mapping.mappedBefore && !rebindQueued) {
            return 0;
        }
        long start = startOf(mapping);
        long end = endOf(mapping);
        if (start == Event.ABSENT) {
            return Event.ABSENT;
        }
        for (int tile = 0; tile < vm.tiles.size(); tile++) {
            PageTable table = vm.tiles.get(tile);
            for (int i = table.firstAfter(start); table.beginsBefore(i, end); i++) {
                long written = table.seq(i);
                boolean excused = rebindQueued && written < mapping.rebindSeq;
                if (!excused && (written < mapping.invalidatedSeq || pointsToLostPages(mapping, table.pages(i)))) {
                    return written;
                }
            }
        }
        return Event.ABSENT;
    }

    /** A rebind writes what was fetched last: the lost pages, if fetches of the mapping are seen and none since. */
    private static boolean mayWriteNewPages(Mapping mapping) {
        return mapping.pinSeq == 0 || mapping.pinSeq > mapping.invalidatedSeq;
    }

    /** For an entry written after the invalidation: whether its pages are not those of the latest valid fetch. */
    private static boolean pointsToLostPages(Mapping mapping, @Nullable LongList written) {
        LongList pinned = mapping.pinPages;
        if (written == null || pinned == null || written.size() != pinned.size()) {
            return false;
        }
        boolean fetchedSince = mapping.pinSeq > mapping.invalidatedSeq && !isOlder(mapping);
        return fetchedSince != written.equals(pinned);
    }

    /** Whether the number of the last fetch says that an invalidation overtook it. */
    private static boolean isOlder(Mapping mapping) {
        return mapping.pinNumber != Event.ABSENT
                && mapping.invalidatedNumber != Event.ABSENT
                && mapping.pinNumber < mapping.invalidatedNumber;
    }

    /** Whether the mapping is known never to have been bound: there is no entry and nothing asked for one. */
    public boolean isNeverBound(Mapping mapping) {
        AddressSpace vm = vm(vmOf(mapping));
        if (mapping.assumed || vm == null || !mapping.hasRange() || mapping.bindSeq > 0 || mapping.rebindSeq > 0) {
            return false;
        }
        for (int tile = 0; tile < vm.tiles.size(); tile++) {
            PageTable table = vm.tiles.get(tile);
            if (table.beginsBefore(table.firstAfter(mapping.start), mapping.end)) {
                return false;
            }
        }
        return true;
    }

    /** The VM of the mapping; in a fragment with one VM, that one. */
    public long vmOf(Mapping mapping) {
        return mappings.vmOf(mapping);
    }

    private long startOf(Mapping mapping) {
        if (mapping.hasRange()) {
            return mapping.start;
        }
        return session.soleObject("vma") == mapping.id ? 0 : Event.ABSENT;
    }

    private static long endOf(Mapping mapping) {
        // Without a range the mapping stands for the whole address space; -1 is the largest unsigned address.
        return mapping.hasRange() ? mapping.end : -1;
    }

    void apply(VmCreate e) {
        if (!e.hasVm()) {
            return;
        }
        AddressSpace earlier = spaces.get(e.vm());
        AddressSpace vm = spaces.create(e.vm(), e.seq());
        if (earlier != null) {
            earlier.freeTables();
            vm.longRunning = earlier.longRunning;
        }
        vm.client = e.client();
        vm.mm = e.mm();
        vm.owner = e.owner();
        vm.resv = e.resv();
        reservations.join(e.resv());
        vm.notifierLock = e.notifierLock();
        Set<VmFlag> flags = e.flags();
        vm.handle = e.handle();
        vm.kindStated = flags != null;
        if (flags != null) {
            vm.longRunning |= flags.contains(VmFlag.LR);
            vm.faultMode = flags.contains(VmFlag.FAULT);
        }
    }

    /** Work of the VM is published. */
    void published(ExecPublish e) {
        AddressSpace vm = e.hasResult() && e.result() < 0 ? null : touchVm(e.vm(), e.seq());
        if (vm != null) {
            vm.lastPublishSeq = e.seq();
        }
    }

    void apply(VmKill e) {
        AddressSpace vm = touchVm(e.vm(), e.seq());
        if (vm != null && vm.killSeq == 0) {
            vm.killSeq = e.seq();
        }
    }

    /** DRM_IOCTL_XE_VM_DESTROY takes the handle away at once; the VM is closed after that. */
    void apply(Ioctl e) {
        AddressSpace vm = Ioctls.is(e, Ioctls.VM_DESTROY) && e.result() == 0 ? named(e) : null;
        if (vm != null && vm.destroySeq == 0) {
            vm.destroySeq = e.seq();
        }
    }

    /** The VM an ioctl names: by its id, or by the handle of its client; null if it names none that is known. */
    public @Nullable AddressSpace named(Ioctl e) {
        if (!e.hasObject()) {
            return null;
        }
        AddressSpace vm = spaces.find(e.object());
        if (vm != null) {
            return vm;
        }
        for (long id : spaces.ids()) {
            AddressSpace each = spaces.get(id);
            boolean sameClient =
                    each != null && (each.client == e.client() || each.client == Event.ABSENT || !e.hasClient());
            if (each != null && sameClient && each.handle == e.object()) {
                return each;
            }
        }
        return null;
    }

    /** The fence of the last rebind queued in the VM, if it is pending; null if it is done or there is none. */
    public @Nullable Fence pendingRebind(AddressSpace vm, Fences fences) {
        return fences.pendingSince(vm.rebindFence, vm.rebindSeq);
    }

    /** A mapping of the VM that exists; null if there is none. */
    public @Nullable Mapping anyMappingOf(AddressSpace vm) {
        return mappings.firstIntroducedIn(vm.id);
    }

    /** The mapping of the VM at that address, of several one that was not taken away; null if none is known. */
    public @Nullable Mapping mappingAt(long vm, long address) {
        Mapping found = null;
        for (Mapping mapping : mappings.in(vm, address, address + 1)) {
            if (found == null || (mapping.bound && !found.bound)) {
                found = mapping;
            }
        }
        return found;
    }

    /** Whether the new mapping lies where a sparse one is or goes, or one that is split: it is a part of that, as far as can be told. */
    boolean isPartOfAnother(VmaCreate e) {
        return mappings.in(e.vm(), e.start(), e.end()).stream()
                .anyMatch(mapping -> mapping.id != e.vma() && (mapping.kind == VmaKind.NULL || mapping.remapped));
    }

    /** Whether every mapping of the VM is known with its range, so that an address may be said to be in none. */
    public boolean knowsMappingsOf(AddressSpace vm) {
        return !vm.assumed && mappings.areAllPlaced() && mappings.hasAllRangesIn(vm.id);
    }

    /** The live mappings of the BO, in the order of their ids. */
    public long[] mappingsOfBo(long bo) {
        return bo == Event.ABSENT ? NONE : mappings.of(bo);
    }

    /** The seq of the write of an entry of the mapping that is there; 0 if none is known. */
    public long entryOf(Mapping mapping) {
        return entryOf(mapping, mapping.start, mapping.end);
    }

    /** The seq of the write of an entry of the address space that is there in [from, to); 0 if none is known. */
    public long entryIn(AddressSpace vm, long from, long to) {
        for (PageTable table : vm.tiles) {
            int i = table.firstAfter(from);
            if (table.beginsBefore(i, to)) {
                return table.seq(i);
            }
        }
        return 0;
    }

    /** The seq of the write of an entry of the mapping that is there in [from, to); 0 if none is known. */
    public long entryOf(Mapping mapping, long from, long to) {
        AddressSpace vm = vm(vmOf(mapping));
        long written = vm != null && mapping.hasRange() ? entryIn(vm, from, to) : 0;
        if (written > 0) {
            return written;
        }
        // A bind by a page fault does not say which part of the mapping it wrote.
        return from == mapping.start && to == mapping.end ? mapping.faultBindSeq : 0;
    }

    /** The address spaces that have an entry for the page, by their ids. */
    public List<PageEntry> entriesFor(long page) {
        return page == Event.ABSENT ? List.of() : mapped.of(page);
    }

    /** The operations that are done when the fence signals, in their order; none if it has signalled. */
    public List<BindOfFence> boundBy(long fence) {
        List<BindOfFence> binds = byBindFence.get(fence);
        return binds == null ? List.of() : binds;
    }

    /** Where accesses may fault, a bind leaves the entries to the page fault, unless it says that it does not; a mirror always does. */
    private boolean isLeftToFaults(Mapping mapping, VmBind e) {
        AddressSpace vm = vm(vmOf(mapping));
        return mapping.kind == VmaKind.CPU_MIRROR || (vm != null && vm.faultMode && !e.immediate());
    }

    private void promise(long fence, Mapping mapping, long seq) {
        if (fence != Event.ABSENT) {
            byBindFence.computeIfAbsent(fence, of -> new ArrayList<>(1)).add(new BindOfFence(mapping.id, seq));
        }
    }

    /** The seq of the write of an entry of the mapping that was written before that and is there; 0 if none is known. */
    public long entryBefore(Mapping mapping, long seq) {
        AddressSpace vm = vm(vmOf(mapping));
        for (int t = 0; vm != null && t < vm.tiles.size(); t++) {
            PageTable table = vm.tiles.get(t);
            for (int i = table.firstAfter(mapping.start); table.beginsBefore(i, mapping.end); i++) {
                if (table.seq(i) < seq) {
                    return table.seq(i);
                }
            }
        }
        return mapping.faultBindSeq < seq ? mapping.faultBindSeq : 0;
    }

    /** Whether all of the mapping has entries that were there before that, so that nothing of it was cleared or written since. */
    public boolean isUntouchedSince(Mapping mapping, long seq) {
        AddressSpace vm = vm(vmOf(mapping));
        for (int t = 0; vm != null && t < vm.tiles.size(); t++) {
            PageTable table = vm.tiles.get(t);
            long reached = mapping.start;
            for (int i = table.firstAfter(mapping.start); table.beginsBefore(i, mapping.end); i++) {
                if (table.seq(i) > seq || Long.compareUnsigned(table.start(i), reached) > 0) {
                    break;
                }
                reached = table.end(i);
            }
            if (Long.compareUnsigned(reached, mapping.end) >= 0) {
                return true;
            }
        }
        return false;
    }

    /** Whether an entry of the mapping was written after that. */
    public boolean isWrittenSince(Mapping mapping, long seq) {
        AddressSpace vm = vm(vmOf(mapping));
        for (int t = 0; vm != null && t < vm.tiles.size(); t++) {
            PageTable table = vm.tiles.get(t);
            for (int i = table.firstAfter(mapping.start); table.beginsBefore(i, mapping.end); i++) {
                if (table.seq(i) > seq) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * Whether a tile on which entries of the mapping were written after that lacks others, although nothing of it was cleared since the
     * bind of that seq.
     */
    public boolean isWrittenInPartSince(Mapping mapping, long seq) {
        AddressSpace vm = vm(vmOf(mapping));
        if (vm == null || (vm.tilesUnstated && vm.tiles.size() > 1) || mapping.clearedSeq > seq) {
            return false;
        }
        for (PageTable table : vm.tiles) {
            boolean written = false;
            long reached = mapping.start;
            for (int i = table.firstAfter(mapping.start); table.beginsBefore(i, mapping.end); i++) {
                boolean joins = Long.compareUnsigned(table.start(i), reached) <= 0;
                reached = joins ? table.end(i) : reached;
                written |= table.seq(i) > seq;
            }
            if (written && Long.compareUnsigned(reached, mapping.end) < 0) {
                return true;
            }
        }
        return false;
    }

    void apply(DmaFenceSignaled e) {
        byBindFence.remove(e.fence());
    }

    /** Whether a page table of the VM has an entry at that address. */
    public boolean hasEntryAt(AddressSpace vm, long address) {
        for (PageTable table : vm.tiles) {
            if (table.beginsBefore(table.firstAfter(address), address + 1)) {
                return true;
            }
        }
        return false;
    }

    void boundByFault(GpuFaultBind e) {
        touchVm(e.vm(), e.seq());
        Mapping mapping = e.hasVma() ? touchMapping(e.vma(), e.vm(), e.seq()) : mappingAt(e.vm(), e.address());
        if (mapping != null && !(e.hasResult() && e.result() < 0)) {
            mapping.faultBindSeq = e.seq();
        }
    }

    void apply(VmaEvict e) {
        Mapping mapping = touchMapping(e.vma(), e.vm(), e.seq());
        if (mapping == null) {
            return;
        }
        mapping.evictSeq = e.seq();
        AddressSpace vm = touchVm(vmOf(mapping), e.seq());
        if (vm != null && !vm.evicted.containsLong(mapping.id)) {
            vm.evicted.addLong(mapping.id);
        }
    }

    /** The mapping needs no rebind any more: it is queued, or there is nothing left to bind. */
    private void settleEviction(Mapping mapping) {
        AddressSpace vm = mapping.evictSeq == 0 ? null : vm(vmOf(mapping));
        mapping.evictSeq = 0;
        if (vm != null) {
            removeId(vm.evicted, mapping.id);
        }
    }

    void apply(VmClose e) {
        AddressSpace vm = touchVm(e.vm(), e.seq());
        if (vm != null && vm.closeSeq == 0) {
            vm.closeSeq = e.seq();
        }
    }

    void apply(VmFree e) {
        AddressSpace vm = touchVm(e.vm(), e.seq());
        if (vm == null) {
            return;
        }
        if (vm.closeSeq == 0) {
            vm.closeSeq = e.seq();
        }
        if (vm.departed == 0) {
            reservations.leave(vm.resv, e.seq());
        }
        vm.freeTables();
        spaces.depart(vm, e.seq());
    }

    void apply(VmaCreate e) {
        if (!e.hasVma()) {
            return;
        }
        Mapping mapping = mappings.create(e);
        mapping.readOnly = e.readOnly();
        mapping.leftOutOfDumps = e.hasDumpable() && !e.dumpable();
        mapping.boOffset = e.boOffset();
        mapping.userptr = e.userptr();
        mapping.list = VmListKind.NONE;
        touchVm(e.vm(), e.seq());
    }

    void apply(VmaDestroy e) {
        Mapping mapping = mappings.get(e.vma());
        if (mapping == null) {
            return;
        }
        mapping.bound = false;
        settleEviction(mapping);
        AddressSpace vm = vm(vmOf(mapping));
        if (vm != null) {
            removeId(vm.invalidated, mapping.id);
        }
        mappings.depart(mapping, e.seq());
    }

    void apply(VmBind e) {
        boolean removes = e.op() == BindOp.UNMAP || e.op() == BindOp.REMAP;
        Mapping mapping = e.op() == BindOp.UNMAP && ledger.isFragment()
                ? touchMapping(e.vma(), e.vm(), e.seq())
                : mappings.get(e.vma());
        if (mapping == null || (e.hasResult() && e.result() < 0)) {
            return;
        }
        if (removes) {
            mapping.bound = false;
            settleEviction(mapping);
            mapping.unbindFence = e.fence();
            mapping.unbindSeq = e.seq();
            mapping.remapped = e.op() == BindOp.REMAP;
            promise(e.fence(), mapping, e.seq());
            AddressSpace vm = vm(vmOf(mapping));
            if (vm != null) {
                removeId(vm.invalidated, mapping.id);
            }
        } else {
            mapping.bindSeq = e.seq();
            mapping.unbindFence = Event.ABSENT;
            if (e.op() == BindOp.MAP && !isLeftToFaults(mapping, e)) {
                promise(e.fence(), mapping, e.seq());
            }
        }
    }

    void apply(VmaPin e) {
        Mapping mapping = touchMapping(e.vma(), e.vm(), e.seq());
        if (mapping != null && !(e.hasResult() && e.result() < 0)) {
            userptr(mapping);
            mapping.pinSeq = e.seq();
            mapping.pinNumber = e.seqValue();
            mapping.pinPages = e.pages();
            mapping.fetchedFor(e.hasWrite() ? (e.write() ? 1 : 0) : Event.ABSENT, e.seq());
            mapping.settled = false;
        }
    }

    /**
     * Pages of the mapping were found by an {@code hmm_range_fault} under its notifier. Several finds of one number are taken
     * as pieces of one fetch, in order.
     */
    void fetched(Mapping mapping, long seq, long number, @Nullable LongList pages) {
        boolean samePin = mapping.pinSeq > mapping.invalidatedSeq && mapping.pinNumber == number;
        LongList earlier = mapping.pinPages;
        if (!samePin) {
            mapping.pinPages = pages;
        } else if (earlier == null || pages == null) {
            mapping.pinPages = null;
        } else if (!earlier.equals(pages)) {
            long[] both = Arrays.copyOf(earlier.toArray(), earlier.size() + pages.size());
            System.arraycopy(pages.toArray(), 0, both, earlier.size(), pages.size());
            mapping.pinPages = LongList.of(both);
        }
        mapping.pinSeq = seq;
        mapping.pinNumber = number;
        mapping.settled = false;
    }

    void apply(VmaRebind e) {
        Mapping mapping = touchMapping(e.vma(), e.vm(), e.seq());
        if (mapping == null || (e.hasResult() && e.result() < 0)) {
            return;
        }
        settleEviction(mapping);
        AddressSpace vm = vm(vmOf(mapping));
        if (vm != null && e.hasFence()) {
            vm.rebindFence = e.fence();
            vm.rebindSeq = e.seq();
        }
        boolean overtaken = e.hasSeqValue()
                && mapping.invalidatedNumber != Event.ABSENT
                && e.seqValue() < mapping.invalidatedNumber;
        if (!overtaken) {
            mapping.rebindSeq = e.seq();
        }
    }

    void apply(VmaList e) {
        Mapping mapping = touchMapping(e.vma(), e.vm(), e.seq());
        if (mapping == null) {
            return;
        }
        mapping.list = e.list();
        mapping.listSeq = e.seq();
        if (e.list() == VmListKind.INVALIDATED) {
            invalidated(mapping, e.seq(), e.seqValue());
        }
    }

    /** A write through the mapping that the mm gave a page of its own: copy-on-write. */
    void apply(PageAccess e) {
        Mapping mapping =
                e.write() && e.who() != PageAccessor.GPU && e.who() != PageAccessor.DMA ? mapping(e.via()) : null;
        if (mapping != null && mapping.kind == VmaKind.USERPTR && mapping.isForeignPage(e.page())) {
            mapping.mmWriterTid = e.tid();
        }
    }

    /** The debugger's access to the VM is over. */
    void apply(DebugVmAccess e, long vm) {
        for (Mapping mapping : userptrsOf(e, vm)) {
            mapping.mmWriterTid = mapping.mmWriterTid == e.tid() ? Event.ABSENT : mapping.mmWriterTid;
        }
    }

    /** The pages of a userptr mapping are no longer valid. */
    void invalidated(Mapping mapping, long seq, long number) {
        userptr(mapping);
        if (mapping.invalidatedSeq == 0 && mapping.assumed && mapping.bound) {
            mapping.mappedBefore = !hasEntries(mapping);
        }
        boolean pinnedBetween = mapping.pinSeq > mapping.invalidatedSeq || mapping.rebindSeq > mapping.invalidatedSeq;
        if (mapping.invalidatedSeq == 0 || pinnedBetween || writtenSince(mapping)) {
            mapping.invalidatedSeq = seq;
        }
        if (number != Event.ABSENT) {
            mapping.invalidatedNumber = number;
        }
        AddressSpace vm = touchVm(vmOf(mapping), seq);
        mapping.settled = false;
        if (vm != null) {
            vm.lastInvalidatedSeq = seq;
        }
        if (vm != null && !vm.invalidated.containsLong(mapping.id)) {
            vm.invalidated.addLong(mapping.id);
        }
    }

    /** Whether an entry was written after the last invalidation, so that a further one is news. */
    private boolean writtenSince(Mapping mapping) {
        AddressSpace vm = vm(vmOf(mapping));
        long start = startOf(mapping);
        if (vm == null || start == Event.ABSENT) {
            return true;
        }
        for (PageTable table : vm.tiles) {
            for (int i = table.firstAfter(start); table.beginsBefore(i, endOf(mapping)); i++) {
                if (table.seq(i) > mapping.invalidatedSeq) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean hasEntries(Mapping mapping) {
        AddressSpace vm = vm(vmOf(mapping));
        long start = startOf(mapping);
        if (vm == null || start == Event.ABSENT) {
            return false;
        }
        for (PageTable table : vm.tiles) {
            if (table.beginsBefore(table.firstAfter(start), endOf(mapping))) {
                return true;
            }
        }
        return false;
    }

    void apply(PteWrite e) {
        AddressSpace vm = touchVm(orSole(e.vm()), e.seq());
        if (vm != null && e.hasStart() && e.hasEnd()) {
            vm.writePtes(e.start(), e.end(), e.tile(), e.seq(), e.pages());
            settle(vm, e.start(), e.end());
        }
    }

    void apply(PteZap e) {
        AddressSpace vm = touchVm(orSole(e.vm()), e.seq());
        if (vm != null && e.hasStart() && e.hasEnd()) {
            vm.zapPtes(e.start(), e.end(), e.tile());
            mappings.in(vm.id, e.start(), e.end()).forEach(mapping -> mapping.clearedSeq = e.seq());
            unbindFaults(vm, e);
            settle(vm, e.start(), e.end());
        }
    }

    private long orSole(long vm) {
        return vm == Event.ABSENT ? session.soleObject("vm") : vm;
    }

    /** What page faults bound in the range is gone, where no entries tell it. */
    private void unbindFaults(AddressSpace vm, PteZap e) {
        if (!vm.faultMode) {
            return;
        }
        for (Mapping mapping : mappings.in(vm.id, e.start(), e.end())) {
            boolean covered = Long.compareUnsigned(e.start(), mapping.start) <= 0
                    && Long.compareUnsigned(e.end(), mapping.end) >= 0;
            mapping.faultBindSeq = covered ? 0 : mapping.faultBindSeq;
        }
        mappings.withoutRangeIn(vm.id).forEach(mapping -> mapping.faultBindSeq = 0);
    }

    void apply(VmaInvalidate e) {
        Mapping mapping = touchMapping(e.vma(), e.vm(), e.seq());
        if (mapping == null) {
            return;
        }
        AddressSpace vm = vm(vmOf(mapping));
        long start = startOf(mapping);
        mapping.mappedBefore = false;
        mapping.faultBindSeq = 0;
        mapping.clearedSeq = e.seq();
        if (vm != null && start != Event.ABSENT) {
            vm.zapPtes(start, endOf(mapping), Event.ABSENT);
            settle(vm, start, endOf(mapping));
        }
    }

    /** After a change of entries: are the lost pages of the mappings it touches still reachable, or again? */
    private void settle(AddressSpace vm, long start, long end) {
        for (int i = vm.invalidated.size() - 1; i >= 0; i--) {
            Mapping mapping = mappings.get(vm.invalidated.getLong(i));
            if (mapping == null) {
                vm.invalidated.removeAt(i);
                continue;
            }
            long from = startOf(mapping);
            boolean touched = from == Event.ABSENT
                    || (Long.compareUnsigned(from, end) < 0 && Long.compareUnsigned(start, endOf(mapping)) < 0);
            if (touched) {
                mapping.mappedBefore = false;
                mapping.settled = false;
                mapping.settled = staleEntry(mapping) == Event.ABSENT;
            }
        }
    }

    /** What happens in the VM is done only in those whose queues are stopped by preempt fences. */
    void isLongRunning(long id, long seq) {
        AddressSpace vm = touchVm(id, seq);
        if (vm != null) {
            vm.longRunning = true;
        }
    }

    private static void userptr(Mapping mapping) {
        if (mapping.kind == VmaKind.UNKNOWN) {
            mapping.kind = VmaKind.USERPTR;
        }
    }

    @Nullable AddressSpace touchVm(long id, long seq) {
        if (id == Event.ABSENT) {
            return null;
        }
        AddressSpace vm = spaces.find(id);
        if (vm == null) {
            if (ledger.mustHaveSeenCreate(Stream.VM)) {
                ledger.corrupt(EventType.VM_CREATE, seq, "vm " + id + " is used without its vm_create");
            }
            vm = spaces.assume(id, ledger.knownFrom(seq));
        }
        return vm;
    }

    @Nullable Mapping touchMapping(long id, long vm, long seq) {
        if (id == Event.ABSENT) {
            return null;
        }
        Mapping mapping = mappings.find(id);
        if (mapping == null) {
            if (ledger.mustHaveSeenCreate(Stream.VM)) {
                ledger.corrupt(EventType.VMA_CREATE, seq, "vma " + id + " is used without its vma_create");
            }
            mapping = mappings.assume(id, ledger.knownFrom(seq));
        }
        if (mapping.vm == Event.ABSENT && vm != Event.ABSENT) {
            mappings.place(mapping, vm);
        }
        return mapping;
    }

    private static void removeId(LongArrayList list, long id) {
        int at = list.indexOf(id);
        if (at >= 0) {
            list.removeAt(at);
        }
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        spaces.write(out);
        mappings.write(out);
        long[] fences = byBindFence.keySet().stream()
                .mapToLong(Long::longValue)
                .sorted()
                .toArray();
        out.number(fences.length);
        for (long fence : fences) {
            List<BindOfFence> binds = boundBy(fence);
            out.number(fence);
            out.number(binds.size());
            for (BindOfFence bind : binds) {
                out.number(bind.mapping);
                out.number(bind.seq);
            }
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        spaces.read(in);
        mappings.read(in);
        int count = in.count();
        for (int i = 0; i < count; i++) {
            long fence = in.number();
            int binds = in.count();
            List<BindOfFence> of = new ArrayList<>(binds);
            for (int b = 0; b < binds; b++) {
                of.add(new BindOfFence(in.number(), in.number()));
            }
            byBindFence.put(fence, of);
        }
    }
}

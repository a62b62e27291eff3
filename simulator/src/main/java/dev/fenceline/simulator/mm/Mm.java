package dev.fenceline.simulator.mm;

import dev.fenceline.event.CpuPteClear;
import dev.fenceline.event.Event;
import dev.fenceline.event.LockClass;
import dev.fenceline.event.LongList;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Inline;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Memory;
import dev.fenceline.simulator.kernel.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** An {@code mm_struct}: which page each CPU address shows now, and who wants to know when that ends. */
public final class Mm implements Memory.Resident {
    /** The size of a page. */
    public static final long PAGE_BYTES = Memory.PAGE_BYTES;

    private static final long RECLAIM_PAGES = 16;

    private final Kernel kernel;
    private final PageFrames frames;
    private final long id;
    private final Lock mmapLock;
    private final Lock mappingLock;
    private final Subscriptions subscriptions;
    private final NavigableMap<Long, Page> ptes = new TreeMap<>();
    private final NavigableSet<Long> swapped = new TreeSet<>();
    private final NavigableSet<Long> writeProtected = new TreeSet<>();
    private final Areas areas = new Areas();
    private final Migrations migrations = new Migrations();
    private @Nullable Runnable kill;
    private final MmUsers users = new MmUsers();
    private boolean released;
    private long hand;

    /** An address space with nothing in it. */
    public Mm(Kernel kernel, PageFrames frames) {
        this.kernel = kernel;
        this.frames = frames;
        this.id = kernel.newId();
        this.mmapLock = Lock.rwsem(kernel, LockClass.MMAP_LOCK);
        this.mappingLock = Lock.rwsem(kernel, LockClass.I_MMAP);
        this.subscriptions = new Subscriptions(kernel, id);
        kernel.memory().add(this);
    }

    public long id() {
        return id;
    }

    public Lock mmapLock() {
        return mmapLock;
    }

    /** {@code i_mmap_rwsem} of the file behind its memory, a memfd: who looks for the mappings of a page holds it. */
    Lock mappingLock() {
        return mappingLock;
    }

    /** The interval notifiers of this address space. */
    public Subscriptions subscriptions() {
        return subscriptions;
    }

    /** The area that the program mapped around {@code address}; null if there is none. */
    public @Nullable PageRun areaAt(long address) {
        return areas.find(address);
    }

    /** Whether the program may read each address of {@code [start, end)}. */
    public boolean isMapped(long start, long end) {
        return areas.isMapped(start, end);
    }

    /** Whether the program may write each address of {@code [start, end)} that it may read. */
    public boolean isWritable(long start, long end) {
        return areas.isWritable(start, end);
    }

    /** What is mapped at all, and with which rights. */
    Areas areas() {
        return areas;
    }

    Kernel kernel() {
        return kernel;
    }

    PageFrames frames() {
        return frames;
    }

    /** Who moves pages of it elsewhere just now. */
    Migrations migrations() {
        return migrations;
    }

    /** The OOM killer may choose the process, and then does {@code exit}. */
    public void setKill(Runnable exit) {
        kill = exit;
    }

    @Override
    public long pages() {
        return ptes.size();
    }

    @Override
    public boolean isKillable() {
        return kill != null && !ptes.isEmpty();
    }

    @Override
    public void kill() {
        if (kill != null) {
            kill.run();
        }
    }

    /** {@code shrink_folio_list}: the next few pages in address order go to swap. */
    @Override
    public Call scan(long pages) {
        if (ptes.isEmpty()) {
            return new Inline(() -> {});
        }
        Long from = ptes.ceilingKey(hand);
        long start = from == null ? ptes.firstKey() : from;
        hand = start + Math.min(pages, RECLAIM_PAGES) * PAGE_BYTES;
        return Unmap.reclaim(this, start, hand);
    }

    /** Who fetches pages for others; the exit lets them finish. In the kernel the last of them would do the rest of it instead. */
    MmUsers users() {
        return users;
    }

    /** The last user of the address space is gone. */
    void release() {
        released = true;
    }

    /** Whether {@code mmget_not_zero} fails. */
    public boolean isReleased() {
        return released;
    }

    /** {@code mmget}: {@code task}, which need not be of the process, is going to fetch pages. */
    public void get(Task task) {
        users.add(task);
    }

    /** {@code mmput}. */
    public void put(Task task) {
        users.remove(task);
    }

    /** The ranges of pages in a row, in address order. */
    List<PageRun> runs() {
        List<PageRun> runs = new ArrayList<>();
        long start = 0;
        long end = 0;
        for (long address : ptes.keySet()) {
            if (address != end) {
                if (end > start) {
                    runs.add(new PageRun(start, end));
                }
                start = address;
            }
            end = address + PAGE_BYTES;
        }
        if (end > start) {
            runs.add(new PageRun(start, end));
        }
        return runs;
    }

    /** {@code exit_mmap}, when the pages are gone. */
    void exit() {
        kernel.memory().freeSwap(swapped.size());
        swapped.clear();
        kernel.memory().remove(this);
    }

    /** The first address after its last page. */
    long end() {
        return ptes.isEmpty() ? PAGE_BYTES : ptes.lastKey() + PAGE_BYTES;
    }

    /** The memory of a device that {@code address} shows; null if it shows a page of the system, or none. */
    public @Nullable DeviceMemory deviceMemoryAt(long address) {
        Page page = ptes.get(address);
        return page == null ? null : page.device();
    }

    /** The page at {@code address}; null if there is none now. */
    public @Nullable Page pageAt(long address) {
        return ptes.get(address);
    }

    /** The first address of {@code [start, end)} that shows memory of another device than {@code owner}; null if there is none. */
    @Nullable Long firstOfDevice(long start, long end, long owner) {
        for (Map.Entry<Long, Page> pte : ptes.subMap(start, end).entrySet()) {
            DeviceMemory device = pte.getValue().device();
            if (device != null && device.owner() != owner) {
                return pte.getKey();
            }
        }
        return null;
    }

    /** Whether a migration to a device may take {@code page}. */
    boolean isMovable(Page page) {
        return frames.isMovable(page);
    }

    /** The addresses of {@code [start, end)} that have had no page since they were mapped. */
    List<Long> untouched(long start, long end) {
        List<Long> found = new ArrayList<>();
        for (long address = start; address < end; address += PAGE_BYTES) {
            boolean taken = ptes.containsKey(address) || swapped.contains(address) || migrations.of(address) != null;
            if (!taken && areas.isMapped(address, address + PAGE_BYTES)) {
                found.add(address);
            }
        }
        return found;
    }

    /** Sets migration entries for what is {@code selected} in the range of {@code migration}; says which pages these were. */
    NavigableMap<Long, Page> beginMigration(MigrateVma migration, Predicate<Page> selected) {
        NavigableMap<Long, Page> moving = new TreeMap<>();
        ptes.subMap(migration.start(), migration.end()).forEach((address, page) -> {
            if (selected.test(page) && !writeProtected.contains(address)) {
                moving.put(address, page);
            }
        });
        moving.forEach((address, page) -> {
            recordClear(address, page);
            ptes.remove(address);
            migrations.begin(address, migration, kernel.currentTask());
        });
        return moving;
    }

    /** Waits until nothing of {@code [start, end)} is on its way elsewhere. */
    public Call awaitMigrations(long start, long end) {
        return new AwaitMigrations(migrations, start, end);
    }

    /** {@code address} shows {@code page} from here on. */
    void show(long address, Page page) {
        ptes.put(address, page);
    }

    /** How many pages of {@code [start, end)} are there. */
    long present(long start, long end) {
        return ptes.subMap(start, end).size();
    }

    /** How many pages of {@code [start, end)} are missing. */
    long missing(long start, long end) {
        return (end - start) / PAGE_BYTES - present(start, end) - migrations.count(start, end);
    }

    /** Whether all of {@code [start, end)} is there and none of it memory of a device, or on its way into one. */
    boolean isAllSystem(long start, long end) {
        return present(start, end) == (end - start) / PAGE_BYTES && firstOfDevice(start, end, Event.ABSENT) == null;
    }

    /** Faults in what is missing of {@code [start, end)}, and says how many pages that were. */
    public int faultIn(long start, long end) {
        int missing = 0;
        if (!areas.isMapped(start, end)) {
            throw new IllegalStateException("segmentation fault in " + start + " to " + end);
        }
        for (long address = start; address < end; address += PAGE_BYTES) {
            if (!ptes.containsKey(address) && migrations.of(address) == null) {
                if (swapped.remove(address)) {
                    kernel.memory().freeSwap(1);
                }
                ptes.put(address, frames.allocate(id, address));
                missing++;
            }
        }
        return missing;
    }

    /** The pages of {@code [start, end)}, all present, in address order. */
    LongList pages(long start, long end) {
        return LongList.of(
                ptes.subMap(start, end).values().stream().mapToLong(Page::id).toArray());
    }

    /** Faults in and pins the pages of the notifier's range, in a fetch that began with {@code seq}. */
    LongList pin(IntervalNotifier notifier, long seq) {
        faultIn(notifier.start(), notifier.end());
        LongList pinned = pages(notifier.start(), notifier.end());
        for (int i = 0; i < pinned.size(); i++) {
            frames.pin(pinned.get(i), notifier.id(), seq);
        }
        return pinned;
    }

    /** {@code unpin_user_pages}. */
    public void unpin(LongList pages, IntervalNotifier notifier) {
        for (int i = 0; i < pages.size(); i++) {
            frames.unpin(pages.get(i), notifier.id());
        }
    }

    /** Clears the PTEs of {@code [start, end)}; the pages are still allocated. */
    List<PteCleared> clear(long start, long end) {
        migrations.forget(start, end);
        return clear(start, end, page -> true);
    }

    /** Clears the PTEs of {@code [start, end)} that show system memory, as who looks for pages on the LRU does. */
    List<PteCleared> clearSystem(long start, long end) {
        return clear(start, end, page -> page.device() == null);
    }

    private List<PteCleared> clear(long start, long end, Predicate<Page> which) {
        List<PteCleared> cleared = new ArrayList<>();
        ptes.subMap(start, end).forEach((address, page) -> {
            if (which.test(page)) {
                recordClear(address, page);
                cleared.add(new PteCleared(address, page));
            }
        });
        cleared.forEach(pte -> {
            ptes.remove(pte.address());
            writeProtected.remove(pte.address());
        });
        return cleared;
    }

    private void recordClear(long address, Page page) {
        kernel.emit(
                CpuPteClear.builder().mm(id).address(address).page(page.id()).frame(page.frame()));
    }

    /** {@code copy_present_ptes}: {@code child} shows the same pages, and neither of the two may write them. */
    void share(long start, long end, Mm child) {
        ptes.subMap(start, end).forEach((address, page) -> {
            if (page.device() != null) {
                throw new IllegalStateException("programs with memory of a device do not fork");
            }
            frames.share(page);
            child.ptes.put(address, page);
            child.writeProtected.add(address);
            writeProtected.add(address);
        });
    }

    /** The first page of {@code [start, end)} that a write has to copy or take over; null if there is none. */
    @Nullable Long firstWriteProtected(long start, long end) {
        Long address = writeProtected.ceiling(start);
        return address == null || address >= end ? null : address;
    }

    /** {@code wp_can_reuse_anon_folio}: whether nobody else shows the page any more. */
    boolean isExclusive(long address) {
        Page page = ptes.get(address);
        return page != null && !frames.isShared(page);
    }

    /** {@code wp_page_reuse}. */
    void makeWritable(long address) {
        writeProtected.remove(address);
    }

    /** Puts a fresh page behind each cleared PTE, as a migration does. */
    void replace(List<PteCleared> cleared) {
        for (PteCleared pte : cleared) {
            ptes.put(pte.address(), frames.allocate(id, pte.address()));
        }
    }

    /** The pages behind cleared PTEs are in swap space. */
    void swapOut(List<PteCleared> cleared) {
        cleared.forEach(pte -> swapped.add(pte.address()));
        kernel.memory().swapOut(cleared.size());
    }

    /** What of {@code [start, end)} is in swap space is of no use any more. */
    void dropSwapped(long start, long end) {
        NavigableSet<Long> dropped = swapped.subSet(start, true, end, false);
        kernel.memory().freeSwap(dropped.size());
        dropped.clear();
    }

    void free(List<PteCleared> cleared) {
        for (PteCleared pte : cleared) {
            frames.free(id, pte.address(), pte.page());
        }
    }

    /** Pages without a gap between two addresses. */
    public record PageRun(long start, long end) {}

    /** A CPU address that showed {@code page}. */
    record PteCleared(long address, Page page) {}
}

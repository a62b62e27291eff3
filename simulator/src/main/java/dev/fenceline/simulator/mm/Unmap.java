package dev.fenceline.simulator.mm;

import dev.fenceline.event.MmCollapse;
import dev.fenceline.event.RangeReason;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Takes pages away from a range of CPU addresses, for one of the reasons there are. */
public final class Unmap extends Call {
    /** {@code mm_collapse_huge_page:status}. */
    private static final String SCAN_SUCCEED = "succeeded";

    /** mmap.c: {@code mmap(MAP_FIXED)} over a mapping: the old pages go, the addresses stay mapped. */
    private static final Path<Unmap> REMAP = Path.<Unmap>named("mmap_region")
            .lock(call -> call.mm.mmapLock(), Lock.Mode.W)
            .lock(call -> call.mm.mappingLock(), Lock.Mode.W)
            .unlock(call -> call.mm.mappingLock())
            .call(Unmap::invalidate)
            .spend(call -> call.pageWork())
            .run(call -> call.mm.dropSwapped(call.start, call.end))
            .run(Unmap::clearAndEnd)
            .unlock(call -> call.mm.mmapLock())
            .run(Unmap::free)
            .end();

    /** mmap.c:do_munmap: the pages go, and the addresses with them. */
    private static final Path<Unmap> MUNMAP = Path.<Unmap>named("do_vmi_align_munmap")
            .lock(call -> call.mm.mmapLock(), Lock.Mode.W)
            .run(call -> call.mm.areas().unmap(call.start, call.end))
            .call(Unmap::invalidate)
            .spend(call -> call.pageWork())
            .run(call -> call.mm.dropSwapped(call.start, call.end))
            .run(Unmap::clearAndEnd)
            .unlock(call -> call.mm.mmapLock())
            .run(Unmap::free)
            .end();

    /** migrate.c:migrate_pages, of pages that another NUMA node wants: no {@code mmap_lock}, new pages at once. */
    private static final Path<Unmap> MIGRATE = Path.<Unmap>named("try_to_migrate")
            .lock(call -> call.mm.mappingLock(), Lock.Mode.R)
            .call(Unmap::invalidate)
            .spend(call -> call.pageWork())
            .run(Unmap::clearAndReplace)
            .unlock(call -> call.mm.mappingLock())
            .run(Unmap::free)
            .end();

    /** vmscan.c:shrink_folio_list in reclaim: pages go to swap, and come back when somebody faults. */
    private static final Path<Unmap> RECLAIM = Path.<Unmap>named("try_to_unmap")
            .lock(call -> call.mm.mappingLock(), Lock.Mode.R)
            .call(Unmap::invalidate)
            .spend(call -> call.pageWork())
            .run(Unmap::clearSystemAndEnd)
            .run(call -> call.mm.swapOut(call.cleared))
            .unlock(call -> call.mm.mappingLock())
            .run(Unmap::free)
            .end();

    /**
     * mmap.c:exit_mmap: the process is gone, and nobody else can see its memory. Notifiers that are still there hear of it twice: by
     * mmu_notifier_release, then as of any unmap.
     */
    private static final Path<Unmap> EXIT = Path.<Unmap>named("exit_mmap")
            .await(call -> call.mm.users().waiters(), call -> call.mm.users().isEmpty())
            .run(call -> call.mm.release())
            .call(Unmap::release)
            .run(call -> call.range().end())
            .call(Unmap::invalidate)
            .spend(call -> call.pageWork())
            .run(Unmap::clearAndEnd)
            .run(Unmap::free)
            .run(call -> call.mm.exit())
            .end();

    /** oom_kill.c:__oom_reap_task_mm, of one area: what somebody has to be asked for first is left to the exit. */
    private static final Path<Unmap> REAP = Path.<Unmap>named("__oom_reap_task_mm")
            .call(Unmap::invalidateUnlessItBlocks)
            .returnIf(call -> call.range().isRefused())
            .spend(call -> call.pageWork())
            .run(Unmap::clearAndEnd)
            .run(Unmap::free)
            .end();

    /** khugepaged.c:collapse_huge_page: small pages become a large one, elsewhere; nothing is unmapped for the process. */
    private static final Path<Unmap> COLLAPSE = Path.<Unmap>named("collapse_huge_page")
            .lock(call -> call.mm.mmapLock(), Lock.Mode.W)
            .when(call -> call.mm.isAllSystem(call.start, call.end), Unmap::collapse)
            .unlock(call -> call.mm.mmapLock())
            .run(Unmap::free)
            .end();

    private final Path<Unmap> path;
    private final Mm mm;
    private final long start;
    private final long end;
    private final RangeReason reason;
    private @Nullable InvalidateRange range;
    private List<Mm.PteCleared> cleared = List.of();

    private Unmap(Path<Unmap> path, Mm mm, long start, long end, RangeReason reason) {
        this.path = path;
        this.mm = mm;
        this.start = start;
        this.end = end;
        this.reason = reason;
    }

    /** The process itself maps something new over {@code [start, end)}. */
    public static Unmap remap(Mm mm, long start, long end) {
        return new Unmap(REMAP, mm, start, end, RangeReason.UNMAP);
    }

    /** The process itself unmaps {@code [start, end)}. */
    public static Unmap munmap(Mm mm, long start, long end) {
        return new Unmap(MUNMAP, mm, start, end, RangeReason.UNMAP);
    }

    /** The pages of {@code [start, end)} move to another NUMA node. */
    public static Unmap migrate(Mm mm, long start, long end) {
        return new Unmap(MIGRATE, mm, start, end, RangeReason.CLEAR);
    }

    /** Somebody short of memory reclaims the pages of {@code [start, end)}. */
    public static Unmap reclaim(Mm mm, long start, long end) {
        return new Unmap(RECLAIM, mm, start, end, RangeReason.CLEAR);
    }

    /** The process has exited; no driver watches its memory any more. */
    public static Unmap exit(Mm mm) {
        return new Unmap(EXIT, mm, 0, mm.end(), RangeReason.UNMAP);
    }

    /** process_mrelease takes the pages of {@code [start, end)} of a process that is being killed, unless that would block. */
    static Unmap reap(Mm mm, long start, long end) {
        return new Unmap(REAP, mm, start, end, RangeReason.CLEAR);
    }

    /** The pages of {@code [start, end)} are copied into one of that size. */
    public static Unmap collapse(Mm mm, long start, long end) {
        return new Unmap(COLLAPSE, mm, start, end, RangeReason.CLEAR);
    }

    private static Path.Builder<Unmap> collapse(Path.Builder<Unmap> path) {
        return path.call(Unmap::invalidate)
                .spend(call -> call.pageWork())
                .run(Unmap::clearAndReplace)
                .run(Unmap::recordCollapse);
    }

    private void recordCollapse() {
        kernel().emit(MmCollapse.builder()
                .mm(mm.id())
                .address(start)
                .order(Long.numberOfTrailingZeros((end - start) / Mm.PAGE_BYTES))
                .status(SCAN_SUCCEED));
    }

    private InvalidateRange release() {
        range = new InvalidateRange(mm, 0, mm.end(), RangeReason.RELEASE);
        return range;
    }

    private InvalidateRange invalidateUnlessItBlocks() {
        range = new InvalidateRange(mm, start, end, reason, false);
        return range;
    }

    private InvalidateRange invalidate() {
        range = new InvalidateRange(mm, start, end, reason);
        return range;
    }

    private InvalidateRange range() {
        if (range == null) {
            throw new IllegalStateException("the range was not invalidated");
        }
        return range;
    }

    private long pageWork() {
        return kernel().costs().mapPageNs() * mm.present(start, end);
    }

    private void clearAndEnd() {
        cleared = mm.clear(start, end);
        range().end();
    }

    private void clearSystemAndEnd() {
        cleared = mm.clearSystem(start, end);
        range().end();
    }

    private void clearAndReplace() {
        cleared = mm.clearSystem(start, end);
        mm.replace(cleared);
        range().end();
    }

    private void free() {
        mm.free(cleared);
    }

    @Override
    protected Path<?> path() {
        return path;
    }
}

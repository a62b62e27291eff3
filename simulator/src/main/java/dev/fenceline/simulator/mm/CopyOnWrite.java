package dev.fenceline.simulator.mm;

import dev.fenceline.event.RangeReason;
import dev.fenceline.simulator.kernel.AllocatePages;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * memory.c:do_wp_page, for each page of a range that may not be written since a fork: under {@code mmap_lock}, who writes gets a copy,
 * unless everybody else has one already or is gone. Notifiers hear of the copy, not of a page that is taken over.
 */
final class CopyOnWrite extends Call {
    private static final Path<CopyOnWrite> PATH = Path.<CopyOnWrite>named("do_wp_page")
            .repeat(each -> each.run(CopyOnWrite::find)
                    .leaveIf(write -> write.address == null)
                    .when(write -> write.mm.isExclusive(write.address()), CopyOnWrite::reuse)
                    .againIf(write -> write.reused)
                    .call(write -> write.allocation.set(new AllocatePages(Gfp.HIGHUSER, 1)))
                    .leaveIf(write -> write.allocation.get().result() != 0)
                    .call(write -> write.range.set(new InvalidateRange(
                            write.mm, write.address(), write.address() + Mm.PAGE_BYTES, RangeReason.CLEAR)))
                    .spend(write -> write.kernel().costs().mapPageNs())
                    .run(CopyOnWrite::copy))
            .end();

    private final Mm mm;
    private final long start;
    private final long end;
    private final Local<AllocatePages> allocation = new Local<>();
    private final Local<InvalidateRange> range = new Local<>();
    private @Nullable Long address;
    private boolean reused;

    /** Makes {@code [start, end)} writable. */
    CopyOnWrite(Mm mm, long start, long end) {
        this.mm = mm;
        this.start = start;
        this.end = end;
    }

    private void find() {
        address = mm.firstWriteProtected(start, end);
        reused = false;
    }

    private long address() {
        if (address == null) {
            throw new IllegalStateException("no page is being written");
        }
        return address;
    }

    private static Path.Builder<CopyOnWrite> reuse(Path.Builder<CopyOnWrite> path) {
        return path.run(write -> {
            write.mm.makeWritable(write.address());
            write.reused = true;
        });
    }

    /** {@code wp_page_copy}. */
    private void copy() {
        List<Mm.PteCleared> cleared = mm.clear(address(), address() + Mm.PAGE_BYTES);
        mm.replace(cleared);
        range.get().end();
        mm.free(cleared);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

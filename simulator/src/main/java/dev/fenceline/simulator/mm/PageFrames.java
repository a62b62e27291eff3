package dev.fenceline.simulator.mm;

import dev.fenceline.event.PageAlloc;
import dev.fenceline.event.PageFree;
import dev.fenceline.simulator.kernel.Kernel;
import java.util.ArrayDeque;

/** The page allocator: the frame freed last is handed out next, which is what makes a stale page number dangerous. */
public final class PageFrames {
    private final Kernel kernel;
    private final ArrayDeque<Long> free = new ArrayDeque<>();

    /** An allocator that makes frames when none is free. */
    public PageFrames(Kernel kernel) {
        this.kernel = kernel;
    }

    Page allocate(long mm, long address) {
        kernel.memory().take(1);
        Long frame = free.pollFirst();
        Page page = new Page(kernel.newId(), frame == null ? kernel.newId() : frame);
        kernel.emit(PageAlloc.builder().mm(mm).address(address).page(page.id()).frame(page.frame()));
        return page;
    }

    void free(long mm, long address, Page page) {
        kernel.emit(PageFree.builder().mm(mm).address(address).page(page.id()).frame(page.frame()));
        free.addFirst(page.frame());
        kernel.memory().give(1);
    }
}

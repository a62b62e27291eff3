package dev.fenceline.simulator.mm;

import dev.fenceline.event.PageAlloc;
import dev.fenceline.event.PageFree;
import dev.fenceline.event.PagePin;
import dev.fenceline.event.PageUnpin;
import dev.fenceline.simulator.kernel.Kernel;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;

/** The page allocator: the frame freed last is handed out next, which is what makes a stale page number dangerous. */
public final class PageFrames {
    private final Kernel kernel;
    private final ArrayDeque<Long> free = new ArrayDeque<>();
    private final Map<Long, Integer> pins = new LinkedHashMap<>();
    private final Map<Long, Runnable> unmapped = new LinkedHashMap<>();
    private final Map<Long, Integer> shares = new LinkedHashMap<>();

    /** An allocator that makes frames when none is free. */
    public PageFrames(Kernel kernel) {
        this.kernel = kernel;
    }

    Page allocate(long mm, long address) {
        kernel.memory().take(1);
        Long frame = free.pollFirst();
        Page page = new Page(kernel.newId(), frame == null ? kernel.newId() : frame, null);
        kernel.emit(PageAlloc.builder().mm(mm).address(address).page(page.id()).frame(page.frame()));
        return page;
    }

    /** {@code drm_pagemap_get_devmem_page}: {@code frame} is memory of a device, and the page is in use from here on. */
    Page allocateOfDevice(long mm, long address, long frame, DeviceMemory memory) {
        Page page = new Page(kernel.newId(), frame, memory);
        kernel.emit(PageAlloc.builder().mm(mm).address(address).page(page.id()).frame(page.frame()));
        return page;
    }

    /** Whether nobody but one address knows the page. */
    boolean isMovable(Page page) {
        return page.device() == null && !isShared(page) && !pins.containsKey(page.id());
    }

    /** {@code folio_get} of a fork: one more address space shows the page. */
    void share(Page page) {
        shares.merge(page.id(), 1, Integer::sum);
    }

    /** Whether more than one address space shows the page. */
    boolean isShared(Page page) {
        return shares.containsKey(page.id());
    }

    /** {@code FOLL_PIN}: the page stays allocated until it is unpinned as often. */
    void pin(long page, long notifier, long seq) {
        pins.merge(page, 1, Integer::sum);
        kernel.emit(PagePin.builder().page(page).notifier(notifier).seqValue(seq));
    }

    /** {@code unpin_user_page}: the last one gives the page back if no CPU address shows it any more. */
    void unpin(long page, long notifier) {
        kernel.emit(PageUnpin.builder().page(page).notifier(notifier));
        if (pins.merge(page, -1, Integer::sum) == 0) {
            pins.remove(page);
            Runnable release = unmapped.remove(page);
            if (release != null) {
                release.run();
            }
        }
    }

    /** A CPU address does not show the page any more; the last one gives it back. */
    void free(long mm, long address, Page page) {
        Integer others = shares.get(page.id());
        if (others != null) {
            shares.computeIfPresent(page.id(), (id, count) -> count == 1 ? null : count - 1);
            return;
        }
        if (pins.containsKey(page.id())) {
            unmapped.put(page.id(), () -> release(mm, address, page));
        } else {
            release(mm, address, page);
        }
    }

    private void release(long mm, long address, Page page) {
        kernel.emit(PageFree.builder().mm(mm).address(address).page(page.id()).frame(page.frame()));
        DeviceMemory device = page.device();
        if (device != null) {
            device.pageIsFree();
            return;
        }
        free.addFirst(page.frame());
        kernel.memory().give(1);
    }
}

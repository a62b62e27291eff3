package dev.fenceline.simulator.ttm;

import dev.fenceline.event.ManagerEvictFence;
import dev.fenceline.event.Placement;
import dev.fenceline.event.Usage;
import dev.fenceline.event.VramFree;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.kernel.Kernel;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The resource manager of VRAM: hands out ranges, and remembers the fences of evictions whose ranges it took back early.
 *
 * <p>A pipelined eviction gives its range back before the copy out of it is done; whoever gets memory next inherits the fence.
 */
final class VramArea {
    /** The allocation grain. */
    static final long CHUNK_BYTES = 256 * 1024;

    private static final int CHUNK_PAGES = (int) (CHUNK_BYTES / TtmDevice.PAGE_BYTES);

    private final Kernel kernel;
    private final int visibleChunks;
    private final int chunks;
    private final BitSet used;
    private final long[] blocks;
    private final long[] generations;
    private final int evictionFenceSlots;
    private final List<DmaFence> evictionFences;

    VramArea(Kernel kernel, long totalBytes, long visibleBytes, int evictionFenceSlots) {
        this.evictionFenceSlots = evictionFenceSlots;
        this.evictionFences = new ArrayList<>(evictionFenceSlots);
        this.kernel = kernel;
        this.chunks = Math.toIntExact(totalBytes / CHUNK_BYTES);
        this.visibleChunks = Math.toIntExact(visibleBytes / CHUNK_BYTES);
        this.used = new BitSet(chunks);
        this.blocks = new long[chunks];
        this.generations = new long[chunks];
        for (int i = 0; i < chunks; i++) {
            blocks[i] = kernel.newId();
        }
    }

    /** How many pages the CPU reaches. */
    long visiblePages() {
        return (long) visibleChunks * CHUNK_PAGES;
    }

    /** Memory for {@code bo}, or null if there is not enough; who needs no CPU access leaves the aperture to others. */
    @Nullable Resource allocate(long bo, long bytes, boolean visible) {
        int wanted = Math.toIntExact((bytes + CHUNK_BYTES - 1) / CHUNK_BYTES);
        int limit = visible ? visibleChunks : chunks;
        int free = limit - used.get(0, limit).cardinality();
        if (free < wanted) {
            return null;
        }
        List<Resource.Extent> extents = new ArrayList<>(2);
        int from = visible || visibleChunks == chunks ? 0 : visibleChunks;
        int left = take(extents, from, limit, wanted);
        if (left > 0) {
            take(extents, 0, from, left);
        }
        return new Resource(kernel, bo, Placement.VRAM, extents);
    }

    private int take(List<Resource.Extent> extents, int from, int limit, int wanted) {
        int left = wanted;
        int start = used.nextClearBit(from);
        while (left > 0 && start < limit) {
            int end = start + 1;
            while (end < limit && end - start < left && !used.get(end)) {
                end++;
            }
            used.set(start, end);
            left -= end - start;
            extents.add(new Resource.Extent(
                    (long) start * CHUNK_PAGES, (long) end * CHUNK_PAGES, blocks[start], ++generations[start]));
            start = used.nextClearBit(end);
        }
        return left;
    }

    void free(Resource resource) {
        for (Resource.Extent extent : resource.extents()) {
            used.clear((int) (extent.startPage() / CHUNK_PAGES), (int) (extent.endPage() / CHUNK_PAGES));
            kernel.emit(VramFree.builder()
                    .start(extent.startPage())
                    .end(extent.endPage())
                    .block(extent.block())
                    .generation(extent.generation()));
        }
    }

    /** {@code ttm_bo_move_pipeline_evict}: keeps the fence of a copy out of a range that is free already. */
    boolean rememberEviction(DmaFence fence) {
        int slot = slotFor(fence);
        boolean stored = slot >= 0;
        if (stored && slot < evictionFences.size()) {
            evictionFences.set(slot, fence.get()).put();
        } else if (stored) {
            evictionFences.add(fence.get());
        }
        kernel.emit(ManagerEvictFence.builder()
                .memoryType(Placement.VRAM.name())
                .fence(fence.id())
                .stored(stored));
        return stored;
    }

    private int slotFor(DmaFence fence) {
        for (int i = 0; i < evictionFences.size(); i++) {
            DmaFence kept = evictionFences.get(i);
            if (fence.isLaterOrSame(kept) || kept.isSignaled()) {
                return i;
            }
        }
        return evictionFences.size() < evictionFenceSlots ? evictionFences.size() : -1;
    }

    /** {@code ttm_bo_add_pipelined_eviction_fences}: the next owner of any range waits for them. */
    void addEvictionFences(DmaResv resv) {
        if (evictionFences.stream().allMatch(DmaFence::isSignaled)) {
            return;
        }
        resv.reserve(evictionFences.size());
        for (DmaFence fence : evictionFences) {
            if (!fence.isSignaled()) {
                resv.add(fence, Usage.KERNEL);
            }
        }
    }
}

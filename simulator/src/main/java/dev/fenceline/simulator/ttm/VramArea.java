package dev.fenceline.simulator.ttm;

import dev.fenceline.event.ManagerEvictFence;
import dev.fenceline.event.Placement;
import dev.fenceline.event.Usage;
import dev.fenceline.event.VramCleanHit;
import dev.fenceline.event.VramFree;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The resource manager of VRAM: hands out ranges, knows which of them hold nothing but zeroes, and remembers the fences of evictions
 * whose ranges it took back early.
 *
 * <p>A pipelined eviction gives its range back before the copy out of it is done; whoever gets memory next inherits the fence.
 */
public final class VramArea {
    /** Between comparing and storing two evictions overtake each other, so that the table keeps the older fence (rule A-T16). */
    public static final Deviation KEEPS_OLDER_FENCE = new Deviation("older-eviction-fence-replaces-newer");

    /** Who gets VRAM does not wait for the evictions that made room for it (rule A-T07). */
    public static final Deviation FORGETS_EVICTIONS = new Deviation("new-owner-inherits-no-eviction-fence", 16);

    /** The allocation grain. */
    static final long CHUNK_BYTES = 256 * 1024;

    private static final int CHUNK_PAGES = (int) (CHUNK_BYTES / TtmDevice.PAGE_BYTES);

    private final Kernel kernel;
    private final int visibleChunks;
    private final int chunks;
    private final BitSet used;
    private final BitSet clean;
    private final long[] blocks;
    private final long[] generations;
    private final int evictionContexts;
    private final List<DmaFence> evictionFences;

    /** Memory none of which is in use or known to be clean; {@code evictionContexts} is how many contexts evictions may use. */
    VramArea(Kernel kernel, long totalBytes, long visibleBytes, int evictionContexts) {
        this.kernel = kernel;
        this.chunks = Math.toIntExact(totalBytes / CHUNK_BYTES);
        this.visibleChunks = Math.toIntExact(visibleBytes / CHUNK_BYTES);
        this.used = new BitSet(chunks);
        this.clean = new BitSet(chunks);
        this.blocks = new long[chunks];
        this.generations = new long[chunks];
        this.evictionContexts = evictionContexts;
        this.evictionFences = new ArrayList<>(evictionContexts);
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
        return new Resource(kernel, bo, Placement.VRAM, extents, false);
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

    /**
     * Whether nobody has to clear {@code resource} for {@code client}; blocks that were cleared before are recorded as such. From here
     * none of it counts as clean.
     */
    boolean takeClean(Resource resource, long client) {
        boolean allClean = true;
        for (Resource.Extent extent : resource.extents()) {
            allClean &= clean.nextClearBit(firstChunk(extent)) >= endChunk(extent);
        }
        for (Resource.Extent extent : resource.extents()) {
            clean.clear(firstChunk(extent), endChunk(extent));
            if (allClean) {
                VramCleanHit.Builder hit = VramCleanHit.builder()
                        .start(extent.startPage())
                        .end(extent.endPage())
                        .block(extent.block())
                        .generation(extent.generation());
                kernel.emit(client == 0 ? hit : hit.client(client));
            }
        }
        return allClean;
    }

    /** Takes a range back, which holds or will hold zeroes if {@code wiped}. */
    void free(Resource resource, boolean wiped) {
        for (Resource.Extent extent : resource.extents()) {
            used.clear(firstChunk(extent), endChunk(extent));
            clean.set(firstChunk(extent), endChunk(extent), wiped);
            kernel.emit(VramFree.builder()
                    .start(extent.startPage())
                    .end(extent.endPage())
                    .block(extent.block())
                    .generation(extent.generation()));
        }
    }

    private static int firstChunk(Resource.Extent extent) {
        return (int) (extent.startPage() / CHUNK_PAGES);
    }

    private static int endChunk(Resource.Extent extent) {
        return (int) (extent.endPage() / CHUNK_PAGES);
    }

    /** {@code ttm_bo_move_pipeline_evict}: keeps the fence of a copy out of a range that is given back at once, kept or not. */
    void rememberEviction(DmaFence fence) {
        int slot = slotFor(fence);
        boolean stored = slot >= 0;
        record(fence, stored);
        if (stored && slot < evictionFences.size()) {
            DmaFence kept = evictionFences.get(slot);
            if (fence != kept && kernel.deviates(KEEPS_OLDER_FENCE)) {
                record(kept, true);
                return;
            }
            evictionFences.set(slot, fence.get());
            kept.put();
        } else if (stored) {
            evictionFences.add(fence.get());
        }
    }

    private void record(DmaFence fence, boolean stored) {
        kernel.emit(ManagerEvictFence.builder()
                .memoryType(Placement.VRAM.name())
                .fence(fence.id())
                .stored(stored));
    }

    /** The slot of the same context or an empty one; negative if there is none, which the kernel only warns of. */
    private int slotFor(DmaFence fence) {
        for (int i = 0; i < evictionFences.size(); i++) {
            if (fence.isLaterOrSame(evictionFences.get(i))) {
                return i;
            }
        }
        return evictionFences.size() < evictionContexts ? evictionFences.size() : -1;
    }

    /** {@code ttm_resource_manager_cleanup}. */
    void fini() {
        evictionFences.forEach(DmaFence::put);
        evictionFences.clear();
    }

    /** {@code ttm_bo_add_pipelined_eviction_fences}: the next owner of any range waits for them. */
    void addEvictionFences(DmaResv resv) {
        boolean pending = false;
        for (int i = 0; i < evictionFences.size(); i++) {
            pending |= !evictionFences.get(i).isSignaled();
        }
        if (!pending || kernel.deviates(FORGETS_EVICTIONS)) {
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

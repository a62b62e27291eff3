package dev.fenceline.simulator.ttm;

import dev.fenceline.event.Placement;
import dev.fenceline.event.ResourceAlloc;
import dev.fenceline.event.ResourceAssign;
import dev.fenceline.event.ResourceExpose;
import dev.fenceline.event.ResourceFree;
import dev.fenceline.event.ResourceNew;
import dev.fenceline.event.VramWrite;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Kernel;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A {@code ttm_resource}: a piece of one kind of memory that a BO has or is to have. */
public final class Resource {
    /** A run of VRAM, in pages; {@code end} is the first page after it. */
    record Extent(long startPage, long endPage, long block, long generation) {}

    private final Kernel kernel;
    private final long id;
    private final Placement placement;
    private final List<Extent> extents;
    private final boolean temporary;
    private final List<Long> exposedTo = new ArrayList<>(1);
    private boolean wiped;

    /**
     * {@code ttm_resource_alloc}.
     *
     * @param temporary {@code TTM_PL_FLAG_TEMPORARY}: a bounce placement, which no user of the BO may take for good
     */
    Resource(Kernel kernel, long bo, Placement placement, List<Extent> extents, boolean temporary) {
        this.kernel = kernel;
        this.id = kernel.newId();
        this.placement = placement;
        this.extents = List.copyOf(extents);
        this.temporary = temporary;
        kernel.emit(ResourceNew.builder().resource(id).bo(bo).memoryType(placement.name()));
        for (Extent extent : extents) {
            kernel.emit(ResourceAlloc.builder()
                    .resource(id)
                    .bo(bo)
                    .memoryType(placement.name())
                    .start(extent.startPage())
                    .end(extent.endPage()));
        }
    }

    public long id() {
        return id;
    }

    /** The kind of memory. */
    public Placement placement() {
        return placement;
    }

    boolean isSystemMemory() {
        return placement == Placement.SYSTEM || placement == Placement.TT;
    }

    boolean isTemporary() {
        return temporary;
    }

    /** Whether a wipe is on its way, so that the manager gets it back clean. */
    boolean isWiped() {
        return wiped;
    }

    void setWiped() {
        wiped = true;
    }

    List<Extent> extents() {
        return extents;
    }

    /** The page of VRAM behind page number {@code index} of the BO. */
    long vramPage(long index) {
        long left = index;
        for (Extent extent : extents) {
            long pages = extent.endPage() - extent.startPage();
            if (left < pages) {
                return extent.startPage() + left;
            }
            left -= pages;
        }
        throw new IllegalArgumentException("resource " + id + " has no page " + index);
    }

    /** Whether {@code size} bytes from {@code offset} on are VRAM in a row that begins at a multiple of {@code size}. */
    public boolean isOnePiece(long offset, long size) {
        long left = offset;
        for (Extent extent : extents) {
            long bytes = (extent.endPage() - extent.startPage()) * TtmDevice.PAGE_BYTES;
            if (left < bytes) {
                return bytes - left >= size && (extent.startPage() * TtmDevice.PAGE_BYTES + left) % size == 0;
            }
            left -= bytes;
        }
        return false;
    }

    /** Whether the CPU reaches all of it through the aperture, of which {@code pages} are visible. */
    boolean isBelow(long pages) {
        for (Extent extent : extents) {
            if (extent.endPage() > pages) {
                return false;
            }
        }
        return true;
    }

    /** Whether the CPU reaches any of it through the aperture, of which {@code pages} are visible. */
    boolean reachesBelow(long pages) {
        for (Extent extent : extents) {
            if (extent.startPage() < pages) {
                return true;
            }
        }
        return false;
    }

    void assignTo(long bo) {
        kernel.emit(ResourceAssign.builder().resource(id).bo(bo).memoryType(placement.name()));
    }

    /** Notes that {@code client} can read it as {@code bo}; only the first time is recorded. */
    public void expose(long bo, long client) {
        if (exposedTo.contains(client)) {
            return;
        }
        exposedTo.add(client);
        if (extents.isEmpty()) {
            kernel.emit(ResourceExpose.builder()
                    .resource(id)
                    .bo(bo)
                    .memoryType(placement.name())
                    .client(client));
        }
        for (Extent extent : extents) {
            kernel.emit(ResourceExpose.builder()
                    .resource(id)
                    .bo(bo)
                    .memoryType(placement.name())
                    .start(extent.startPage())
                    .end(extent.endPage())
                    .client(client));
        }
    }

    /** {@code client} writes {@code length} bytes from {@code offset}. */
    public void written(long client, long offset, long length) {
        if (extents.isEmpty()) {
            return;
        }
        long page = vramPage(offset / TtmDevice.PAGE_BYTES);
        long last = vramPage((offset + length - 1) / TtmDevice.PAGE_BYTES);
        kernel.emit(VramWrite.builder()
                .start(Math.min(page, last))
                .end(Math.max(page, last) + 1)
                .client(client));
    }

    /** Records that the manager has it back; {@code readers} is the copy that still reads it, or null. */
    void recordFree(long bo, @Nullable DmaFence readers) {
        ResourceFree.Builder event = ResourceFree.builder().resource(id).bo(bo).memoryType(placement.name());
        if (extents.size() == 1) {
            event.start(extents.get(0).startPage()).end(extents.get(0).endPage());
        }
        kernel.emit(readers == null ? event : event.fence(readers.id()));
    }
}

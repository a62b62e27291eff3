package dev.fenceline.simulator.ttm;

import dev.fenceline.event.Placement;
import dev.fenceline.event.ResourceAlloc;
import dev.fenceline.event.ResourceAssign;
import dev.fenceline.event.ResourceFree;
import dev.fenceline.event.ResourceNew;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Kernel;
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

    Resource(Kernel kernel, long bo, Placement placement, List<Extent> extents) {
        this.kernel = kernel;
        this.id = kernel.newId();
        this.placement = placement;
        this.extents = List.copyOf(extents);
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

    List<Extent> extents() {
        return extents;
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

    void assignTo(long bo) {
        kernel.emit(ResourceAssign.builder().resource(id).bo(bo).memoryType(placement.name()));
    }

    /** {@code ttm_resource_free}; {@code copy} is the fence of a copy that still reads it, null if none does. */
    void recordFree(long bo, @Nullable DmaFence copy) {
        ResourceFree.Builder event = ResourceFree.builder().resource(id).bo(bo).memoryType(placement.name());
        if (copy != null) {
            event.fence(copy.id());
        }
        kernel.emit(event);
    }
}

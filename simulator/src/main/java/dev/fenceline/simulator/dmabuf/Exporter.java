package dev.fenceline.simulator.dmabuf;

import dev.fenceline.event.DmaDirection;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.kernel.Call;
import org.jspecify.annotations.Nullable;

/** {@code dma_buf_ops}: what the maker of a buffer does for those who use it. */
public interface Exporter {
    /** The device. */
    long device();

    /** The BO that was exported; 0 if it is none. */
    default long bo() {
        return 0;
    }

    /** {@code exp_name}. */
    String name();

    /** The module that these operations are in ({@code dma_buf_export_info.owner}); empty for the kernel itself. */
    default String owner() {
        return "";
    }

    /** Its size. */
    long bytes();

    /** The reservation, which all importers share. */
    DmaResv resv();

    /** {@code dma_buf_is_dynamic} of 6.x, whether there is a {@code pin}: the buffer moves unless somebody pins it. */
    default boolean isDynamic() {
        return false;
    }

    /** {@code attach}: whether an importer that could use memory of this device may. */
    default boolean agreesToPeerToPeer() {
        return false;
    }

    /** {@code detach}. */
    default void detach(Attachment importer) {}

    /** The first half of {@code map_dma_buf} and {@code pin}: brings the memory to where {@code importer} reaches it; null if it is there. */
    default @Nullable Call reach(Attachment importer) {
        return null;
    }

    /** {@code map_dma_buf}, under the reservation. */
    SgTable map(Attachment importer, DmaDirection direction);

    /** {@code unmap_dma_buf}, under the reservation. */
    default void unmap(SgTable table) {}

    /** {@code pin}, under the reservation. */
    default void pin() {}

    /** {@code unpin}, under the reservation. */
    default void unpin() {}

    /** {@code vmap}, under the reservation: an address of the kernel for all of it. */
    long vmap();

    /** {@code vunmap}, under the reservation. */
    default void vunmap() {}

    /** {@code release}: nobody has the file any more. */
    void release();
}

package dev.fenceline.simulator.dmabuf;

import dev.fenceline.event.Placement;
import dev.fenceline.simulator.kernel.Kernel;

/**
 * A {@code struct sg_table} with the addresses that a buffer has for one importer.
 *
 * @param id the table as the importer has it
 * @param original the table as the exporter has it
 * @param memory where the memory lies
 * @param iova the first of its DMA addresses
 * @param bytes how much memory it is
 */
public record SgTable(long id, long original, Placement memory, long iova, long bytes) {
    /** A table of an exporter, for memory that lies in {@code memory}. */
    public static SgTable of(Kernel kernel, Placement memory, long bytes) {
        long id = kernel.newId();
        return new SgTable(id, id, memory, kernel.newId() << 32, bytes);
    }

    /** {@code dma_buf_wrap_sg_table} of 7.x: a copy without pages, for the importer. */
    SgTable wrapped(Kernel kernel) {
        return new SgTable(kernel.newId(), original, memory, iova, bytes);
    }

    /** The table as the exporter has it. */
    SgTable unwrapped() {
        return new SgTable(original, original, memory, iova, bytes);
    }
}

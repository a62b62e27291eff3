package dev.fenceline.simulator.dmabuf;

import dev.fenceline.event.DmaDirection;
import dev.fenceline.event.Placement;
import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.kernel.Kernel;
import java.util.LinkedHashMap;
import java.util.Map;

/** system_heap.c and cma_heap.c: memory that never moves. Each attachment has one table, which is handed out again after it came back. */
public final class HeapBuffer implements Exporter {
    private static final long PAGE_BYTES = 4096;

    private final Kernel kernel;
    private final DmaHeap heap;
    private final DmaResv resv;
    private final long bytes;
    private final long firstPage;
    private final Map<Attachment, SgTable> tables = new LinkedHashMap<>(2);
    private final DmaBuf dmabuf;

    HeapBuffer(DmaHeap heap, Variant release, long bytes, long fd) {
        this.kernel = heap.kernel();
        this.heap = heap;
        this.resv = new DmaResv(kernel);
        this.bytes = bytes;
        this.firstPage = kernel.newIds(pages());
        this.dmabuf = new DmaBuf(kernel, release, this, fd);
        kernel.memory().take(pages());
    }

    /** The dma-buf, whose first reference is the caller's descriptor. */
    public DmaBuf dmabuf() {
        return dmabuf;
    }

    long pages() {
        return (bytes + PAGE_BYTES - 1) / PAGE_BYTES;
    }

    /** The incarnation of page number {@code index}. */
    long page(long index) {
        return firstPage + index;
    }

    @Override
    public long device() {
        return heap.id();
    }

    @Override
    public String name() {
        return heap.name();
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public DmaResv resv() {
        return resv;
    }

    @Override
    public SgTable map(Attachment importer, DmaDirection direction) {
        return tables.computeIfAbsent(importer, attached -> SgTable.of(kernel, Placement.SYSTEM, bytes));
    }

    @Override
    public void detach(Attachment importer) {
        tables.remove(importer);
    }

    @Override
    public long vmap() {
        return kernel.newId();
    }

    @Override
    public void release() {
        kernel.memory().give(pages());
        resv.fini();
    }
}

package dev.fenceline.simulator.dmabuf;

import dev.fenceline.event.DmaHeapAlloc;
import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.kernel.Kernel;

/** drivers/dma-buf/heaps: a device of the kernel that gives out memory as dma-bufs, for devices that have none of their own. */
public final class DmaHeap {
    private final Kernel kernel;
    private final Variant release;
    private final String name;
    private final long id;

    /** The heap called {@code name}, such as {@code system} or {@code default_cma_region}, in the kernel of {@code release}. */
    public DmaHeap(Kernel kernel, Variant release, String name) {
        this.kernel = kernel;
        this.release = release;
        this.name = name;
        this.id = kernel.newId();
    }

    long id() {
        return id;
    }

    String name() {
        return name;
    }

    Kernel kernel() {
        return kernel;
    }

    /** {@code DMA_HEAP_IOCTL_ALLOC}: zeroed memory, as descriptor {@code fd}. */
    public HeapBuffer allocate(long bytes, long fd) {
        HeapBuffer buffer = new HeapBuffer(this, release, bytes, fd);
        kernel.emit(DmaHeapAlloc.builder()
                .heap(name)
                .size(bytes)
                .fd(fd)
                .dmabuf(buffer.dmabuf().id()));
        return buffer;
    }
}

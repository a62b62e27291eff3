package dev.fenceline.simulator.dmabuf;

import dev.fenceline.event.CpuAccess;
import dev.fenceline.event.CpuPteInsert;
import dev.fenceline.event.CpuPteZap;
import dev.fenceline.event.DmaBufMmap;
import dev.fenceline.event.MmapThrough;
import dev.fenceline.event.ZapReason;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;

/**
 * A {@code vm_area_struct} of the file of a heap's buffer. It keeps the file, and shows what the heap puts into it when it is made
 * (system_heap.c:system_heap_mmap). mmap of a handle of an importer ends here too (drm_prime.c:drm_gem_prime_mmap).
 */
public final class DmaBufVma {
    /** An importer puts the pages of a table that it was handed into a process (rule A-D10). */
    public static final Deviation IMPORTER_INSERTS = new Deviation("importer-maps-foreign-pages-for-the-cpu");

    private final Kernel kernel;
    private final DmaBuf dmabuf;
    private final long id;

    private DmaBufVma(HeapBuffer buffer, MmapThrough through, long importer) {
        this.dmabuf = buffer.dmabuf();
        this.kernel = dmabuf.kernel();
        this.id = kernel.newId();
        dmabuf.getFile();
        kernel.emit(DmaBufMmap.builder().dmabuf(dmabuf.id()).vma(id).through(through));
        long by = importer != 0 && kernel.deviates(IMPORTER_INSERTS) ? importer : buffer.device();
        for (long page = 0; page < buffer.pages(); page++) {
            kernel.emit(CpuPteInsert.builder()
                    .vma(id)
                    .page(buffer.page(page))
                    .write(true)
                    .dmabuf(dmabuf.id())
                    .by(by));
        }
    }

    /** mmap of the descriptor. */
    public static DmaBufVma of(HeapBuffer buffer) {
        return new DmaBufVma(buffer, MmapThrough.EXPORTER, 0);
    }

    /** mmap of the handle that the device {@code importer} gave for it. */
    public static DmaBufVma through(long importer, HeapBuffer buffer) {
        return new DmaBufVma(buffer, MmapThrough.IMPORTER, importer);
    }

    /** The process loads from it, or stores to it. */
    public void touch(long offset, long length, boolean write) {
        kernel.emit(CpuAccess.builder()
                .dmabuf(dmabuf.id())
                .offset(offset)
                .length(length)
                .write(write));
    }

    /** {@code munmap}. */
    public void unmap() {
        kernel.emit(CpuPteZap.builder().vma(id).dmabuf(dmabuf.id()).reason(ZapReason.EXIT));
        dmabuf.fput();
    }
}

package dev.fenceline.simulator.dmabuf;

import dev.fenceline.event.DmaBufExport;
import dev.fenceline.event.DmaBufFd;
import dev.fenceline.event.DmaBufGet;
import dev.fenceline.event.DmaBufInvalidate;
import dev.fenceline.event.DmaBufPut;
import dev.fenceline.event.DmaBufRelease;
import dev.fenceline.event.DmaBufVmap;
import dev.fenceline.event.DmaBufVunmap;
import dev.fenceline.event.FdClose;
import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Modules;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A {@code dma_buf}: a buffer in a file, which other devices, processes and the kernel may use. The exporter keeps the memory for it. */
public final class DmaBuf implements Census.Member {
    /** The kernel takes its mapping down once more than it put it up (rule A-D08). */
    public static final Deviation VUNMAPS_TWICE = new Deviation("vmap-is-given-back-twice");

    private final Kernel kernel;
    private final Variant release;
    private final Exporter exporter;
    private final long id;
    private final long fd;
    private final List<Attachment> attachments = new ArrayList<>(2);
    private final PollCallback in;
    private final PollCallback out;
    private int refs = 1;
    private int vmaps;
    private long vmapping;

    /** {@code dma_buf_export} and {@code dma_buf_fd}: what {@code exporter} made, as descriptor {@code fd}, in the kernel of {@code release}. */
    public DmaBuf(Kernel kernel, Variant release, Exporter exporter, long fd) {
        this.kernel = kernel;
        this.release = release;
        this.exporter = exporter;
        this.id = kernel.newId();
        this.fd = fd;
        this.in = new PollCallback(kernel, this, "IN");
        this.out = new PollCallback(kernel, this, "OUT");
        DmaBufExport.Builder event = DmaBufExport.builder()
                .dmabuf(id)
                .device(exporter.device())
                .exporter(exporter.name())
                .size(exporter.bytes())
                .inode(id);
        kernel.emit(exporter.bo() == 0 ? event : event.bo(exporter.bo()));
        kernel.modules().get(exporter.owner(), Modules.Holder.DMA_BUF);
        kernel.enrol(this);
        kernel.emit(DmaBufFd.builder()
                .dmabuf(id)
                .exporter(exporter.name())
                .size(exporter.bytes())
                .fd(fd)
                .inode(id));
    }

    public long id() {
        return id;
    }

    Kernel kernel() {
        return kernel;
    }

    /** The kernel it is in: what the framework does differs between releases. */
    Variant release() {
        return release;
    }

    Exporter exporter() {
        return exporter;
    }

    /** Its size. */
    public long bytes() {
        return exporter.bytes();
    }

    /** The reservation of the memory. */
    public DmaResv resv() {
        return exporter.resv();
    }

    /** The device that exports. */
    public long device() {
        return exporter.device();
    }

    List<Attachment> attachments() {
        return attachments;
    }

    /** A table that somebody else than {@code importer} has mapped; null if nobody has. */
    @Nullable SgTable mappedByOther(Attachment importer) {
        for (Attachment other : attachments) {
            SgTable table = other.anyMapped();
            if (other != importer && table != null) {
                return table;
            }
        }
        return null;
    }

    /** Whether devices are attached. */
    public boolean isAttached() {
        return !attachments.isEmpty();
    }

    /** {@code dma_buf_get}: a reference through the descriptor. */
    public void getByFd() {
        refs++;
        kernel.emit(DmaBufGet.builder()
                .dmabuf(id)
                .exporter(exporter.name())
                .size(exporter.bytes())
                .fd(fd)
                .inode(id));
    }

    /** {@code dma_buf_put}. */
    public void put() {
        kernel.emit(DmaBufPut.builder()
                .dmabuf(id)
                .exporter(exporter.name())
                .size(exporter.bytes())
                .inode(id));
        fput();
    }

    /** The process closes the descriptor. */
    public void close() {
        kernel.emit(FdClose.builder().fd(fd).dmabuf(id));
        fput();
    }

    /** {@code get_file}, by what no event of its own tells of: a descriptor sent to another process, a VMA, a callback. */
    public void getFile() {
        refs++;
    }

    /** {@code fput}: the last one gives the memory back to the exporter. */
    public void fput() {
        if (--refs == 0) {
            kernel.emit(DmaBufRelease.builder()
                    .dmabuf(id)
                    .exporter(exporter.name())
                    .size(exporter.bytes())
                    .inode(id));
            kernel.strike(this);
            in.free();
            out.free();
            exporter.release();
            kernel.modules().put(exporter.owner(), Modules.Holder.DMA_BUF);
        }
    }

    PollCallback in() {
        return in;
    }

    PollCallback out() {
        return out;
    }

    /** {@code dma_buf_invalidate_mappings} ({@code dma_buf_move_notify} in 6.x), under the reservation, by the exporter that is about to move it. */
    public void invalidateMappings() {
        kernel.emit(DmaBufInvalidate.builder().dmabuf(id).resv(resv().id()));
        for (Attachment attachment : List.copyOf(attachments)) {
            attachment.invalidate();
        }
    }

    /** {@code dma_buf_vmap}, under the reservation: the first user has the exporter map it, the others share that. */
    public void vmap() {
        if (vmaps++ == 0) {
            vmapping = exporter.vmap();
        }
        kernel.emit(DmaBufVmap.builder().dmabuf(id).mapping(vmapping).result(0));
    }

    /** {@code dma_buf_vunmap}, under the reservation. */
    public void vunmap() {
        kernel.emit(DmaBufVunmap.builder().dmabuf(id).mapping(vmapping));
        if (--vmaps == 0) {
            exporter.vunmap();
            if (kernel.deviates(VUNMAPS_TWICE)) {
                kernel.emit(DmaBufVunmap.builder().dmabuf(id).mapping(vmapping));
            }
        }
    }

    @Override
    public void tell(Facts facts) {
        facts.of("dmabuf", id)
                .with("device", exporter.device())
                .with("attachments", attachments.size())
                .with("vmaps", vmaps)
                .with("polls", (in.isQueued() ? 1 : 0) + (out.isQueued() ? 1 : 0));
    }
}

package dev.fenceline.simulator.ttm;

import dev.fenceline.event.DmaBufExport;
import dev.fenceline.event.DmaBufFd;
import dev.fenceline.event.DmaBufGet;
import dev.fenceline.event.DmaBufPut;
import dev.fenceline.event.DmaBufRelease;
import dev.fenceline.event.FdClose;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.unplug.DrmDevice;

/** A {@code dma_buf}: a BO that other devices may use. It keeps the BO; its reservation is the BO's. */
public final class DmaBuf {
    private final Kernel kernel;
    private final long id;
    private final Bo bo;
    private final long fd;
    private int refs = 1;

    /** drm_prime.c:drm_gem_prime_handle_to_fd: exports {@code bo}, which must have a reservation of its own, as descriptor {@code fd}. */
    public DmaBuf(Bo bo, long fd) {
        if (bo.resv() != bo.ownResv()) {
            throw new IllegalArgumentException("bo " + bo.id() + " is private to its VM");
        }
        this.kernel = bo.device().kernel();
        this.id = kernel.newId();
        this.bo = bo.get();
        this.fd = fd;
        bo.device().drm().get("dma-buf");
        kernel.emit(DmaBufExport.builder()
                .dmabuf(id)
                .device(bo.device().id())
                .bo(bo.id())
                .exporter(exporter())
                .size(bo.bytes())
                .inode(id));
        kernel.emit(DmaBufFd.builder()
                .dmabuf(id)
                .device(bo.device().id())
                .bo(bo.id())
                .exporter(exporter())
                .size(bo.bytes())
                .fd(fd)
                .inode(id));
    }

    public long id() {
        return id;
    }

    /** The BO of the exporter. */
    public Bo bo() {
        return bo;
    }

    private String exporter() {
        return bo.device().variant().driver();
    }

    /** {@code dma_buf_get}: a reference through the descriptor. */
    void getByFd() {
        refs++;
        kernel.emit(DmaBufGet.builder()
                .dmabuf(id)
                .device(bo.device().id())
                .bo(bo.id())
                .exporter(exporter())
                .size(bo.bytes())
                .fd(fd)
                .inode(id));
    }

    /** {@code dma_buf_put}: the last one gives the exporter's BO back. */
    void put() {
        kernel.emit(DmaBufPut.builder()
                .dmabuf(id)
                .device(bo.device().id())
                .bo(bo.id())
                .exporter(exporter())
                .size(bo.bytes())
                .inode(id));
        drop();
    }

    /** The process closes the descriptor. */
    public void close() {
        kernel.emit(FdClose.builder().fd(fd).dmabuf(id));
        drop();
    }

    private void drop() {
        if (--refs == 0) {
            kernel.emit(DmaBufRelease.builder()
                    .dmabuf(id)
                    .device(bo.device().id())
                    .bo(bo.id())
                    .exporter(exporter())
                    .size(bo.bytes())
                    .inode(id));
            DrmDevice drm = bo.device().drm();
            bo.put();
            drm.put("dma-buf");
        }
    }
}

package dev.fenceline.simulator.dmabuf;

import dev.fenceline.event.DmaDirection;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/**
 * dma-buf.c:dma_buf_dynamic_attach and dma_buf_attach, without the reservation.
 *
 * <p>In 6.x a static importer of a buffer that moves has it pinned and mapped from here on, and gets that mapping whenever it asks for one.
 */
public final class AttachDmaBuf extends Call {
    private static final Path<AttachDmaBuf> PATH = Path.<AttachDmaBuf>named("dma_buf_dynamic_attach")
            .run(AttachDmaBuf::attach)
            .when(
                    AttachDmaBuf::mapsNow,
                    map -> map.call(attach -> new LockResv(attach.dmabuf.resv()))
                            .call(attach -> attach.dmabuf.exporter().reach(attach.attachment()))
                            .run(attach -> attach.dmabuf.exporter().pin())
                            .run(attach -> attach.attachment()
                                    .cache(attach.attachment().mapNow(DmaDirection.BI)))
                            .call(attach -> new ResvWait(attach.dmabuf.resv(), Usage.KERNEL))
                            .run(attach -> attach.dmabuf.resv().lock().release(attach.task())))
            .end();

    private final DmaBuf dmabuf;
    private final long device;
    private final @Nullable Importer importer;
    private final boolean allowsPeerToPeer;
    private final long bo;
    private @Nullable Attachment attachment;

    private AttachDmaBuf(DmaBuf dmabuf, long device, @Nullable Importer importer, boolean allowsPeerToPeer, long bo) {
        this.dmabuf = dmabuf;
        this.device = device;
        this.importer = importer;
        this.allowsPeerToPeer = allowsPeerToPeer;
        this.bo = bo;
    }

    /** {@code dma_buf_attach}: {@code device} relies on the memory staying where it is while it is mapped. */
    public static AttachDmaBuf statically(DmaBuf dmabuf, long device) {
        return new AttachDmaBuf(dmabuf, device, null, false, 0);
    }

    /**
     * {@code dma_buf_dynamic_attach}: {@code importer} is told when the memory moves.
     *
     * @param allowsPeerToPeer whether the device can use memory of the exporting one
     * @param bo the importer's BO; 0 if it has none
     */
    public static AttachDmaBuf dynamically(
            DmaBuf dmabuf, long device, Importer importer, boolean allowsPeerToPeer, long bo) {
        return new AttachDmaBuf(dmabuf, device, importer, allowsPeerToPeer, bo);
    }

    DmaBuf dmabuf() {
        return dmabuf;
    }

    /** What came of it. */
    public Attachment attachment() {
        if (attachment == null) {
            throw new IllegalStateException("nothing is attached yet");
        }
        return attachment;
    }

    private void attach() {
        attachment = new Attachment(dmabuf, device, importer, allowsPeerToPeer, bo);
    }

    private boolean mapsNow() {
        return importer == null
                && dmabuf.exporter().isDynamic()
                && dmabuf.release().mapsAtAttach();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

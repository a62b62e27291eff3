package dev.fenceline.simulator.dmabuf;

import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/** dma-buf.c:dma_buf_detach, without the reservation: what the framework had mapped for a static importer goes first (6.x). */
public final class DetachDmaBuf extends Call {
    private static final Path<DetachDmaBuf> PATH = Path.<DetachDmaBuf>named("dma_buf_detach")
            .when(
                    detach -> detach.attachment.cached() != null,
                    unmap -> unmap.call(detach ->
                                    new LockResv(detach.attachment.dmabuf().resv()))
                            .run(DetachDmaBuf::dropCached)
                            .run(detach ->
                                    detach.attachment.dmabuf().resv().lock().release(detach.task())))
            .run(detach -> detach.attachment.detach())
            .end();

    private final Attachment attachment;

    /** Detaches the device. */
    public DetachDmaBuf(Attachment attachment) {
        this.attachment = attachment;
    }

    private void dropCached() {
        SgTable table = attachment.cached();
        if (table != null) {
            attachment.unmapNow(table);
            attachment.dmabuf().exporter().unpin();
            attachment.cache(null);
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

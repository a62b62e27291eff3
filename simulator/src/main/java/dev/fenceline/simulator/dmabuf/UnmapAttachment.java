package dev.fenceline.simulator.dmabuf;

import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/** dma-buf.c:dma_buf_unmap_attachment_unlocked. */
public final class UnmapAttachment extends Call {
    private static final Path<UnmapAttachment> PATH = Path.<UnmapAttachment>named("dma_buf_unmap_attachment_unlocked")
            .run(unmap -> unmap.attachment.recordUnmap(unmap.table, true))
            .call(unmap -> new LockResv(unmap.attachment.dmabuf().resv()))
            .run(unmap -> unmap.attachment.giveBack(unmap.table))
            .run(unmap -> unmap.attachment.dmabuf().resv().lock().release(unmap.task()))
            .end();

    private final Attachment attachment;
    private final SgTable table;

    /** Gives {@code table} back. */
    public UnmapAttachment(Attachment attachment, SgTable table) {
        this.attachment = attachment;
        this.table = table;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

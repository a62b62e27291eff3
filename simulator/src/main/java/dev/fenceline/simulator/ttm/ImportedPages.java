package dev.fenceline.simulator.ttm;

import dev.fenceline.event.DmaDirection;
import dev.fenceline.event.TtDestroy;
import dev.fenceline.event.TtPopulate;
import dev.fenceline.event.TtUnpopulate;
import dev.fenceline.event.UnpopulateReason;
import dev.fenceline.simulator.dmabuf.Attachment;
import dev.fenceline.simulator.dmabuf.MapAttachment;
import dev.fenceline.simulator.dmabuf.PinAttachment;
import dev.fenceline.simulator.dmabuf.SgTable;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.kernel.Kernel;
import org.jspecify.annotations.Nullable;

/**
 * The store of an imported BO: pages of another device, through an attachment. It pins them, as one does for an engine that cannot fault,
 * so the memory stays where it is while it is mapped.
 */
final class ImportedPages {
    private static final long GENERATION = 1;

    private final Kernel kernel;
    private final Attachment attachment;
    private final TtmDevice importer;
    private final long bo;
    private @Nullable SgTable table;

    /** What the importer's {@code bo} will show through {@code attachment}. */
    ImportedPages(Attachment attachment, TtmDevice importer, long bo) {
        this.kernel = importer.kernel();
        this.attachment = attachment;
        this.importer = importer;
        this.bo = bo;
    }

    private long pages() {
        return (attachment.dmabuf().bytes() + TtmDevice.PAGE_BYTES - 1) / TtmDevice.PAGE_BYTES;
    }

    /** {@code dma_buf_pin}, under the reservation. */
    PinAttachment pin() {
        return new PinAttachment(attachment);
    }

    /** {@code dma_buf_map_attachment}, under the reservation; {@link #populate} has to follow. */
    MapAttachment map() {
        return MapAttachment.locked(attachment, DmaDirection.BI);
    }

    /** The importer's store is the pages of {@code mapped}. */
    void populate(SgTable mapped) {
        table = mapped;
        attachment.readAddresses(mapped);
        importer.add(this);
        kernel.emit(TtPopulate.builder()
                .bo(bo)
                .generation(GENERATION)
                .pages(pages())
                .zeroed(false)
                .result(0)
                .device(importer.id()));
    }

    /** The reverse of {@link #populate}, under the reservation, when nothing of the importer uses the pages any more. */
    void unmap() {
        unmap(UnpopulateReason.RELEASE);
        kernel.emit(TtDestroy.builder().bo(bo).generation(GENERATION).device(importer.id()));
    }

    /** The importer goes, and lets go of the exporter's pages, which stay; under the reservation. */
    void unplug() {
        unmap(UnpopulateReason.UNPLUG);
    }

    /** The reservation, which is the exporter's. */
    DmaResv resv() {
        return attachment.dmabuf().resv();
    }

    private void unmap(UnpopulateReason reason) {
        SgTable mapped = table;
        if (mapped == null) {
            return;
        }
        table = null;
        importer.remove(this);
        kernel.emit(TtUnpopulate.builder()
                .bo(bo)
                .generation(GENERATION)
                .pages(pages())
                .reason(reason)
                .freed(false)
                .device(importer.id()));
        attachment.unmap(mapped);
        attachment.unpin();
    }

    /** {@code dma_buf_detach}, without the reservation; the importer's reference goes with it. */
    void detach() {
        attachment.detach();
        attachment.dmabuf().put();
    }
}

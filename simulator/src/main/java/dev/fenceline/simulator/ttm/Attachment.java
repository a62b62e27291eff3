package dev.fenceline.simulator.ttm;

import dev.fenceline.event.DmaBufAttach;
import dev.fenceline.event.DmaBufDetach;
import dev.fenceline.event.DmaBufMap;
import dev.fenceline.event.DmaBufPin;
import dev.fenceline.event.DmaBufUnmap;
import dev.fenceline.event.DmaBufUnpin;
import dev.fenceline.event.DmaDirection;
import dev.fenceline.event.DmaMap;
import dev.fenceline.event.DmaUnmap;
import dev.fenceline.event.Placement;
import dev.fenceline.event.TtDestroy;
import dev.fenceline.event.TtPopulate;
import dev.fenceline.event.TtUnpopulate;
import dev.fenceline.event.UnpopulateReason;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;
import org.jspecify.annotations.Nullable;

/**
 * A {@code dma_buf_attachment}: the importer's hold on the memory of another device. It pins the exporter's BO, as one does for an
 * engine that cannot fault, so the memory stays where it is while it is mapped.
 */
final class Attachment implements Census.Member, TtmDevice.DmaMapped {
    private static final long GENERATION = 1;

    private final Kernel kernel;
    private final DmaBuf dmabuf;
    private final TtmDevice importer;
    private final long bo;
    private final long id;
    private final long table;
    private final long iova;
    private boolean mapped;
    private @Nullable Tt lent;

    /** {@code dma_buf_dynamic_attach} on behalf of the importer's {@code bo}. */
    Attachment(DmaBuf dmabuf, TtmDevice importer, long bo) {
        this.kernel = importer.kernel();
        this.dmabuf = dmabuf;
        this.importer = importer;
        this.bo = bo;
        this.id = kernel.newId();
        this.table = kernel.newId();
        this.iova = kernel.newId() << 32;
        kernel.emit(DmaBufAttach.builder()
                .dmabuf(dmabuf.id())
                .attachment(id)
                .dynamic(true)
                .peer2peer(false)
                .device(importer.id())
                .resv(dmabuf.bo().resv().id()));
    }

    private long pages() {
        return (dmabuf.bo().bytes() + TtmDevice.PAGE_BYTES - 1) / TtmDevice.PAGE_BYTES;
    }

    /** {@code dma_buf_pin} and {@code dma_buf_map_attachment}, under the reservation: the importer's store is the exporter's pages. */
    void map() {
        kernel.emit(DmaBufPin.builder().dmabuf(dmabuf.id()).attachment(id));
        dmabuf.bo().pin();
        lent = dmabuf.bo().tt();
        if (lent != null) {
            lent.lend();
        }
        mapped = true;
        importer.add(this);
        kernel.emit(DmaMap.builder()
                .device(importer.id())
                .iova(iova)
                .length(pages() * TtmDevice.PAGE_BYTES)
                .bo(bo));
        kernel.emit(DmaBufMap.builder()
                .dmabuf(dmabuf.id())
                .attachment(id)
                .sgTable(table)
                .original(table)
                .direction(DmaDirection.BI)
                .memoryType(Placement.TT.name())
                .unlocked(false)
                .resv(dmabuf.bo().resv().id())
                .mangled(false));
        kernel.enrol(this);
        kernel.emit(TtPopulate.builder()
                .bo(bo)
                .generation(GENERATION)
                .pages(pages())
                .zeroed(false)
                .result(0)
                .device(importer.id()));
    }

    /** The reverse of {@link #map}, under the reservation, when nothing of the importer uses the pages any more. */
    void unmap() {
        if (mapped) {
            unmap(UnpopulateReason.RELEASE);
        }
        kernel.emit(TtDestroy.builder().bo(bo).generation(GENERATION).device(importer.id()));
    }

    /** The importer goes: it lets go of the exporter's pages, which stay. */
    @Override
    public void unplug() {
        unmap(UnpopulateReason.UNPLUG);
    }

    private void unmap(UnpopulateReason reason) {
        mapped = false;
        importer.remove(this);
        if (lent != null) {
            lent.takeBack();
        }
        kernel.emit(TtUnpopulate.builder()
                .bo(bo)
                .generation(GENERATION)
                .pages(pages())
                .reason(reason)
                .freed(false)
                .device(importer.id()));
        kernel.emit(DmaBufUnmap.builder()
                .dmabuf(dmabuf.id())
                .attachment(id)
                .sgTable(table)
                .original(table)
                .direction(DmaDirection.BI)
                .memoryType(Placement.TT.name())
                .unlocked(false)
                .resv(dmabuf.bo().resv().id())
                .mangled(false));
        kernel.emit(DmaUnmap.builder()
                .device(importer.id())
                .iova(iova)
                .length(pages() * TtmDevice.PAGE_BYTES)
                .bo(bo));
        kernel.emit(DmaBufUnpin.builder().dmabuf(dmabuf.id()).attachment(id));
        dmabuf.bo().unpin();
        kernel.strike(this);
    }

    /** {@code dma_buf_detach}, and the importer's reference with it; without the reservation. */
    void detach() {
        kernel.emit(DmaBufDetach.builder()
                .dmabuf(dmabuf.id())
                .attachment(id)
                .dynamic(true)
                .peer2peer(false)
                .device(importer.id())
                .resv(dmabuf.bo().resv().id()));
        dmabuf.put();
    }

    @Override
    public void tell(Facts facts) {
        facts.of("store", bo + "/" + GENERATION);
    }
}

package dev.fenceline.simulator.dmabuf;

import dev.fenceline.event.DmaBufAttach;
import dev.fenceline.event.DmaBufDetach;
import dev.fenceline.event.DmaBufMap;
import dev.fenceline.event.DmaBufPin;
import dev.fenceline.event.DmaBufUnmap;
import dev.fenceline.event.DmaBufUnpin;
import dev.fenceline.event.DmaDirection;
import dev.fenceline.event.DmaMap;
import dev.fenceline.event.DmaUnmap;
import dev.fenceline.event.SgField;
import dev.fenceline.event.SgRead;
import dev.fenceline.event.SgRole;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A {@code dma_buf_attachment}: one device on one dma-buf. A static importer may rely on the memory staying where it is while it has it
 * mapped; a dynamic one is told when it moves, or pins it.
 */
public final class Attachment implements Census.Member {
    /** An importer walks the pages of a table in place of its DMA addresses (rule A-D01). */
    public static final Deviation READS_PAGES = new Deviation("importer-walks-pages-of-sg-table");

    /** The exporter returns a table that another importer has mapped (rule A-D02). */
    public static final Deviation SHARES_TABLE = new Deviation("one-table-is-handed-to-two-importers");

    private final Kernel kernel;
    private final DmaBuf dmabuf;
    private final long device;
    private final @Nullable Importer importer;
    private final boolean peerToPeer;
    private final long bo;
    private final long id;
    private final Map<SgTable, DmaDirection> mapped = new LinkedHashMap<>(2);
    private @Nullable SgTable cached;
    private int pins;

    /**
     * {@code dma_buf_dynamic_attach} up to the point where the exporter has agreed.
     *
     * @param importer who is told of moves; null for a static importer
     * @param allowsPeerToPeer {@code allow_peer2peer}: what the importer asks for
     * @param bo the importer's BO; 0 if it has none
     */
    Attachment(DmaBuf dmabuf, long device, @Nullable Importer importer, boolean allowsPeerToPeer, long bo) {
        this.kernel = dmabuf.kernel();
        this.dmabuf = dmabuf;
        this.device = device;
        this.importer = importer;
        this.bo = bo;
        this.id = kernel.newId();
        this.peerToPeer = allowsPeerToPeer && dmabuf.exporter().agreesToPeerToPeer();
        kernel.emit(DmaBufAttach.builder()
                .dmabuf(dmabuf.id())
                .attachment(id)
                .dynamic(isDynamic())
                .peer2peer(peerToPeer)
                .device(device)
                .resv(dmabuf.resv().id()));
        kernel.enrol(this);
        dmabuf.attachments().add(this);
    }

    public long id() {
        return id;
    }

    /** The dma-buf. */
    public DmaBuf dmabuf() {
        return dmabuf;
    }

    /** The device that imports. */
    public long device() {
        return device;
    }

    /** {@code dma_buf_attachment_is_dynamic}. */
    public boolean isDynamic() {
        return importer != null;
    }

    /** Whether the two agreed that it may be given memory of the exporting device. */
    public boolean isPeerToPeer() {
        return peerToPeer;
    }

    /** A table that it has mapped, as the exporter knows it; null if there is none. */
    @Nullable SgTable anyMapped() {
        for (SgTable table : mapped.keySet()) {
            return table.unwrapped();
        }
        return null;
    }

    /** The table that the framework has for a static importer since it attached (6.x); null if there is none. */
    @Nullable SgTable cached() {
        return cached;
    }

    void cache(@Nullable SgTable table) {
        cached = table;
    }

    /** The importer is told that the memory is about to lie elsewhere. */
    void invalidate() {
        if (importer != null) {
            importer.invalidateMappings(kernel.current());
        }
    }

    /** The end of {@code dma_buf_pin}, when the memory lies where the device reaches it. */
    void pin() {
        kernel.emit(DmaBufPin.builder().dmabuf(dmabuf.id()).attachment(id));
        dmabuf.exporter().pin();
        pins++;
    }

    /** {@code dma_buf_unpin}, under the reservation. */
    public void unpin() {
        kernel.emit(DmaBufUnpin.builder().dmabuf(dmabuf.id()).attachment(id));
        dmabuf.exporter().unpin();
        pins--;
    }

    /** {@code __map_dma_buf}: a table of the exporter, and what the framework makes of it. */
    SgTable mapNow(DmaDirection direction) {
        SgTable theirs = dmabuf.mappedByOther(this);
        SgTable table = theirs != null && kernel.deviates(SHARES_TABLE)
                ? theirs
                : dmabuf.exporter().map(this, direction);
        DmaMap.Builder event =
                DmaMap.builder().device(device).iova(table.iova()).length(table.bytes());
        kernel.emit(bo == 0 ? event : event.bo(bo));
        return dmabuf.release().wrapsSgTables() ? table.wrapped(kernel) : table;
    }

    /** {@code __unmap_dma_buf}. */
    void unmapNow(SgTable table) {
        dmabuf.exporter().unmap(table);
        DmaUnmap.Builder event =
                DmaUnmap.builder().device(device).iova(table.iova()).length(table.bytes());
        kernel.emit(bo == 0 ? event : event.bo(bo));
    }

    /** The importer has the table from now on. */
    void recordMap(SgTable table, DmaDirection direction, boolean unlocked) {
        mapped.put(table, direction);
        DmaBufMap.Builder event = DmaBufMap.builder()
                .dmabuf(dmabuf.id())
                .attachment(id)
                .sgTable(table.id())
                .direction(direction)
                .memoryType(table.memory().name())
                .unlocked(unlocked)
                .resv(dmabuf.resv().id())
                .mangled(true);
        kernel.emit(table.equals(cached) ? event : event.original(table.original()));
    }

    /** {@code dma_buf_unmap_attachment}, under the reservation. */
    public void unmap(SgTable table) {
        recordUnmap(table, false);
        giveBack(table);
    }

    /** The importer gives the table back. */
    void recordUnmap(SgTable table, boolean unlocked) {
        DmaDirection direction = mapped.remove(table);
        if (direction == null) {
            throw new IllegalStateException("attachment " + id + " has not mapped table " + table.id());
        }
        DmaBufUnmap.Builder event = DmaBufUnmap.builder()
                .dmabuf(dmabuf.id())
                .attachment(id)
                .sgTable(table.id())
                .direction(direction)
                .memoryType(table.memory().name())
                .unlocked(unlocked)
                .resv(dmabuf.resv().id())
                .mangled(true);
        kernel.emit(table.equals(cached) ? event : event.original(table.original()));
    }

    /** What the framework and the exporter do with a table that comes back; one that is cached stays mapped. */
    void giveBack(SgTable table) {
        if (table.equals(cached)) {
            return;
        }
        unmapNow(table);
        if (pinsWhileMapped()) {
            dmabuf.exporter().unpin();
        }
        if (!isDynamic() && pins > 0) {
            unpin();
        }
    }

    /** {@code dma_buf_pin_on_map} of 7.x: what a static importer has mapped is pinned for it. */
    boolean pinsWhileMapped() {
        return !isDynamic()
                && !dmabuf.release().mapsAtAttach()
                && dmabuf.exporter().isDynamic();
    }

    /** The importer builds its page tables, or its scatter list, from {@code table}. */
    public void readAddresses(SgTable table) {
        kernel.emit(SgRead.builder()
                .sgTable(table.id())
                .field(kernel.deviates(READS_PAGES) ? SgField.PAGE : SgField.DMA)
                .role(SgRole.IMPORTER));
    }

    /** {@code dma_buf_detach}, without the reservation, when the framework has nothing mapped for it. */
    public void detach() {
        dmabuf.attachments().remove(this);
        dmabuf.exporter().detach(this);
        kernel.strike(this);
        kernel.emit(DmaBufDetach.builder()
                .dmabuf(dmabuf.id())
                .attachment(id)
                .dynamic(isDynamic())
                .peer2peer(peerToPeer)
                .device(device)
                .resv(dmabuf.resv().id()));
    }

    @Override
    public void tell(Facts facts) {
        facts.of("attachment", id)
                .with("dmabuf", dmabuf.id())
                .with("device", device)
                .with("dynamic", isDynamic())
                .with("peer2peer", peerToPeer)
                .with("pins", pins)
                .with("maps", mapped.size());
    }
}

package dev.fenceline.simulator.ttm;

import dev.fenceline.event.DmaDirection;
import dev.fenceline.event.Placement;
import dev.fenceline.event.SgField;
import dev.fenceline.event.SgRead;
import dev.fenceline.event.SgRole;
import dev.fenceline.simulator.dmabuf.Attachment;
import dev.fenceline.simulator.dmabuf.DmaBuf;
import dev.fenceline.simulator.dmabuf.Exporter;
import dev.fenceline.simulator.dmabuf.SgTable;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.unplug.DrmDevice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * amdgpu_dma_buf.c and xe_dma_buf.c: a BO whose memory other devices use. It may move while nobody pins it, and then tells them; one who
 * cannot reach VRAM has it moved to system memory.
 */
public final class BoExport implements Exporter, BoMapping {
    /** A device is given addresses of VRAM that it cannot reach (rule A-D11). */
    public static final Deviation GIVES_VRAM = new Deviation("vram-is-mapped-for-an-importer-without-peer-to-peer", 8);

    private final Kernel kernel;
    private final Bo bo;
    private final Map<Long, Tt> lent = new LinkedHashMap<>(2);
    private final DmaBuf dmabuf;
    private @Nullable KernelMapping vmapped;

    /** drm_prime.c:drm_gem_prime_handle_to_fd: exports {@code bo}, which must have a reservation of its own, as descriptor {@code fd}. */
    private BoExport(Bo bo, long fd) {
        if (bo.resv() != bo.ownResv()) {
            throw new IllegalArgumentException("bo " + bo.id() + " is private to its VM");
        }
        this.kernel = bo.device().kernel();
        this.bo = bo.get();
        bo.device().drm().get("dma-buf");
        this.dmabuf = new DmaBuf(kernel, bo.device().variant(), this, fd);
        bo.export(dmabuf);
        bo.mappings().add(this);
    }

    /** The dma-buf that {@code bo} becomes. */
    public static DmaBuf of(Bo bo, long fd) {
        return new BoExport(bo, fd).dmabuf;
    }

    @Override
    public long device() {
        return bo.device().id();
    }

    @Override
    public long bo() {
        return bo.id();
    }

    @Override
    public String name() {
        return bo.device().variant().driver();
    }

    @Override
    public String owner() {
        return name();
    }

    @Override
    public long bytes() {
        return bo.bytes();
    }

    @Override
    public DmaResv resv() {
        return bo.resv();
    }

    @Override
    public boolean isDynamic() {
        return true;
    }

    @Override
    public boolean agreesToPeerToPeer() {
        return true;
    }

    /** The BO moves: who has it mapped and not pinned is told. */
    @Override
    public @Nullable Call boMoves() {
        dmabuf.invalidateMappings();
        return null;
    }

    @Override
    public @Nullable Call reach(Attachment importer) {
        boolean staysInVram = bo.placement() == Placement.VRAM && (bo.isPinned() || importer.isPeerToPeer());
        boolean isInTt = bo.placement() == Placement.TT && !bo.isOnItsWay();
        if (staysInVram || isInTt) {
            return null;
        }
        if (bo.placement() == Placement.VRAM && kernel.deviates(GIVES_VRAM)) {
            return null;
        }
        return new HandleMove(bo, new Resource(kernel, bo.id(), Placement.TT, List.of(), false), false, false);
    }

    @Override
    public SgTable map(Attachment importer, DmaDirection direction) {
        SgTable table = SgTable.of(kernel, bo.placement(), bo.bytes());
        Tt pages = bo.tt();
        if (pages != null && bo.placement() == Placement.TT) {
            pages.lend();
            lent.put(table.original(), pages);
        }
        return table;
    }

    /** {@code amdgpu_dma_buf_unmap}: looks at the first page of its own table to tell VRAM from system memory. */
    @Override
    public void unmap(SgTable table) {
        kernel.emit(
                SgRead.builder().sgTable(table.original()).field(SgField.PAGE).role(SgRole.EXPORTER));
        Tt pages = lent.remove(table.original());
        if (pages != null) {
            pages.takeBack();
        }
    }

    @Override
    public void pin() {
        bo.pin();
    }

    @Override
    public void unpin() {
        bo.unpin();
    }

    @Override
    public long vmap() {
        bo.pin();
        KernelMapping mapping = KernelMapping.vmap(bo);
        vmapped = mapping;
        return mapping.id();
    }

    @Override
    public void vunmap() {
        if (vmapped != null) {
            vmapped.unmap();
            vmapped = null;
            bo.unpin();
        }
    }

    @Override
    public void release() {
        DrmDevice drm = bo.device().drm();
        bo.mappings().remove(this);
        bo.export(null);
        bo.put();
        drm.put("dma-buf");
    }
}

package dev.fenceline.simulator.ttm;

import dev.fenceline.event.BoKmap;
import dev.fenceline.event.BoKunmap;
import dev.fenceline.event.BoVmap;
import dev.fenceline.event.BoVunmap;
import dev.fenceline.event.CpuAccess;
import dev.fenceline.event.Placement;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Facts;

/** A pointer of the kernel into a BO: good until it is unmapped, or the BO moves or loses its pages. */
public final class KernelMapping implements Census.Member {
    private final Bo bo;
    private final long id;
    private final boolean whole;
    private final boolean iomem;

    private KernelMapping(Bo bo, boolean whole) {
        this.bo = bo;
        this.id = bo.device().kernel().newId();
        this.whole = whole;
        this.iomem = bo.placement() == Placement.VRAM;
        bo.device().kernel().enrol(this);
    }

    /** {@code ttm_bo_kmap}, under the reservation: for a while. */
    public static KernelMapping kmap(Bo bo) {
        KernelMapping mapping = new KernelMapping(bo, false);
        bo.device()
                .kernel()
                .emit(BoKmap.builder().bo(bo.id()).mapping(mapping.id).iomem(mapping.iomem));
        return mapping;
    }

    /** {@code ttm_bo_vmap}, under the reservation: all of it, and for as long as it is pinned. */
    public static KernelMapping vmap(Bo bo) {
        KernelMapping mapping = new KernelMapping(bo, true);
        bo.device()
                .kernel()
                .emit(BoVmap.builder().bo(bo.id()).mapping(mapping.id).iomem(mapping.iomem));
        return mapping;
    }

    long id() {
        return id;
    }

    /** The kernel reads or writes through it. */
    public void access(long offset, long length, boolean write) {
        bo.device()
                .kernel()
                .emit(CpuAccess.builder()
                        .bo(bo.id())
                        .mapping(id)
                        .offset(offset)
                        .length(length)
                        .write(write));
    }

    @Override
    public void tell(Facts facts) {
        facts.of("kernel_map", id).with("bo", bo.id()).with("iomem", iomem);
    }

    /** {@code ttm_bo_kunmap} or {@code ttm_bo_vunmap}, under the reservation. */
    public void unmap() {
        bo.device().kernel().strike(this);
        bo.device()
                .kernel()
                .emit(
                        whole
                                ? BoVunmap.builder().bo(bo.id()).mapping(id).iomem(iomem)
                                : BoKunmap.builder().bo(bo.id()).mapping(id).iomem(iomem));
    }
}

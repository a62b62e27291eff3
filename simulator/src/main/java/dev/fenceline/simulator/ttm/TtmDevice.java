package dev.fenceline.simulator.ttm;

import dev.fenceline.event.CpuPteZap;
import dev.fenceline.event.Placement;
import dev.fenceline.event.ZapReason;
import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.Stubs;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Shrinker;
import dev.fenceline.simulator.kernel.Workqueue;
import dev.fenceline.simulator.sched.Scheduler;
import dev.fenceline.simulator.unplug.DrmDevice;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A {@code ttm_device}: the memory of one GPU and what decides who has it. */
public final class TtmDevice implements Shrinker {
    /** The size of a CPU page. */
    public static final long PAGE_BYTES = 4096;

    /** {@code ttm_pages_limit}: more system memory than this makes TTM swap out what nobody uses. Ours: small, as VRAM is. */
    private static final long PAGES_LIMIT = (9L << 20) / PAGE_BYTES;

    private final Kernel kernel;
    private final DrmDevice drm;
    private final Variant variant;
    private final VramArea vram;
    private final Lru vramLru = new Lru();
    private final Lru ttLru = new Lru();
    private final Lru systemLru = new Lru();
    private final Migrate migrate;
    private final @Nullable BounceBuffer bounceBuffer;
    private final Workqueue workqueue;
    private final DmaFence stub;
    private final Chance chance;
    private long pagesAllocated;
    private long hpaBase;
    private final Set<DmaMapped> stores = new LinkedHashSet<>();
    private final Set<ImportedPages> imports = new LinkedHashSet<>();
    private final Set<CpuVma> cpuVmas = new LinkedHashSet<>();

    /** What has DMA addresses of the device. */
    interface DmaMapped {
        /** The device goes: its addresses end, and its pages go back unless somebody else uses them. */
        void unplug();
    }

    /** The memory of the device {@code drm}, whose copy engine {@code copyEngine} feeds. */
    public TtmDevice(
            Kernel kernel, Variant variant, DrmDevice drm, long vramBytes, long visibleBytes, Scheduler copyEngine) {
        this.kernel = kernel;
        this.drm = drm;
        this.variant = variant;
        this.vram = new VramArea(kernel, vramBytes, visibleBytes, variant.evictionFences());
        this.migrate = new Migrate(kernel, copyEngine);
        this.bounceBuffer = variant.accessesVramBySdma() ? new BounceBuffer(kernel, copyEngine) : null;
        this.workqueue = new Workqueue(kernel, "kworker/ttm");
        this.stub = Stubs.create(kernel);
        this.chance = kernel.chanceOf("ttm " + drm.id());
        if (variant.backsUpPages()) {
            kernel.register(this);
        }
    }

    public long id() {
        return drm.id();
    }

    /** The device. */
    public DrmDevice drm() {
        return drm;
    }

    /** The driver, with the release of the kernel. */
    public Variant variant() {
        return variant;
    }

    /** {@code ttm_device_fini}, of a device whose BOs are gone. */
    public void fini() {
        migrate.fini();
        if (bounceBuffer != null) {
            bounceBuffer.fini();
        }
        vram.fini();
    }

    void add(DmaMapped store) {
        stores.add(store);
    }

    void remove(DmaMapped store) {
        stores.remove(store);
    }

    void add(ImportedPages pages) {
        imports.add(pages);
    }

    void remove(ImportedPages pages) {
        imports.remove(pages);
    }

    void add(CpuVma vma) {
        cpuVmas.add(vma);
    }

    void remove(CpuVma vma) {
        cpuVmas.remove(vma);
    }

    /** {@code unmap_mapping_range} of all of the device's file: no process has a page table entry for any BO. */
    public void zapUserMappings() {
        boolean any = false;
        for (CpuVma vma : cpuVmas) {
            any |= vma.hasPtes();
            vma.forgetPtes();
        }
        if (any) {
            kernel.emit(CpuPteZap.builder().device(id()).reason(ZapReason.UNPLUG));
        }
    }

    /** xe_bo.c:xe_bo_runtime_pm_release_mmap_offset of all that lies in VRAM: who looks at it next wakes the device. */
    public void zapVramMappings() {
        for (CpuVma vma : cpuVmas) {
            if (vma.hasPtes() && vma.bo().placement() == Placement.VRAM) {
                vma.forgetPtes();
                kernel.emit(CpuPteZap.builder().bo(vma.bo().id()).vma(vma.id()).device(id()));
            }
        }
    }

    /**
     * {@code ttm_device_clear_dma_mappings}: all that has pages loses them, pinned or not, and without a reservation. What other devices
     * have mapped keeps its pages; the kernel gives those back, too.
     */
    public void clearDmaMappings() {
        for (DmaMapped store : List.copyOf(stores)) {
            store.unplug();
        }
    }

    /** What is done with memory of other devices that this one has mapped when it goes: under the reservation of each buffer. */
    public Call unmapImports() {
        return new UnmapImports(List.copyOf(imports));
    }

    /** The copy engine's user. */
    public Migrate migrate() {
        return migrate;
    }

    /** What debuggers' copies go through; only of a driver that has it. */
    BounceBuffer bounceBuffer() {
        if (bounceBuffer == null) {
            throw new IllegalStateException(variant + " has no bounce buffer");
        }
        return bounceBuffer;
    }

    VramArea vram() {
        return vram;
    }

    /** {@code vr->hpa_base}: the frame of the first page of VRAM, which has frames of its own as device-private memory ({@code xe_devm_add}). */
    long hpaBase() {
        if (hpaBase == 0) {
            hpaBase = kernel.newId() << 32;
        }
        return hpaBase;
    }

    boolean wipesOnRelease() {
        return variant.wipesOnRelease();
    }

    Workqueue workqueue() {
        return workqueue;
    }

    /** Whether a copy finds the ring full and a wait is cut short by a signal. */
    Chance chance() {
        return chance;
    }

    /** {@code dma_fence_get_stub}: a fence that has always been signalled. */
    public DmaFence stub() {
        return stub;
    }

    Lru lru(Placement placement) {
        if (placement == Placement.VRAM) {
            return vramLru;
        }
        return placement == Placement.TT ? ttLru : systemLru;
    }

    /** {@code ttm_bo_move_to_lru_tail}; pinned BOs keep their place and are passed over. */
    public void touch(Bo bo) {
        if (!bo.isDeleted() && bo.resource() != null) {
            lru(bo.placement()).moveToTail(bo);
        }
    }

    void forget(Bo bo) {
        vramLru.remove(bo);
        ttLru.remove(bo);
        systemLru.remove(bo);
    }

    /** Gives the BO's resource back, although the copy of the fence, if there is one, still reads it. */
    void free(Bo bo, Resource resource, @Nullable DmaFence copy) {
        resource.recordFree(bo.id(), copy);
        if (resource.placement() == Placement.VRAM) {
            vram.free(resource, resource.isWiped());
        }
    }

    /** Counts pages of system memory that BOs got, or gave back if negative. */
    void countPages(long pages) {
        pagesAllocated += pages;
        kernel.memory().take(pages);
    }

    /** Whether {@code more} pages would be more than TTM may have. */
    boolean exceedsPagesLimit(long more) {
        return pagesAllocated + more > PAGES_LIMIT;
    }

    @Override
    public Call scan(long pages) {
        return SwapOut.toBackup(this);
    }

    Kernel kernel() {
        return kernel;
    }

    /** The number of BOs that could be evicted from {@code placement}. */
    public int candidates(Placement placement) {
        return lru(placement).size();
    }
}

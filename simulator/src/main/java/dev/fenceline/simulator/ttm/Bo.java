package dev.fenceline.simulator.ttm;

import dev.fenceline.event.BoGet;
import dev.fenceline.event.BoIndividualize;
import dev.fenceline.event.BoPin;
import dev.fenceline.event.BoPut;
import dev.fenceline.event.BoType;
import dev.fenceline.event.BoUnpin;
import dev.fenceline.event.CpuPteZap;
import dev.fenceline.event.Placement;
import dev.fenceline.event.Usage;
import dev.fenceline.event.ZapReason;
import dev.fenceline.simulator.dmabuf.DmaBuf;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Task;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A {@code ttm_buffer_object}. */
public final class Bo implements Census.Member {
    /** A path that already gave its pin back does so again (rule A-T02). */
    public static final Deviation UNPINS_TWICE = new Deviation("unpins-twice");

    /** The driver's create ioctl returns VRAM as the last owner left it (rule A-X01). */
    public static final Deviation SKIPS_CLEAR = new Deviation("create-skips-clear", 20);

    private final Kernel kernel;
    private final TtmDevice device;
    private final long id;
    private final long bytes;
    private final long client;
    private final boolean ghost;
    private final DmaResv ownResv;
    private final List<BoMapping> mappings = new ArrayList<>(1);
    private final List<CpuVma> cpuVmas = new ArrayList<>(0);
    private boolean needsAperture;
    private DmaResv resv;
    private @Nullable Resource resource;
    private @Nullable Tt tt;
    private @Nullable ImportedPages imported;
    private @Nullable DmaBuf exportedAs;
    private long generations;
    private int pins;
    private boolean systemOnly;
    private @Nullable MirroredMemory mirrored;
    private int refs = 1;
    private int handles;
    private boolean deleted;

    private Bo(
            TtmDevice device, long bytes, long client, boolean needsAperture, boolean ghost, @Nullable DmaResv shared) {
        this.kernel = device.kernel();
        this.device = device;
        this.id = kernel.newId();
        this.bytes = bytes;
        this.client = client;
        this.needsAperture = needsAperture;
        this.ghost = ghost;
        this.ownResv = new DmaResv(kernel);
        this.resv = shared == null ? ownResv : shared;
    }

    /** {@code ttm_bo_init_reserved}, without memory; {@code client} is who asked for it, 0 for the kernel itself. */
    static Bo of(TtmDevice device, long bytes, long client, boolean needsAperture, @Nullable DmaResv shared) {
        return new Bo(device, bytes, client, needsAperture, false, shared);
    }

    /** {@code ttm_buffer_object_transfer}: what will hold the old store of {@code bo}, with a reservation of its own and no pins. */
    static Bo ghostOf(Bo bo) {
        return new Bo(bo.device, bo.bytes, bo.client, false, true, null);
    }

    /** A BO of {@code device} that shows memory of another one, under the reservation of that. */
    static Bo imported(TtmDevice device, long bytes, DmaResv resv, long client) {
        Bo bo = new Bo(device, bytes, client, false, false, resv);
        bo.setSystemOnly();
        return bo;
    }

    /** Whether system pages are the only memory it may have, as for one that is shared with another device. */
    boolean isSystemOnly() {
        return systemOnly;
    }

    /** What programs have in it at their own addresses; null if it is an ordinary BO. */
    @Nullable MirroredMemory mirrored() {
        return mirrored;
    }

    public void setMirrored(MirroredMemory memory) {
        mirrored = memory;
    }

    void setSystemOnly() {
        systemOnly = true;
    }

    /** Its store, if that is another device's; null if it is its own. */
    @Nullable ImportedPages importedOrNull() {
        return imported;
    }

    ImportedPages imported() {
        if (imported == null) {
            throw new IllegalStateException("bo " + id + " is not imported");
        }
        return imported;
    }

    void setImported(ImportedPages pages) {
        imported = pages;
    }

    /** It is, or is no longer, a dma-buf. */
    void export(@Nullable DmaBuf as) {
        exportedAs = as;
    }

    /** amdgpu_cs.c:amdgpu_cs_bo_validate: what other devices use is not moved just to be nearer to its own. */
    boolean staysForImporters() {
        return exportedAs != null
                && exportedAs.isAttached()
                && resource != null
                && !isOnItsWay()
                && resource.placement() != Placement.SYSTEM;
    }

    /** Whether it lies where it only stops on its way to somewhere else. */
    boolean isOnItsWay() {
        return resource != null && resource.isTemporary();
    }

    public long id() {
        return id;
    }

    @Override
    public void tell(Facts facts) {
        facts.of("bo", id)
                .with("placement", placement())
                .with("pins", pins)
                .with("resv", resv.id())
                .with("deleted", deleted);
    }

    public long bytes() {
        return bytes;
    }

    /** Its size in pages of the CPU. */
    public long pages() {
        return (bytes + TtmDevice.PAGE_BYTES - 1) / TtmDevice.PAGE_BYTES;
    }

    /** The client that created it, 0 for the kernel itself. */
    public long client() {
        return client;
    }

    /** {@code ttm_bo_type_device}, or else {@code ttm_bo_type_kernel}. */
    public boolean isOfUser() {
        return client != 0;
    }

    BoType type() {
        if (imported != null) {
            return BoType.SG;
        }
        return isOfUser() ? BoType.DEVICE : BoType.KERNEL;
    }

    /** The device whose memory it may use. */
    public TtmDevice device() {
        return device;
    }

    /** The reservation that guards it now: its own, or its VM's while it lives. */
    public DmaResv resv() {
        return resv;
    }

    DmaResv ownResv() {
        return ownResv;
    }

    boolean needsAperture() {
        return needsAperture;
    }

    /** From here it may lie in VRAM only where the CPU reaches it. */
    void setNeedsAperture() {
        needsAperture = true;
    }

    /** {@code AMDGPU_GEM_CREATE_VRAM_WIPE_ON_RELEASE}. */
    boolean isWipedOnRelease() {
        return device.wipesOnRelease() && isOfUser() && !ghost;
    }

    /** Where it lies, or will lie once its KERNEL fences have signalled. */
    public Placement placement() {
        return resource == null ? Placement.SYSTEM : resource.placement();
    }

    @Nullable Resource resource() {
        return resource;
    }

    /** {@code ttm_bo_assign_mem}. */
    void assign(Resource to) {
        resource = to;
        to.assignTo(id);
    }

    void forgetResource() {
        resource = null;
    }

    /** A ghost takes over the old store of its BO. */
    void inherit(Resource from, @Nullable Tt pages) {
        resource = from;
        tt = pages;
        if (pages != null) {
            pages.giveTo(id);
        }
    }

    @Nullable Tt tt() {
        return tt;
    }

    /** The pages, which are no longer the BO's. */
    @Nullable Tt takeTt() {
        Tt taken = tt;
        tt = null;
        return taken;
    }

    /** {@code ttm_tt_create} and {@code ttm_tt_populate}: a copy overwrites the pages if there is something in VRAM. */
    void populateTt() {
        if (tt == null) {
            tt = new Tt(kernel, this, placement() != Placement.VRAM);
        }
        tt.populate(++generations);
    }

    /** Whether the CPU reaches all of it through the aperture. */
    public boolean isVisibleVram() {
        return resource != null
                && resource.placement() == Placement.VRAM
                && resource.isBelow(device.vram().visiblePages());
    }

    /** Whether it lies where it may be used: not in a bounce placement, and within the CPU's reach if that is asked for. */
    boolean isInVramAsAsked() {
        return placement() == Placement.VRAM && (!needsAperture || isVisibleVram());
    }

    /** {@code ttm_bo_pin}, under the reservation. */
    public void pin() {
        kernel.emit(BoPin.builder().bo(id));
        pins++;
    }

    /** {@code ttm_bo_unpin}, under the reservation. */
    public void unpin() {
        if (pins == 0) {
            throw new IllegalStateException("bo " + id + " is not pinned");
        }
        kernel.emit(BoUnpin.builder().bo(id));
        pins--;
        if (pins == 0 && kernel.deviates(UNPINS_TWICE)) {
            kernel.emit(BoUnpin.builder().bo(id));
        }
        device.touch(this);
    }

    public boolean isPinned() {
        return pins > 0;
    }

    void dropPins() {
        pins = 0;
    }

    /** The GPU mappings that follow its moves. */
    public List<BoMapping> mappings() {
        return mappings;
    }

    List<CpuVma> cpuVmas() {
        return cpuVmas;
    }

    boolean hasCpuPtes() {
        for (int i = 0; i < cpuVmas.size(); i++) {
            if (cpuVmas.get(i).hasPtes()) {
                return true;
            }
        }
        return false;
    }

    /** {@code ttm_bo_unmap_virtual}: no process has a page table entry for it any more. */
    void unmapVirtual(ZapReason reason) {
        if (hasCpuPtes()) {
            cpuVmas.forEach(CpuVma::forgetPtes);
            kernel.emit(CpuPteZap.builder().bo(id).device(device.id()).reason(reason));
        }
    }

    /** {@code xe_svm_populate_devmem_pfn}: the frame of its page number {@code index}, which is in VRAM. */
    public long frame(long index) {
        if (resource == null) {
            throw new IllegalStateException("bo " + id + " has no memory");
        }
        return device.hpaBase() + resource.vramPage(index);
    }

    /** What a page table that is written now shows; null if it has no memory. */
    public @Nullable Resource backing() {
        return resource;
    }

    /**
     * Sees to it that {@code vram} shows nobody what was there before: clears it unless the manager knows it to be clean. The fence is
     * in the reservation; null if there was nothing to do.
     */
    @Nullable DmaFence clearIfDirty(Resource vram) {
        if (!isOfUser() || device.vram().takeClean(vram, client)) {
            return null;
        }
        if (kernel.deviates(SKIPS_CLEAR)) {
            return null;
        }
        DmaFence cleared = device.migrate().clear(this, vram, client, Usage.KERNEL);
        resv.add(cleared, Usage.KERNEL);
        return cleared;
    }

    /** A handle or a name for it exists. */
    public void handleCreated() {
        handles++;
    }

    /** True if that was the last handle: from here it cannot be looked up. */
    public boolean handleClosed() {
        return --handles == 0;
    }

    /** {@code ttm_bo_get}. */
    public Bo get() {
        if (refs <= 0) {
            throw new IllegalStateException("bo " + id + " is gone");
        }
        refs++;
        kernel.emit(BoGet.builder().bo(id));
        return this;
    }

    /** {@code ttm_bo_put}: the last one releases the BO. */
    public void put() {
        kernel.emit(BoPut.builder().bo(id));
        if (--refs == 0) {
            Release.release(kernel, this);
        }
    }

    /** Whether its last user is gone and its memory is not. */
    public boolean isWaitingForDestruction() {
        return deleted && refs > 0;
    }

    /** Whether its last user is gone. */
    public boolean isDeleted() {
        return deleted;
    }

    /** Comes back to life with one reference, which its delayed destruction drops. */
    void resurrect() {
        deleted = true;
        refs = 1;
    }

    /** {@code ttm_bo_individualize_resv}: leaves a shared reservation with a copy of its fences; an imported BO takes the copy but stays. */
    void individualize(Task task) {
        if (resv == ownResv) {
            return;
        }
        if (!ownResv.lock().tryAcquire(task)) {
            throw new IllegalStateException("somebody uses the private reservation of bo " + id);
        }
        ownResv.copyFrom(resv);
        if (imported == null) {
            resv = ownResv;
        }
        kernel.emit(
                BoIndividualize.builder().bo(id).resv(ownResv.id()).type(type()).result(0));
        ownResv.lock().release(task);
    }
}

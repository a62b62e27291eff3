package dev.fenceline.simulator.ttm;

import dev.fenceline.event.CpuFaultResult;
import dev.fenceline.event.Placement;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.unplug.DrmDevice;
import org.jspecify.annotations.Nullable;

/**
 * ttm_bo_vm.c:ttm_bo_vm_fault: a process touches a page of a BO for which it has no page table entry.
 *
 * <p>Whatever takes long happens with {@code mmap_lock} dropped, and the fault is taken again. A BO that lies in VRAM where the CPU does
 * not reach it is moved into the aperture, and killed off with SIGBUS if it cannot be.
 */
public final class CpuFault extends Call {
    /** The handler maps VRAM whose clear or move is pending (rule A-T05). */
    public static final Deviation SKIPS_KERNEL_FENCES = new Deviation("cpu-fault-skips-kernel-fences");

    /** The handler maps VRAM beyond the aperture (rule A-X03). */
    public static final Deviation IGNORES_APERTURE = new Deviation("cpu-fault-ignores-aperture");

    /** The handler waits for a move or clear inside its section, as ttm_bo_vm_fault_reserved does (rule A-U03). */
    public static final Deviation WAITS_IN_SECTION = new Deviation("cpu-fault-waits-in-its-section", 10_000);

    /** A fault on memory of a device that is gone kills the process (rule A-U04). */
    public static final Deviation KILLS_AFTER_UNPLUG = new Deviation("unplugged-device-raises-sigbus");

    /** {@code TTM_BO_VM_NUM_PREFAULT}. */
    private static final int PREFAULT = 16;

    private static final Path<CpuFault> PATH = Path.<CpuFault>named("ttm_bo_vm_fault")
            .run(call -> call.bo.device().drm().power().get())
            .repeat(fault -> fault.lock(call -> call.vma.mm().mmapLock(), Lock.Mode.R)
                    .when(
                            call -> !call.tryReserve(),
                            busy -> retry(busy.run(CpuFault::dropMmapLock).call(call -> new LockResv(call.bo.resv()))))
                    .againIf(call -> call.result == CpuFaultResult.RETRY)
                    .run(CpuFault::enterDevice)
                    .when(CpuFault::mustMove, move -> move.call(CpuFault::moveIntoAperture))
                    .when(
                            CpuFault::mustWait,
                            wait -> retry(wait.run(CpuFault::exitBeforeWait)
                                    .run(CpuFault::dropMmapLock)
                                    .call(call -> new ResvWait(call.bo.resv(), Usage.KERNEL))
                                    .run(CpuFault::exitDevice)))
                    .againIf(call -> call.result == CpuFaultResult.RETRY)
                    .when(
                            CpuFault::needsPages,
                            populate -> populate.run(CpuFault::exitDevice)
                                    .call(call -> new PopulateTt(call.bo))
                                    .run(CpuFault::enterDevice))
                    .spend(call -> call.kernel().costs().mapPageNs())
                    .run(CpuFault::insert)
                    .run(CpuFault::exitDevice)
                    .run(call -> call.bo.resv().lock().release(call.task()))
                    .unlock(call -> call.vma.mm().mmapLock())
                    .run(CpuFault::recordReturn)
                    .leaveIf(call -> true))
            .run(call -> call.bo.device().drm().power().put())
            .end();

    private final CpuVma vma;
    private final Bo bo;
    private final long page;
    private CpuFaultResult result = CpuFaultResult.UNKNOWN;
    private boolean mapsBlindly;
    private int section = DrmDevice.NOT_ENTERED;
    private @Nullable Validate validate;

    /** Faults on page number {@code page}. */
    public CpuFault(CpuVma vma, long page) {
        this.vma = vma;
        this.bo = vma.bo();
        this.page = page;
    }

    /** Whether the process can go on. */
    public boolean succeeded() {
        return result == CpuFaultResult.NOPAGE;
    }

    private static Path.Builder<CpuFault> retry(Path.Builder<CpuFault> slow) {
        return slow.run(call -> call.bo.resv().lock().release(call.task()))
                .run(call -> call.bo.put())
                .run(call -> call.result = CpuFaultResult.RETRY)
                .run(CpuFault::recordReturn);
    }

    private void enterDevice() {
        section = bo.device().drm().enter();
    }

    private boolean isThere() {
        return section != DrmDevice.NOT_ENTERED;
    }

    /** Before anything that may wait for fences, and so for the removal. */
    private void exitDevice() {
        if (isThere()) {
            bo.device().drm().exit(section);
            section = DrmDevice.NOT_ENTERED;
        }
    }

    /** The kernel waits inside the section. It must not: the fence may need the removal, which waits for the section. */
    private void exitBeforeWait() {
        if (!bo.device().drm().isHotPluggable() || !kernel().deviates(WAITS_IN_SECTION)) {
            exitDevice();
        }
    }

    private void insertDummy() {
        if (kernel().deviates(KILLS_AFTER_UNPLUG)) {
            result = CpuFaultResult.SIGBUS;
            return;
        }
        vma.showDummy();
        result = CpuFaultResult.NOPAGE;
    }

    private boolean tryReserve() {
        result = CpuFaultResult.UNKNOWN;
        return bo.resv().lock().tryAcquire(task());
    }

    private void dropMmapLock() {
        bo.get();
        vma.mm().mmapLock().release(task());
    }

    private boolean mustMove() {
        boolean beyond = isThere() && bo.placement() == Placement.VRAM && !bo.isVisibleVram();
        mapsBlindly = beyond && (mapsBlindly || kernel().deviates(IGNORES_APERTURE));
        return beyond && !mapsBlindly;
    }

    private Call moveIntoAperture() {
        bo.setNeedsAperture();
        Validate call = new Validate(bo, true, false);
        validate = call;
        return call;
    }

    private boolean mustWait() {
        return isThere() && !bo.resv().isIdle(Usage.KERNEL) && !kernel().deviates(SKIPS_KERNEL_FENCES);
    }

    private boolean needsPages() {
        Resource resource = bo.resource();
        return isThere() && resource != null && PopulateTt.isNeeded(bo, resource);
    }

    private void insert() {
        if (!isThere()) {
            insertDummy();
            return;
        }
        boolean refused = bo.placement() == Placement.VRAM && !bo.isVisibleVram() && !mapsBlindly;
        if (refused || (validate != null && validate.result() != 0)) {
            result = CpuFaultResult.SIGBUS;
            return;
        }
        for (long next = page; next < Math.min(page + PREFAULT, bo.pages()); next++) {
            if (!vma.shows(next)) {
                vma.insertPte(next);
            }
        }
        Resource shown = bo.resource();
        if (shown != null) {
            shown.expose(bo.id(), vma.client());
        }
        if (bo.placement() != Placement.VRAM) {
            bo.device().touch(bo);
        }
        result = CpuFaultResult.NOPAGE;
    }

    private void recordReturn() {
        kernel().emit(dev.fenceline.event.CpuFault.builder()
                .bo(bo.id())
                .vma(vma.id())
                .result(result));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

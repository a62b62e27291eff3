package dev.fenceline.simulator.ttm;

import dev.fenceline.event.BoDelayedDestroy;
import dev.fenceline.event.BoDelayedDestroyRun;
import dev.fenceline.event.BoDestroy;
import dev.fenceline.event.BoRelease;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.Placement;
import dev.fenceline.event.UnpopulateReason;
import dev.fenceline.event.Usage;
import dev.fenceline.event.ZapReason;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.kernel.Task;

/** ttm_bo.c:ttm_bo_release and ttm_bo_delayed_delete: a BO goes when nothing may use its memory any more. */
public final class Release extends Call {
    /** Only the KERNEL fences count when a BO is released (rule A-T14). */
    public static final Deviation SKIPS_BOOKKEEP = new Deviation("destroy-skips-bookkeep-fences");

    private static final Path<Release> DELAYED_DELETE = Path.<Release>named("ttm_bo_delayed_delete")
            .run(work -> work.kernel().emit(BoDelayedDestroyRun.builder().bo(work.bo.id())))
            .call(work -> new ResvWait(work.bo.ownResv(), Usage.BOOKKEEP))
            .call(work -> new LockResv(work.bo.resv()))
            .run(work -> cleanUp(work.bo))
            .run(work -> work.bo.resv().lock().release(work.task()))
            .run(work -> work.bo.put())
            .end();

    private final Bo bo;

    private Release(Bo bo) {
        this.bo = bo;
    }

    /** The last reference is gone. */
    static void release(Kernel kernel, Bo bo) {
        kernel.emit(BoRelease.builder().bo(bo.id()).deleted(bo.isDeleted()));
        if (!bo.isDeleted()) {
            Task task = kernel.currentTask();
            bo.individualize(task);
            notifyDriver(task, bo);
            if (bo.importedOrNull() != null
                    || !isIdle(kernel, bo)
                    || !bo.resv().lock().tryAcquire(task)) {
                bo.ownResv().eachPending(Usage.BOOKKEEP, DmaFence::enableSignaling);
                bo.dropPins();
                bo.resurrect();
                kernel.emit(BoDelayedDestroy.builder().bo(bo.id()));
                bo.device().workqueue().queue(new Release(bo));
                return;
            }
            cleanUp(bo);
            bo.resv().lock().release(task);
        }
        ImportedPages imported = bo.importedOrNull();
        if (imported != null) {
            imported.detach();
        }
        kernel.emit(BoDestroy.builder().bo(bo.id()));
        kernel.strike(bo);
        bo.ownResv().fini();
    }

    /** {@code amdgpu_bo_release_notify}: lets go of the process's eviction fences and wipes, unless somebody has the lock. */
    private static void notifyDriver(Task task, Bo bo) {
        if (!bo.ownResv().lock().tryAcquire(task)) {
            return;
        }
        bo.ownResv().replace(FenceKind.PREEMPT, bo.device().stub(), Usage.BOOKKEEP);
        bo.ownResv().replace(FenceKind.EVICTION, bo.device().stub(), Usage.BOOKKEEP);
        wipe(bo);
        bo.ownResv().lock().release(task);
    }

    /** The memory of a user goes back clean; the wipe is what the destruction of the BO then waits for. */
    private static void wipe(Bo bo) {
        Resource resource = bo.resource();
        if (resource != null
                && resource.placement() == Placement.VRAM
                && bo.isWipedOnRelease()
                && !bo.device().drm().isUnplugged()) {
            bo.ownResv().reserve(1);
            DmaFence wiped = bo.device().migrate().clear(bo, resource, 0, Usage.BOOKKEEP);
            bo.ownResv().add(wiped, Usage.KERNEL);
            resource.setWiped();
        }
    }

    private static boolean isIdle(Kernel kernel, Bo bo) {
        if (bo.ownResv().testSignaled(Usage.BOOKKEEP)) {
            return true;
        }
        return bo.ownResv().isIdle(Usage.KERNEL) && kernel.deviates(SKIPS_BOOKKEEP);
    }

    /** {@code ttm_bo_cleanup_memtype_use}. */
    static void cleanUp(Bo bo) {
        bo.device().forget(bo);
        bo.unmapVirtual(ZapReason.RELEASE);
        ImportedPages imported = bo.importedOrNull();
        if (imported != null) {
            imported.unmap();
        }
        Tt pages = bo.takeTt();
        if (pages != null) {
            pages.unpopulate(UnpopulateReason.RELEASE);
            pages.destroy();
        }
        Resource resource = bo.resource();
        if (resource != null) {
            bo.device().free(bo, resource, null);
            bo.forgetResource();
        }
    }

    @Override
    protected Path<?> path() {
        return DELAYED_DELETE;
    }
}

package dev.fenceline.simulator.vm;

import dev.fenceline.event.PteWriter;
import dev.fenceline.event.PteZap;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.gt.TlbBatch;
import dev.fenceline.simulator.gt.TlbInval;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.unplug.DrmDevice;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * xe_vm.c:xe_vm_close_and_put: nothing new comes in, what runs is waited for, the page tables go at their root, the TLBs forget all of the
 * VM, and only then the mappings are destroyed: by the closing task itself, without jobs, so that nobody is told of unbinds. Of a device
 * that is unplugged there are no page tables to clear, and no TLBs.
 *
 * <p>Queues that are left hold the VM until they go. The wait and the clearing came to xe after 6.12; the model does them for all drivers.
 */
public final class CloseVm extends Call {
    /** The VM is put before its mappings are destroyed, which are in it when it is freed (rule V07). */
    public static final Deviation PUTS_EARLY = new Deviation("vm-is-freed-with-mappings");

    /** {@code info.va_bits}: the addresses that a page table has. */
    private static final long VM_BYTES = 1L << 48;

    private static final Path<CloseVm> PATH = Path.<CloseVm>named("xe_vm_close_and_put")
            .run(close -> close.section = close.vm.device().drm().enter())
            .lock(close -> close.vm.lock(), Lock.Mode.W)
            .when(
                    close -> close.vm.isFaultMode(),
                    faulting -> faulting.lock(close -> close.vm.notifierLock(), Lock.Mode.R))
            .run(close -> close.vm.close())
            .call(close -> new ResvWait(close.vm.resv(), Usage.BOOKKEEP))
            .when(close -> close.section != DrmDevice.NOT_ENTERED, CloseVm::clear)
            .when(close -> close.vm.isFaultMode(), faulting -> faulting.unlock(close -> close.vm.notifierLock()))
            .unlock(close -> close.vm.lock())
            .when(
                    close -> close.section != DrmDevice.NOT_ENTERED,
                    plugged -> plugged.run(close -> close.vm.device().drm().exit(close.section)))
            .await(
                    close -> close.vm.rebindWork().flushers(),
                    close -> !close.vm.rebindWork().isPending())
            .run(close -> close.mirrors = close.vm.mirrors())
            .run(close -> close.closing = close.mirrors.iterator())
            .repeat(each -> each.leaveIf(close -> !close.closing.hasNext())
                    .call(close -> close.closing.next().close()))
            .run(CloseVm::putEarly)
            .lock(close -> close.vm.lock(), Lock.Mode.W)
            .call(close -> new LockResv(close.vm.resv()))
            .repeat(each -> each.run(close -> close.mapping = close.firstOfOwnReservation())
                    .leaveIf(close -> close.mapping == null)
                    .when(close -> close.mapping() instanceof UserptrVma, CloseVm::tellNotifier)
                    .run(close -> close.vm.remove(close.mapping()))
                    .call(close -> close.mapping() instanceof UserptrVma userptr ? userptr.unwatch() : null)
                    .run(close -> close.mapping().destroy()))
            .run(close -> close.vm.resv().lock().release(close.task()))
            .repeat(each -> each.leaveIf(close -> close.vm.vmas().isEmpty())
                    .run(close -> close.mapping = close.vm.vmas().get(0))
                    .call(close -> close.locks.set(new LockResvs(close.mapping().resvs())))
                    .run(close -> close.vm.remove(close.mapping()))
                    .run(close -> close.mapping().destroy())
                    .run(close -> close.locks.get().unlockAll(close.task())))
            .run(close -> close.closing = close.mirrors.iterator())
            .repeat(each -> each.leaveIf(close -> !close.closing.hasNext())
                    .call(close -> close.closing.next().fini()))
            .unlock(close -> close.vm.lock())
            .when(close -> !close.isPut, still -> still.run(close -> close.vm.put()))
            .end();

    private final GpuVm vm;
    private final Local<LockResvs> locks = new Local<>();
    private Iterator<TlbInval> gts = List.<TlbInval>of().iterator();
    private List<Vma> unflushed = List.of();
    private List<CpuMirror> mirrors = List.of();
    private Iterator<CpuMirror> closing = List.<CpuMirror>of().iterator();
    private @Nullable Vma mapping;
    private int section;
    private boolean isPut;

    /** Closes {@code vm} and gives the handle's reference back. */
    public CloseVm(GpuVm vm) {
        this.vm = vm;
    }

    private static Path.Builder<CloseVm> clear(Path.Builder<CloseVm> path) {
        return path.spend(close -> close.kernel().costs().pteNs())
                .run(CloseVm::clearPageTables)
                .run(close -> close.gts = close.vm.device().tlbs().iterator())
                .repeat(each -> each.leaveIf(close -> !close.gts.hasNext()).call(CloseVm::flushNext));
    }

    /** From here on its notifier finds nothing that anybody would have to bind again. */
    private static Path.Builder<CloseVm> tellNotifier(Path.Builder<CloseVm> path) {
        return path.lock(close -> close.vm.notifierLock(), Lock.Mode.R)
                .run(close -> close.mapping().setDestroyed())
                .unlock(close -> close.vm.notifierLock());
    }

    private Vma mapping() {
        if (mapping == null) {
            throw new IllegalStateException("no mapping is being destroyed");
        }
        return mapping;
    }

    /** {@code xe_pt_clear} of the root: the GPU finds nothing any more, whatever the entries below say. */
    private void clearPageTables() {
        unflushed = vm.vmas().stream().filter(Vma::isBound).toList();
        for (Vma vma : unflushed) {
            vma.setBound(false);
            vma.asked(vm.device().tlbs().size());
        }
        vm.mirrors().forEach(CpuMirror::entriesAreCleared);
        kernel().emit(PteZap.builder()
                .vm(vm.id())
                .start(0)
                .end(VM_BYTES)
                .tile(0)
                .by(PteWriter.CPU));
    }

    /** {@code xe_tlb_inval_vm}: one GT after the other. */
    private TlbBatch flushNext() {
        return TlbBatch.submit(List.of(gts.next()), vm.id(), 0, VM_BYTES, () -> unflushed.forEach(Vma::answered));
    }

    /** The first mapping that is destroyed under the VM's own reservation; null if there is none. */
    private @Nullable Vma firstOfOwnReservation() {
        for (Vma vma : vm.vmas()) {
            if (!(vma instanceof BoVma bo) || bo.bo().resv() == vm.resv()) {
                return vma;
            }
        }
        return null;
    }

    private void putEarly() {
        isPut = !vm.vmas().isEmpty() && vm.isHeldOnce() && kernel().deviates(PUTS_EARLY);
        if (isPut) {
            vm.put();
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

package dev.fenceline.simulator.vm;

import dev.fenceline.event.BindOp;
import dev.fenceline.event.RebindBy;
import dev.fenceline.event.VmBind;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.Validate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * xe_vm.c:xe_vm_bind_ioctl with PREFETCH: a mapping is made valid and bound before anything faults on it. For a mirror, which has no entries
 * of its own, it does nothing, as in the first xe that has mirrors (6.15).
 */
public final class Prefetch extends Call {
    private static final Path<Prefetch> PATH = Path.<Prefetch>named("xe_vm_bind_ioctl")
            .lock(prefetch -> prefetch.vm.lock(), Lock.Mode.W)
            .when(Prefetch::isThere, Prefetch::prefetch)
            .unlock(prefetch -> prefetch.vm.lock())
            .end();

    private final GpuVm vm;
    private final Vma vma;
    private final Local<PinPages> fetch = new Local<>();
    private final Local<LockResvs> locks = new Local<>();
    private @Nullable Validate validate;
    private boolean again;

    /** Prefetches {@code vma}, if it is mapped still. */
    public Prefetch(Vma vma) {
        this.vm = vma.vm();
        this.vma = vma;
    }

    private static Path.Builder<Prefetch> prefetch(Path.Builder<Prefetch> path) {
        return path.repeat(attempt -> attempt.call(prefetch -> prefetch.vma instanceof UserptrVma userptr
                        ? prefetch.fetch.set(new PinPages(userptr, RebindBy.UNKNOWN))
                        : null)
                .leaveIf(Prefetch::hasNoPages)
                .call(prefetch -> prefetch.locks.set(new LockResvs(prefetch.vm.resvs())))
                .call(Prefetch::validate)
                .run(prefetch -> prefetch.again = prefetch.isInterrupted())
                .when(
                        prefetch -> !prefetch.again,
                        valid -> valid.run(prefetch -> prefetch.locks.get().reserve(1))
                                .lock(prefetch -> prefetch.vm.notifierLock(), Lock.Mode.R)
                                .run(Prefetch::bind)
                                .unlock(prefetch -> prefetch.vm.notifierLock()))
                .run(prefetch -> prefetch.locks.get().unlockAll(prefetch.task()))
                .leaveIf(prefetch -> !prefetch.again)
                .spend(prefetch -> prefetch.kernel().costs().ioctlNs()));
    }

    private boolean isThere() {
        return !vm.isClosedOrBanned() && vm.vmas().contains(vma) && vma.hasEntries();
    }

    private boolean hasNoPages() {
        PinPages fetched = fetch.orNull();
        return fetched != null && fetched.result() != 0;
    }

    private @Nullable Call validate() {
        validate = vma instanceof BoVma mapping ? new Validate(mapping.bo(), false, true) : null;
        return validate;
    }

    /** A signal came: the ioctl is restarted. */
    private boolean isInterrupted() {
        return validate != null && validate.result() == Validate.ERESTARTSYS;
    }

    private void bind() {
        boolean collided =
                vma instanceof UserptrVma userptr && userptr.notifier().readRetry(userptr.pagesSeq());
        again = collided && vm.isFaultMode();
        if (again) {
            return;
        }
        vma.setInitiallyBound();
        VmBind.Builder event =
                VmBind.builder().vm(vm.id()).op(BindOp.PREFETCH).vma(vma.id()).result(0);
        DmaFence written =
                PtUpdate.write(List.of(vma), fence -> kernel().emit(fence == null ? event : event.fence(fence.id())));
        if (written != null) {
            written.put();
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

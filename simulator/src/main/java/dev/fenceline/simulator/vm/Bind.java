package dev.fenceline.simulator.vm;

import dev.fenceline.event.BindOp;
import dev.fenceline.event.RebindBy;
import dev.fenceline.event.VmBind;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.kernel.AllocatePages;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.RemoveNotifier;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.ttm.Validate;
import java.util.Collections;
import org.jspecify.annotations.Nullable;

/**
 * xe_vm.c:xe_vm_bind_ioctl with MAP: puts a mapping into a VM and its page tables.
 *
 * <p>In a VM whose queues may fault it only says what is to be there; the page tables come with the first fault.
 */
public final class Bind extends Call {
    private static final Path<Bind> PATH = Path.<Bind>named("xe_vm_bind_ioctl")
            .lock(bind -> bind.vm.lock(), Lock.Mode.W)
            .call(bind -> new AllocatePages(Gfp.KERNEL, 1))
            .run(Bind::createVma)
            .repeat(attempt -> attempt.call(
                            bind -> bind.vma() instanceof UserptrVma userptr ? bind.fetch(userptr) : null)
                    .leaveIf(bind -> bind.result() != 0)
                    .call(bind -> bind.locks = new LockResvs(bind.vm.resvs()))
                    .call(Bind::validate)
                    .when(
                            Bind::isInterrupted,
                            signal -> signal.run(bind -> bind.locks().unlockAll(bind.task()))
                                    .spend(bind -> bind.kernel().costs().ioctlNs()))
                    .againIf(Bind::isInterrupted)
                    .run(bind -> bind.locks().reserve(bind.fences()))
                    .lock(bind -> bind.vm.notifierLock(), Lock.Mode.R)
                    .run(Bind::commit)
                    .unlock(bind -> bind.vm.notifierLock())
                    .run(bind -> bind.locks().unlockAll(bind.task()))
                    .leaveIf(bind -> !bind.collided))
            .when(
                    bind -> bind.result() == 0,
                    done -> done.run(bind -> bind.vm.file().bound(bind.vma())))
            .when(
                    bind -> bind.result() != 0,
                    failed -> failed.call(Bind::removeNotifier).run(Bind::undo))
            .unlock(bind -> bind.vm.lock())
            .end();

    private final GpuVm vm;
    private final @Nullable Bo bo;
    private final long userptr;
    private final long bytes;
    private boolean readOnly;
    private @Nullable CpuMirror mirror;
    private long boOffset;
    private boolean dumpable;
    private @Nullable UserFence userFence;
    private @Nullable Vma vma;
    private @Nullable LockResvs locks;
    private @Nullable Validate validate;
    private final Local<PinPages> fetch = new Local<>();
    private boolean collided;

    private Bind(GpuVm vm, @Nullable Bo bo, long userptr, long bytes, boolean readOnly) {
        this.vm = vm;
        this.bo = bo;
        this.userptr = userptr;
        this.bytes = bytes;
        this.readOnly = readOnly;
    }

    /** Maps all of {@code bo}. */
    public static Bind bo(GpuVm vm, Bo bo) {
        return new Bind(vm, bo, 0, bo.bytes(), false);
    }

    /** Maps what {@code bo} has after {@code boOffset}. */
    public static Bind tail(GpuVm vm, Bo bo, long boOffset) {
        Bind bind = new Bind(vm, bo, 0, bo.bytes() - boOffset, false);
        bind.boOffset = boOffset;
        return bind;
    }

    /** Maps {@code [start, start + bytes)} of the process at the same addresses, whatever it has there, by means of {@code mirror}. */
    public static Bind mirror(GpuVm vm, CpuMirror mirror, long start, long bytes) {
        Bind bind = new Bind(vm, null, start, bytes, false);
        bind.mirror = mirror;
        return bind;
    }

    /** Maps memory of the process, with DRM_XE_VM_BIND_FLAG_READONLY if {@code readOnly}. */
    public static Bind userptr(GpuVm vm, long address, long bytes, boolean readOnly) {
        return new Bind(vm, null, address, bytes, readOnly);
    }

    /** The same, with DRM_XE_VM_BIND_FLAG_READONLY. */
    public Bind readOnly() {
        readOnly = true;
        return this;
    }

    /** The same, with DRM_XE_VM_BIND_FLAG_DUMPABLE. */
    public Bind dumpable() {
        dumpable = true;
        return this;
    }

    /** The same, reporting by {@code fence} that it is done. */
    public Bind signalling(UserFence fence) {
        userFence = fence;
        return this;
    }

    /** 0, or why there is no mapping: -EFAULT or -EPERM if the program's own memory is not there to read, or to write. */
    public int result() {
        PinPages fetched = fetch.orNull();
        return fetched == null ? 0 : fetched.result();
    }

    /** The mapping. */
    public Vma vma() {
        if (vma == null) {
            throw new IllegalStateException("nothing is mapped yet");
        }
        return vma;
    }

    private PinPages fetch(UserptrVma userptr) {
        return fetch.set(new PinPages(userptr, RebindBy.UNKNOWN));
    }

    private @Nullable Call removeNotifier() {
        return vma() instanceof UserptrVma userptr ? new RemoveNotifier(vm.mm(), userptr.notifier()) : null;
    }

    /** {@code prep_vma_destroy}: the VM is as it was. */
    private void undo() {
        vm.forget(vma());
        if (vma() instanceof UserptrVma userptr) {
            userptr.unmapDma();
        }
        vma().destroy();
    }

    private @Nullable Call validate() {
        validate = bo == null ? null : new Validate(bo, false, true);
        return validate;
    }

    /** A signal came: the ioctl is restarted. */
    private boolean isInterrupted() {
        return validate != null && validate.result() == Validate.ERESTARTSYS;
    }

    private LockResvs locks() {
        if (locks == null) {
            throw new IllegalStateException("no reservation is locked");
        }
        return locks;
    }

    /** One for the job, and those that a BO of its own reservation gets of the queues ({@code add_preempt_fences}). */
    private int fences() {
        return vm.hasPreemptFences() ? 1 + vm.queues().size() : 1;
    }

    private void createVma() {
        if (mirror != null) {
            vma = new CpuMirrorVma(vm, userptr, userptr + bytes, mirror);
            vm.vmas().add(vma);
            return;
        }
        long start = vm.reserveAddresses(bytes);
        if (bo != null) {
            vma = new BoVma(vm, start, bo, boOffset, readOnly, dumpable);
        } else {
            UserptrVma created = new UserptrVma(vm, start, userptr, bytes, readOnly);
            vm.mm().subscriptions().insert(created.notifier());
            vma = created;
        }
        vm.vmas().add(vma);
    }

    private void commit() {
        Vma created = vma();
        if (created instanceof UserptrVma user) {
            collided = user.notifier().readRetry(user.pagesSeq());
            if (collided) {
                return;
            }
            vm.forgetInvalidation(user);
        }
        VmBind.Builder event =
                VmBind.builder().vm(vm.id()).op(BindOp.MAP).vma(created.id()).result(0);
        if (userFence != null) {
            event.userFence(userFence.address());
            created.setUserFence(userFence);
        }
        if (vm.isFaultMode()) {
            kernel().emit(event);
            signal(null);
            return;
        }
        created.setInitiallyBound();
        DmaFence written =
                PtUpdate.write(created, fence -> kernel().emit(fence == null ? event : event.fence(fence.id())));
        signal(written);
        if (written != null) {
            written.put();
        }
        if (vm.hasPreemptFences() && bo != null && bo.resv() != vm.resv()) {
            vm.queues().forEach(queue -> queue.publishPreemptFence(Collections.singleton(bo.resv())));
        }
    }

    private void signal(@Nullable DmaFence written) {
        if (userFence != null) {
            userFence.signalAfter(written);
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

package dev.fenceline.simulator.vm;

import dev.fenceline.event.BindOp;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.Usage;
import dev.fenceline.event.VmBind;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.FenceCallback;
import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.gt.TlbInval;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sched.Job;
import dev.fenceline.simulator.sched.Work;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * xe_vm.c:xe_vm_bind_ioctl with UNMAP: a job waits until nobody uses the mapping, clears its PTEs, then the TLBs forget them (those of
 * both GTs by requests of their own, where the driver works so); only then the mapping is destroyed.
 */
public final class Unbind extends Call {
    /**
     * The fence of an unbind takes the place of the preempt fences in the reservations of a long-running VM, whose queues run on and
     * use other mappings (rule A-R04).
     */
    public static final Deviation REPLACES_PREEMPT_FENCES = new Deviation("unbind-replaces-preempt-fences");

    /** The fence of an unbind signals when the first GT has forgotten the mapping (rule V03). */
    public static final Deviation SIGNALS_AFTER_ONE_GT = new Deviation("unbind-signals-after-one-gt");

    /** The notifier of a userptr goes with the request to unbind it, before the GPU is known to be off its pages (rule U11). */
    public static final Deviation REMOVES_NOTIFIER_EARLY = new Deviation("notifier-removed-before-unbind");

    private static final int EBUSY = -16;

    private static final Path<Unbind> PATH = Path.<Unbind>named("xe_vm_bind_ioctl")
            .lock(unbind -> unbind.vm.lock(), Lock.Mode.W)
            .run(unbind -> unbind.result = unbind.vma.isBusy() ? EBUSY : 0)
            .when(unbind -> unbind.result == 0, Unbind::unbind)
            .unlock(unbind -> unbind.vm.lock())
            .end();

    private final GpuVm vm;
    private final Vma vma;
    private @Nullable LockResvs locks;
    private int result;

    /** Unmaps all of {@code vma}. */
    public Unbind(Vma vma) {
        this.vm = vma.vm();
        this.vma = vma;
    }

    private static Path.Builder<Unbind> unbind(Path.Builder<Unbind> path) {
        return path.call(unbind -> unbind.locks = new LockResvs(unbind.vm.resvs()))
                .run(unbind -> unbind.locks().reserve(1))
                .lock(unbind -> unbind.vm.notifierLock(), Lock.Mode.R)
                .run(Unbind::submit)
                .unlock(unbind -> unbind.vm.notifierLock())
                .run(unbind -> unbind.locks().unlockAll(unbind.task()))
                .call(Unbind::removeTooEarly)
                .run(unbind -> unbind.vm.file().unbound(unbind.vma));
    }

    /** 0, or -EBUSY if the program was not told yet that the mapping is bound, or the GPU reaches memory through a mirror. */
    public int result() {
        return result;
    }

    private void submit() {
        Set<DmaResv> resvs = vm.resvs();
        DmaFence unbound = vm.unbinds().next(null, null);
        Kernel kernel = kernel();
        Job job = vm.device().ttm().migrate().job(new ZapJob(kernel, vma));
        boolean replaces =
                vm.hasPreemptFences() && !vm.preemptFencesWaiting() && kernel.deviates(REPLACES_PREEMPT_FENCES);
        Usage awaited = replaces ? Usage.READ : Usage.BOOKKEEP;
        resvs.forEach(resv -> job.dependOn(resv, awaited));
        job.arm();
        job.finished().addCallback(new Flush(kernel, vma, unbound).callback);
        kernel.emit(VmBind.builder()
                .vm(vm.id())
                .op(BindOp.UNMAP)
                .vma(vma.id())
                .fence(unbound.id())
                .result(0));
        if (replaces) {
            resvs.forEach(resv -> resv.replace(FenceKind.PREEMPT, unbound, Usage.BOOKKEEP));
        }
        resvs.forEach(resv -> resv.add(unbound, Usage.KERNEL));
        job.push();
        unbound.handOff();
        vma.setDestroyed();
        vm.mappingDies();
        vm.forget(vma);
    }

    private @Nullable Call removeTooEarly() {
        return vma instanceof UserptrVma userptr && !userptr.isUnwatched() && kernel().deviates(REMOVES_NOTIFIER_EARLY)
                ? userptr.unwatch()
                : null;
    }

    private LockResvs locks() {
        if (locks == null) {
            throw new IllegalStateException("no reservation is locked");
        }
        return locks;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }

    /** Clears the PTEs. */
    private static final class ZapJob implements Work {
        private final Kernel kernel;
        private final Vma vma;

        ZapJob(Kernel kernel, Vma vma) {
            this.kernel = kernel;
            this.vma = vma;
        }

        @Override
        public long durationNs() {
            return kernel.costs().pteNs();
        }

        @Override
        public void begin(Job job) {
            vma.zapPtes(job.finished().id());
        }
    }

    /** {@code invalidation_fence_cb}: when the entries are cleared for all to see, the TLBs are told to forget them. */
    private static final class Flush {
        private final Kernel kernel;
        private final Vma vma;
        private final DmaFence unbound;
        private final FenceCallback callback;
        private int unanswered;
        private int error;
        private boolean isForgotten;

        Flush(Kernel kernel, Vma vma, DmaFence unbound) {
            this.kernel = kernel;
            this.vma = vma;
            this.unbound = unbound;
            this.callback = new FenceCallback(kernel, this::send);
        }

        private void send() {
            GpuVm vm = vma.vm();
            List<TlbInval> tlbs = vm.device().tlbs();
            unanswered = tlbs.size();
            tlbs.forEach(tlb -> tlb.range(vm.id(), vma.start(), vma.end(), this::answered));
            if (tlbs.isEmpty()) {
                kernel.agenda().after(kernel.costs().tlbInvalidationNs(), () -> {
                    kernel.enter(vm.device().interrupt());
                    forgotten();
                });
            }
        }

        /** An error of a part becomes that of the whole ({@code dma_fence_array_set_pending_error}). */
        private void answered(int errno) {
            error = error == 0 ? errno : error;
            boolean early = --unanswered == 1 && kernel.deviates(SIGNALS_AFTER_ONE_GT);
            if ((unanswered == 0 && !isForgotten) || early) {
                forgotten();
            }
        }

        private void forgotten() {
            isForgotten = true;
            if (error != 0) {
                unbound.setError(error);
            }
            unbound.signalFromInterrupt();
            unbound.put();
            callback.free();
            vma.vm().device().unorderedWorkqueue().queue(new DestroyVma(vma));
        }
    }

    /** xe_vm.c:vma_destroy_work_func. */
    private static final class DestroyVma extends Call {
        private static final Path<DestroyVma> PATH = Path.<DestroyVma>named("vma_destroy_work_func")
                .call(work ->
                        work.vma instanceof UserptrVma userptr && !userptr.isUnwatched() ? userptr.unwatch() : null)
                .run(DestroyVma::destroy)
                .end();

        private final Vma vma;

        DestroyVma(Vma vma) {
            this.vma = vma;
        }

        private void destroy() {
            vma.destroy();
            vma.vm().mappingIsGone();
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}

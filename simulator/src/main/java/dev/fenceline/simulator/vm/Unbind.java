package dev.fenceline.simulator.vm;

import dev.fenceline.event.BindOp;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.Usage;
import dev.fenceline.event.VmBind;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.FenceCallback;
import dev.fenceline.simulator.gt.TlbInval;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sched.Job;
import dev.fenceline.simulator.sched.Work;
import java.util.Collection;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * xe_pt.c:xe_pt_update_ops_run where something is unmapped: a job waits until nobody uses the VM, clears the entries and writes those of
 * what is mapped instead, then the TLBs forget them (those of both GTs by requests of their own, where the driver works so); only then
 * the mappings are destroyed.
 */
public final class Unbind {
    /**
     * The fence of an unbind takes the place of the preempt fences in the reservations of a long-running VM, whose queues run on and
     * use other mappings (rule A-R04).
     */
    public static final Deviation REPLACES_PREEMPT_FENCES = new Deviation("unbind-replaces-preempt-fences");

    /** The fence of an unbind signals when the first GT has forgotten the mapping (rule V03). */
    public static final Deviation SIGNALS_AFTER_ONE_GT = new Deviation("unbind-signals-after-one-gt");

    /** The notifier of a userptr goes with the request to unbind it, before the GPU is known to be off its pages (rule U11). */
    public static final Deviation REMOVES_NOTIFIER_EARLY = new Deviation("notifier-removed-before-unbind");

    /** What a user-mode queue needs is unmapped without a wait for the eviction fence under which it runs (rule A-Q08). */
    public static final Deviation SKIPS_EVICTION = new Deviation("unmap-skips-eviction-fence", 200);

    private Unbind() {}

    /**
     * Submits the job, under the notifier lock and the reservations, each with a slot reserved.
     *
     * @param written what the job binds, besides what is left of userptrs and of what is new
     * @return the fence that signals when the TLBs have forgotten what is removed, with a reference for the caller
     */
    static DmaFence submit(GpuVm vm, List<UnmapOp> unmaps, List<Vma> written, Collection<DmaResv> resvs) {
        Kernel kernel = vm.kernel();
        DmaFence unbound = vm.unbinds().next(null, null);
        List<Vma> parts = partsToRebind(unmaps);
        Job job = vm.device().ttm().migrate().job(new UpdateJob(kernel, unmaps, writers(parts, written)));
        boolean replaces =
                vm.hasPreemptFences() && !vm.preemptFencesWaiting() && kernel.deviates(REPLACES_PREEMPT_FENCES);
        boolean underQueues = vm.hasUserQueues() && kernel.deviates(SKIPS_EVICTION);
        Usage awaited = replaces || underQueues ? Usage.READ : Usage.BOOKKEEP;
        resvs.forEach(resv -> job.dependOn(resv, awaited));
        job.arm();
        job.finished().addCallback(new Flush(vm, unmaps, job.finished(), unbound).callback);
        for (UnmapOp unmap : unmaps) {
            unmap.vma().unmapBegins();
            record(unmap.isRemap() ? BindOp.REMAP : BindOp.UNMAP, unmap.vma(), unbound);
        }
        parts.forEach(part -> record(BindOp.MAP, part, unbound));
        if (replaces) {
            resvs.forEach(resv -> resv.replace(FenceKind.PREEMPT, unbound, Usage.BOOKKEEP));
        }
        resvs.forEach(resv -> resv.add(unbound, Usage.KERNEL));
        job.push();
        unbound.handOff();
        unmaps.forEach(UnmapOp::commit);
        return unbound;
    }

    /** Takes out what has no entries: nothing is cleared, nobody waits, and no TLB has anything to forget; it is destroyed at once. */
    static void atOnce(UnmapOp unmap) {
        Vma vma = unmap.vma();
        record(unmap.isRemap() ? BindOp.REMAP : BindOp.UNMAP, vma, null);
        unmap.commit();
        vma.destroy();
        vma.vm().mappingIsGone();
    }

    /** What is left of userptrs and of what is new, unless a later operation of the same array takes it as well. */
    private static List<Vma> partsToRebind(List<UnmapOp> unmaps) {
        List<Vma> removed = unmaps.stream().map(UnmapOp::vma).toList();
        return unmaps.stream()
                .flatMap(unmap -> unmap.rebound().stream())
                .filter(part -> !removed.contains(part))
                .toList();
    }

    private static List<LongConsumer> writers(List<Vma> parts, List<Vma> written) {
        return Stream.concat(parts.stream(), written.stream())
                .map(Vma::pteWriter)
                .toList();
    }

    private static void record(BindOp op, Vma vma, @Nullable DmaFence fence) {
        GpuVm vm = vma.vm();
        VmBind.Builder event = VmBind.builder().vm(vm.id()).op(op).vma(vma.id()).result(0);
        vm.kernel().emit(fence == null ? event : event.fence(fence.id()));
    }

    /** Clears entries, and writes others. */
    private static final class UpdateJob implements Work {
        private final Kernel kernel;
        private final List<UnmapOp> unmaps;
        private final List<LongConsumer> writers;

        UpdateJob(Kernel kernel, List<UnmapOp> unmaps, List<LongConsumer> writers) {
            this.kernel = kernel;
            this.unmaps = unmaps;
            this.writers = writers;
        }

        @Override
        public long durationNs() {
            return kernel.costs().pteNs();
        }

        @Override
        public void begin(Job job) {
            long fence = job.finished().id();
            unmaps.forEach(unmap -> unmap.zapPtes(fence));
            writers.forEach(writer -> writer.accept(fence));
        }
    }

    /** {@code invalidation_fence_cb}: when the entries are cleared for all to see, the TLBs are told to forget them. */
    private static final class Flush {
        private final Kernel kernel;
        private final GpuVm vm;
        private final List<UnmapOp> unmaps;
        private final DmaFence cleared;
        private final DmaFence unbound;
        private final FenceCallback callback;
        private int unanswered;
        private int error;
        private boolean isForgotten;

        Flush(GpuVm vm, List<UnmapOp> unmaps, DmaFence cleared, DmaFence unbound) {
            this.kernel = vm.kernel();
            this.vm = vm;
            this.unmaps = unmaps;
            this.cleared = cleared;
            this.unbound = unbound.get();
            this.callback = new FenceCallback(kernel, this::send);
        }

        /** One request for all that was cleared, from its first address to its last. */
        private void send() {
            error = cleared.error();
            if (error != 0) {
                // No engine is left to do it: what is not cleared by a job is cleared here.
                unmaps.stream().map(UnmapOp::vma).filter(Vma::isBound).forEach(Vma::zapPtesByCpu);
            }
            long start = unmaps.stream().mapToLong(UnmapOp::start).min().orElseThrow();
            long end = unmaps.stream().mapToLong(UnmapOp::end).max().orElseThrow();
            List<TlbInval> tlbs = vm.device().tlbs();
            unanswered = tlbs.size();
            tlbs.forEach(tlb -> tlb.range(vm.id(), start, end, this::answered));
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
            for (UnmapOp unmap : unmaps) {
                vm.device().unorderedWorkqueue().queue(new DestroyVma(unmap.vma()));
            }
        }
    }

    /** xe_vm.c:vma_destroy_work_func. */
    private static final class DestroyVma extends Call {
        private static final Path<DestroyVma> PATH = Path.<DestroyVma>named("vma_destroy_work_func")
                .call(work ->
                        work.vma instanceof UserptrVma userptr && !userptr.isUnwatched() ? userptr.unwatch() : null)
                .run(work -> work.vma.destroy())
                .run(work -> work.vma.vm().mappingIsGone())
                .end();

        private final Vma vma;

        DestroyVma(Vma vma) {
            this.vma = vma;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}

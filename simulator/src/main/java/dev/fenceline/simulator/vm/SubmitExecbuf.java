package dev.fenceline.simulator.vm;

import dev.fenceline.event.ExecPublish;
import dev.fenceline.event.LongList;
import dev.fenceline.event.RebindBy;
import dev.fenceline.event.Usage;
import dev.fenceline.event.VmaRebind;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.AllocatePages;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.PinUserPages;
import dev.fenceline.simulator.mm.ReadBegin;
import dev.fenceline.simulator.sched.Job;
import java.util.Iterator;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * i915_gem_execbuffer.c:i915_gem_do_execbuffer of a job whose objects are all userptr: pins the pages of each whose range changed since
 * they were pinned last, which gives the old ones back when nobody uses them, and submits if no range changed meanwhile. If one did, the
 * execbuf gives -EAGAIN and is made again.
 *
 * <p>The job goes through the model's scheduler, which is drm_sched and not i915's own.
 */
public final class SubmitExecbuf extends Call {
    /** The job is submitted although a range changed since its pages were pinned (rule U16). */
    public static final Deviation SKIPS_CHECK = new Deviation("execbuf-skips-userptr-check");

    private static final int EAGAIN = -11;

    private static final Path<SubmitExecbuf> PATH = Path.<SubmitExecbuf>named("i915_gem_do_execbuffer")
            .repeat(attempt -> attempt.call(eb -> new AllocatePages(Gfp.KERNEL, 1))
                    .run(eb -> eb.objects = eb.submission.used().iterator())
                    .repeat(each ->
                            each.leaveIf(eb -> !eb.objects.hasNext()).call(eb -> new SubmitInit(eb.objects.next())))
                    .call(eb -> eb.locks.set(new LockResvs(eb.submission.resvs())))
                    .run(SubmitExecbuf::bind)
                    .run(SubmitExecbuf::submit)
                    .run(eb -> eb.locks.get().unlockAll(eb.task()))
                    .leaveIf(eb -> eb.fence != null)
                    .spend(eb -> eb.kernel().costs().ioctlNs()))
            .end();

    private final ExecQueue queue;
    private final GpuVm vm;
    private final UserptrJob submission;
    private final Local<LockResvs> locks = new Local<>();
    private Iterator<UserptrBoVma> objects = List.<UserptrBoVma>of().iterator();
    private @Nullable DmaFence fence;

    /** Submits a job that reads {@code used} and writes the first of it, for so many ns. */
    public SubmitExecbuf(ExecQueue queue, List<UserptrBoVma> used, long durationNs) {
        this.queue = queue;
        this.vm = queue.vm();
        this.submission = new UserptrJob(queue, used, durationNs);
    }

    /** The fence of the job; the reference is the caller's. */
    public DmaFence fence() {
        if (fence == null) {
            throw new IllegalStateException("the job is not submitted yet");
        }
        return fence;
    }

    /** {@code i915_vma_pin}: page tables show what is not bound yet. */
    private void bind() {
        for (UserptrBoVma vma : submission.used()) {
            if (vma.isBound()) {
                continue;
            }
            kernel().emit(VmaRebind.builder().vma(vma.id()).vm(vm.id()).by(RebindBy.EXEC));
            vma.updatePtes();
        }
    }

    /** {@code i915_gem_object_userptr_submit_done} of each object, then {@code eb_submit}. */
    private void submit() {
        boolean valid = submission.isFetchValid();
        ExecPublish.Builder event = ExecPublish.builder()
                .vm(vm.id())
                .queue(queue.id())
                .pages(LongList.of(submission.used().stream()
                        .flatMapToLong(vma -> LongStream.of(vma.boundPages().toArray()))
                        .toArray()));
        if (!valid && !kernel().deviates(SKIPS_CHECK)) {
            kernel().emit(event.result(EAGAIN));
            return;
        }
        submission.resvs().forEach(resv -> resv.reserve(1));
        Job job = submission.arm();
        DmaFence done = job.finished().get();
        kernel().emit(event.fence(done.id()).result(0));
        submission.publish(done);
        job.push();
        fence = done;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }

    /** i915_gem_userptr.c:i915_gem_object_userptr_submit_init. */
    private static final class SubmitInit extends Call {
        private static final Path<SubmitInit> INIT = Path.<SubmitInit>named("i915_gem_object_userptr_submit_init")
                .repeat(attempt -> attempt.call(init -> init.begin.set(new ReadBegin(init.mm, init.vma.notifier())))
                        .returnIf(init -> init.vma.isFetchedAt(init.begin.get().seq()))
                        .call(init -> new LockResv(init.vma.bo().resv()))
                        .call(init -> new ResvWait(init.vma.bo().resv(), Usage.BOOKKEEP))
                        .run(SubmitInit::unbind)
                        .run(init -> init.vma.bo().resv().lock().release(init.task()))
                        .call(init -> init.pin.set(new PinUserPages(
                                init.mm, init.vma.notifier(), init.begin.get().seq())))
                        .leaveIf(init ->
                                !init.vma.notifier().readRetry(init.begin.get().seq()))
                        .run(init -> init.mm.unpin(init.pin.get().pages(), init.vma.notifier())))
                .run(SubmitInit::keep)
                .end();

        private final UserptrBoVma vma;
        private final Mm mm;
        private final Local<ReadBegin> begin = new Local<>();
        private final Local<PinUserPages> pin = new Local<>();

        SubmitInit(UserptrBoVma vma) {
            this.vma = vma;
            this.mm = vma.vm().mm();
        }

        /** {@code i915_gem_object_userptr_unbind}, when nobody uses the old pages: page tables forget them, then they are unpinned. */
        private void unbind() {
            LongList old = vma.pages();
            if (vma.isBound()) {
                vma.clearPtes();
            }
            vma.unmapDma();
            mm.unpin(old, vma.notifier());
        }

        private void keep() {
            vma.setFetched(pin.get().pages(), begin.get().seq());
            vma.setUserPages();
        }

        @Override
        protected Path<?> path() {
            return INIT;
        }
    }
}

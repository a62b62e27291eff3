package dev.fenceline.simulator.vm;

import dev.fenceline.event.FaultAccess;
import dev.fenceline.event.GpuFault;
import dev.fenceline.event.GpuFaultAck;
import dev.fenceline.event.GpuFaultBind;
import dev.fenceline.event.RebindBy;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.ttm.Validate;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * xe_pagefault.c:xe_pagefault_service: finds what a faulting access of the GPU is about, makes it valid and bound, and answers.
 *
 * <p>The queue stands still until then, but no fence waits for it.
 */
public final class PageFault extends Call {
    /** The firmware gets two answers to one fault (rule V15). */
    public static final Deviation ANSWERS_TWICE = new Deviation("page-fault-is-answered-twice");

    /** The null page of a debugger is mapped without another look, where something is mapped (rule D18). */
    public static final Deviation SHADOWS = new Deviation("null-page-shadows-mapping");

    private static final int EPERM = -1;
    private static final int ENOENT = -2;
    private static final int EAGAIN = -11;
    private static final int EINVAL = -22;

    private static final Path<PageFault> PATH = Path.<PageFault>named("xe_pagefault_service")
            .when(fault -> fault.vm.file().observer() != null, PageFault::haltForDebugger)
            .lock(fault -> fault.vm.lock(), Lock.Mode.W)
            .run(PageFault::find)
            .when(
                    fault -> fault.vma instanceof CpuMirrorVma,
                    mirrored -> mirrored.call(PageFault::serve).run(PageFault::noteService))
            .when(fault -> fault.vma != null && !(fault.vma instanceof CpuMirrorVma), PageFault::handle)
            .unlock(fault -> fault.vm.lock())
            .run(PageFault::acknowledge)
            .call(PageFault::tellDebugger)
            .run(fault -> fault.vm.put())
            .end();

    private final ExecQueue queue;
    private final GpuVm vm;
    private final long address;
    private final FaultAccess access;
    private final IntConsumer answered;
    private final Local<LockResvs> locks = new Local<>();
    private final Local<PinPages> fetch = new Local<>();
    private final Local<CpuMirror.Service> service = new Local<>();
    private @Nullable Vma vma;
    private @Nullable DmaFence written;
    private final long threads;
    private @Nullable FaultReport report;
    private @Nullable NullVma nullPage;
    private boolean collided;
    private int result;

    private PageFault(ExecQueue queue, long address, FaultAccess access, long threads, IntConsumer answered) {
        this.queue = queue;
        this.threads = threads;
        this.vm = queue.vm();
        this.address = address;
        this.access = access;
        this.answered = answered;
    }

    /**
     * {@code xe_pagefault_handler}: the firmware reports a fault of some threads; {@code answered} is told what the driver answers.
     */
    static void raise(ExecQueue queue, long address, boolean write, long threads, IntConsumer answered) {
        GpuVm vm = queue.vm();
        FaultAccess access = write ? FaultAccess.W : FaultAccess.R;
        vm.kernel().enter(vm.device().interrupt());
        vm.kernel()
                .emit(GpuFault.builder()
                        .vm(vm.id())
                        .address(address)
                        .access(access)
                        .engine(queue.engine())
                        .queue(queue.id()));
        vm.get();
        vm.device().pageFaultWorkqueue().queue(new PageFault(queue, address, access, threads, answered));
    }

    private static Path.Builder<PageFault> haltForDebugger(Path.Builder<PageFault> path) {
        return path.lock(fault -> fault.vm.lock(), Lock.Mode.R)
                .run(PageFault::lookForDebugger)
                .unlock(fault -> fault.vm.lock())
                .call(fault -> fault.report == null ? null : fault.report.begin());
    }

    /** {@code xe_pagefault_handle_vma}. */
    private static Path.Builder<PageFault> handle(Path.Builder<PageFault> path) {
        return path.repeat(attempt -> attempt.leaveIf(fault -> fault.vma().isBound())
                .call(PageFault::fetchPages)
                .run(PageFault::noteFailure)
                .leaveIf(fault -> fault.result != 0)
                .call(fault -> fault.locks.set(new LockResvs(fault.vm.resvs())))
                .call(fault -> fault.vma() instanceof BoVma mapping ? new Validate(mapping.bo(), false, false) : null)
                .run(fault -> fault.locks.get().reserve(1))
                .lock(fault -> fault.vm.notifierLock(), Lock.Mode.R)
                .run(PageFault::bind)
                .unlock(fault -> fault.vm.notifierLock())
                .run(fault -> fault.locks.get().unlockAll(fault.task()))
                .call(fault -> fault.written == null ? null : new FenceWait(fault.written))
                .run(PageFault::putFence)
                .leaveIf(fault -> !fault.collided));
    }

    private Vma vma() {
        if (vma == null) {
            throw new IllegalStateException("nothing is mapped at " + address);
        }
        return vma;
    }

    /** A debugger is told of faults where nothing is mapped. */
    private void lookForDebugger() {
        XeFile.Observer debugger = vm.file().observer();
        boolean mapped = vm.find(address) != null;
        if (debugger != null && !vm.isClosed() && (!mapped || kernel().wouldDeviate(SHADOWS))) {
            report = debugger.pageFault(queue, address, threads);
        }
    }

    private boolean isReported() {
        return report != null && report.isOpen();
    }

    private void find() {
        if (vm.isClosed()) {
            result = ENOENT;
            return;
        }
        Vma found = vm.find(address);
        if (isReported() && (found == null || kernel().deviates(SHADOWS))) {
            long page = address / Mm.PAGE_BYTES * Mm.PAGE_BYTES;
            nullPage = new NullVma(vm, page, page + Mm.PAGE_BYTES);
            vm.vmas().add(nullPage);
            vma = nullPage;
        } else if (found == null) {
            result = EINVAL;
        } else if (found.isReadOnly() && access == FaultAccess.W) {
            result = EPERM;
        } else {
            vma = found;
        }
    }

    /** {@code xe_svm_handle_pagefault}. */
    private @Nullable Call serve() {
        return vma() instanceof CpuMirrorVma mirrored
                ? service.set(mirrored.mirror().serve(mirrored, address, this::recordBind))
                : null;
    }

    private void noteService() {
        result = service.get().result();
    }

    private @Nullable Call fetchPages() {
        fetch.clear();
        return vma() instanceof UserptrVma userptr && vm.checkRepin(userptr)
                ? fetch.set(new PinPages(userptr, RebindBy.UNKNOWN))
                : null;
    }

    private void noteFailure() {
        PinPages fetched = fetch.orNull();
        result = fetched == null ? 0 : fetched.result();
    }

    private void bind() {
        collided = vma() instanceof UserptrVma userptr && userptr.notifier().readRetry(userptr.pagesSeq());
        // xe_vma_pf_bind tells of each attempt.
        kernel().emit(bound(vma().start(), vma().end()).result(collided ? EAGAIN : 0));
        if (collided) {
            return;
        }
        vma().setInitiallyBound();
        written = PtUpdate.write(List.of(vma()), fence -> {});
    }

    private GpuFaultBind.Builder bound(long start, long end) {
        return GpuFaultBind.builder()
                .vm(vm.id())
                .address(address)
                .access(access)
                .engine(queue.engine())
                .queue(queue.id())
                .vma(vma().id())
                .start(start)
                .end(end)
                .result(0);
    }

    private void recordBind(long range, long start, long end) {
        kernel().emit(bound(start, end).range(range));
    }

    private void putFence() {
        if (written != null) {
            written.put();
            written = null;
        }
    }

    private void acknowledge() {
        recordAnswer();
        if (kernel().deviates(ANSWERS_TWICE)) {
            recordAnswer();
        }
        answered.accept(result);
    }

    private @Nullable Call tellDebugger() {
        FaultReport open = report;
        if (open == null || !open.isOpen()) {
            return null;
        }
        if (nullPage == null) {
            return open.end(null);
        }
        // The engine does the access again when it has the answer.
        kernel().agenda().after(2 * kernel().costs().interruptNs(), open::resolved);
        return open.end(new RemoveNullPage(nullPage));
    }

    private void recordAnswer() {
        kernel().emit(GpuFaultAck.builder()
                .vm(vm.id())
                .address(address)
                .access(access)
                .engine(queue.engine())
                .queue(queue.id())
                .result(result));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

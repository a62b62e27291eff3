package dev.fenceline.analytics.rules.dump;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.rules.Gfp;
import dev.fenceline.analytics.rules.ResvLocking;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadSections;
import dev.fenceline.event.*;

/** C01: the first stage of a capture neither allocates with reclaim nor waits. */
public final class CaptureDoesNotBlock {
    public static final Rule RULE = Rule.named("C01", "capture-does-not-block")
            .severity(Severity.ERROR)
            .states(
                    "The capture of a hang, in the signalling section of the timeout, allocates without reclaim, waits for no "
                            + "fence, reservation, VM lock or mmap lock, and leaves the contents of memory to a worker.")
            .why(
                    "The hung job's fence signals only after the capture: what waits for it, reclaim among others, would wait for "
                            + "what waits for reclaim.")
            .source(
                    "xe_devcoredump.c:devcoredump_snapshot (dma_fence_begin_signalling), xe_devcoredump_deferred_snap_work; "
                            + "xe_vm.c:xe_vm_snapshot_capture_delayed")
            .advice("Use GFP_NOWAIT in the first stage and note only what to read; read it in the deferred worker.")
            .needs(Stream.ALLOC, Stream.DUMP, Stream.FENCE, Stream.LOCK, Stream.WAIT)
            .before(MemAlloc.class, (alloc, state, report) -> {
                if (Gfp.mayReclaim(alloc)) {
                    judge("memory allocated that may need reclaim", state, report);
                }
            })
            .before(ReclaimBegin.class, (reclaim, state, report) -> judge("memory reclaimed", state, report))
            .before(ResvLock.class, (lock, state, report) -> {
                if (ResvLocking.maySleep(lock)) {
                    judge("reservation locked", state, report);
                }
            })
            .before(LockAcquire.class, (lock, state, report) -> {
                boolean ofSubmission = lock.lockClass() == LockClass.VM_LOCK || lock.lockClass() == LockClass.MMAP_LOCK;
                if (!lock.tryValue() && ofSubmission) {
                    judge(lock.lockClass() + " taken", state, report);
                }
            })
            .before(DmaFenceWaitStart.class, (wait, state, report) -> {
                // A wait without time is a question.
                if (wait.timeout() != 0) {
                    judge("fence waited for", state, report);
                }
            })
            .before(BoAccess.class, (access, state, report) -> {
                if (access.caller() == AccessCaller.COREDUMP) {
                    judge("memory read at once", state, report);
                }
            })
            .build();

    private CaptureDoesNotBlock() {}

    private static void judge(String what, KernelState state, Report report) {
        long tid = report.event().tid();
        long captured = state.coredumps().capturingSince(tid);
        if (captured == 0) {
            return;
        }
        ThreadSections thread = state.threads().thread(tid);
        boolean inSection = thread != null && !thread.signalling().isEmpty();
        // A fragment need not show the section that a capture is in.
        if (!inSection && !state.ledger().isFragment()) {
            return;
        }
        report.violation("thread=" + tid)
                .since(captured)
                .witness(
                        "signalling section entered",
                        inSection && thread != null ? thread.signalling().outermostSeq() : 0)
                .witness("capture begun", captured)
                .witness(what, report.event().seq())
                .says("The capture of a hang may block: " + what + ".");
    }
}

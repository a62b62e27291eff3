package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.InvalidationRange;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.NotifierCalls.Call;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaFenceWaitStart;
import dev.fenceline.event.LockAcquire;
import dev.fenceline.event.LockClass;
import dev.fenceline.event.MmRangeEnd;
import dev.fenceline.event.MmRangeStartDone;
import dev.fenceline.event.NotifierInvalidateDone;
import dev.fenceline.event.ResvLock;
import dev.fenceline.event.ResvWait;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** U05: a callback refuses only where it must not sleep, and there it does not sleep. */
public final class OnlyNonBlockingCallbackRefuses {
    public static final Rule RULE = Rule.named("U05", "only-non-blocking-callback-refuses")
            .severity(Severity.ERROR)
            .states(
                    "A callback returns false only for a range that must not block, and sleeps only for one that may; a range "
                            + "that was refused is not started, and its end is not called.")
            .why(
                    "The caller of a blockable range goes on as if the callback had succeeded, and the caller of the other kind may "
                            + "hold locks or run in the OOM reaper, where sleeping is a deadlock.")
            .source("mmu_notifier.c:mn_itree_invalidate, mmu_notifier_invalidate_range_start_nonblock; thread 001")
            .advice("Look at mmu_notifier_range_blockable first: take locks with trylock or return false.")
            .needs(Stream.LOCK, Stream.MM, Stream.NOTIFIER, Stream.WAIT)
            .before(NotifierInvalidateDone.class, OnlyNonBlockingCallbackRefuses::judgeReturn)
            .before(LockAcquire.class, (acquire, state, report) -> {
                if (!acquire.tryValue() && sleeps(acquire.lockClass())) {
                    judgeSleep("lock taken", state, report);
                }
            })
            .before(ResvLock.class, (lock, state, report) -> {
                if (!lock.tryValue()) {
                    judgeSleep("reservation locked", state, report);
                }
            })
            .before(DmaFenceWaitStart.class, (wait, state, report) -> {
                if (!wait.hasTimeout() || wait.timeout() != 0) {
                    judgeSleep("fence waited for", state, report);
                }
            })
            .before(ResvWait.class, (wait, state, report) -> {
                if (!wait.hasTimeout() || wait.timeout() != 0) {
                    judgeSleep("reservation waited for", state, report);
                }
            })
            .before(MmRangeStartDone.class, (done, state, report) -> {
                if (done.hasResult() && done.result() >= 0) {
                    judgeRefused("started all the same", state.notifiers().range(done.rangeId()), report);
                }
            })
            .before(
                    MmRangeEnd.class,
                    (end, state, report) -> judgeRefused(
                            "ended all the same", state.notifiers().startedOrRefused(end.rangeId()), report))
            .build();

    private OnlyNonBlockingCallbackRefuses() {}

    /** Taking a spinlock does not sleep, nor does entering a section that lockdep knows as a lock. */
    private static boolean sleeps(LockClass lockClass) {
        return switch (lockClass) {
            case NOTIFIER_LOCK, VM_LOCK, MMAP_LOCK, EU_LOCK, DISCOVERY_LOCK, I_MMAP, USERQ_MUTEX, MUTEX -> true;
            case UNKNOWN, INVALIDATED_LOCK, DEV_SRCU, LRU_LOCK, FS_RECLAIM, MMU_NOTIFIER, FENCE_LOCK, OTHER -> false;
        };
    }

    private static void judgeReturn(NotifierInvalidateDone done, KernelState state, Report report) {
        if (!done.hasResult() || done.result()) {
            return;
        }
        Call call = state.notifierCalls().running(done.tid(), done.notifier());
        InvalidationRange range =
                state.notifiers().range(done.hasRangeId() || call == null ? done.rangeId() : call.range());
        boolean mustNot = (done.hasBlockable() && !done.blockable())
                || (call != null && call.mustNotBlock())
                || (range != null && range.mustNotBlock());
        boolean may =
                done.blockable() || (call != null && call.isBlockable()) || (range != null && range.isBlockable());
        if (mustNot) {
            return;
        }
        if (!may) {
            report.unknown("it is not known whether the refused range may block");
            return;
        }
        report.violation("notifier=" + done.notifier())
                .since(call == null ? done.seq() : call.seq())
                .witness("range starts", range == null ? 0 : range.born())
                .witness("callback called", call == null ? 0 : call.seq())
                .witness("refused", done.seq())
                .says("The callback of notifier " + done.notifier() + " refuses a range that may block.");
    }

    private static void judgeSleep(String what, KernelState state, Report report) {
        Call call = state.notifierCalls().running(report.event().tid());
        if (call == null || call.isBlockable()) {
            return;
        }
        InvalidationRange range = state.notifiers().range(call.range());
        if (call.mustNotBlock() || (range != null && range.mustNotBlock())) {
            report.violation("notifier=" + call.notifier())
                    .since(call.seq())
                    .witness("callback called that must not sleep", call.seq())
                    .witness(what, report.event().seq())
                    .says("The callback of notifier " + call.notifier() + " may sleep in a range that must not block.");
        }
    }

    private static void judgeRefused(String how, @Nullable InvalidationRange range, Report report) {
        InvalidationRange.Callback refusal = range == null ? null : range.refusal();
        if (range != null && refusal != null) {
            report.violation("range=" + range.id())
                    .since(refusal.invalidateSeq())
                    .witness("callback called", refusal.invalidateSeq())
                    .witness("refused", refusal.doneSeq())
                    .witness(how, report.event().seq())
                    .says("Range " + range.id() + " was refused by notifier " + refusal.notifier() + " and is " + how
                            + ".");
        }
    }
}

package dev.fenceline.analytics.rules.bo;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.BufferObjects;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Reservation;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;
import dev.fenceline.event.TtBackup;
import dev.fenceline.event.TtSwapout;
import dev.fenceline.event.Usage;
import org.jspecify.annotations.Nullable;

/** A-T11: swap-out and backup only on idle, unpinned, populated, non-external BOs. */
public final class OnlyIdleBoIsSwappedOut {
    public static final Rule RULE = Rule.named("A-T11", "only-idle-bo-is-swapped-out")
            .severity(Severity.CRITICAL)
            .states(
                    "The pages of a BO are swapped out or backed up only when every fence of its reservation is done, BOOKKEEP "
                            + "included, it is not pinned, and it has pages that are TTM's own.")
            .why(
                    "The contents are saved before the work that changes them is done, and the pages are freed under the device.")
            .source(
                    "ttm_bo.c:ttm_bo_swapout_cb, ttm_bo_util.c:ttm_bo_shrink (ttm_bo_wait_ctx: DMA_RESV_USAGE_BOOKKEEP); thread 003")
            .advice(
                    "Skip the BO (-EBUSY) unless it is idle for DMA_RESV_USAGE_BOOKKEEP: preempt fences are of that usage.")
            .needs(Stream.TT, Stream.RESV, Stream.PIN)
            .before(TtSwapout.class, (e, state, report) -> {
                if (!(e.hasResult() && e.result() < 0)) {
                    judge(e.bo(), e.type(), state, report);
                }
            })
            .before(TtBackup.class, (e, state, report) -> {
                if (!(e.hasResult() && e.result() < 0)) {
                    judge(e.bo(), e.type(), state, report);
                }
            })
            .build();

    private OnlyIdleBoIsSwappedOut() {}

    private static void judge(long id, @Nullable String type, KernelState state, Report report) {
        BufferObject bo = state.buffers().bo(id);
        if (bo != null && bo.pins() > 0) {
            report(id, "pinned", bo.pinSeq(), bo.pinSeq(), "is pinned", report);
        } else if (bo != null && bo.externalSeq() > 0) {
            report(id, "told to have pages of others", bo.externalSeq(), bo.born(), "has pages of others", report);
        } else if (BufferObjects.isExternal(type)) {
            report(id, "", 0, report.event().seq(), "has pages of others", report);
        } else if (bo != null && bo.emptySeq() > 0 && bo.swappingSeq() == 0) {
            report(id, "without pages since", bo.emptySeq(), bo.emptySeq(), "has no pages", report);
        } else {
            judgeFences(id, bo, state, report);
        }
    }

    private static void judgeFences(long id, @Nullable BufferObject bo, KernelState state, Report report) {
        long key = state.buffers().resvOf(bo, id);
        if (key == Event.ABSENT) {
            if (state.reservations().size() > 0) {
                report.unknown("it is not known which reservation BO {} belongs to", id);
            }
            return;
        }
        Reservation resv = state.reservations().reservation(key);
        int slot = resv == null ? -1 : state.reservations().pendingSlot(resv, Usage.BOOKKEEP, 0);
        if (resv != null && slot >= 0) {
            report(
                    id,
                    "fence added",
                    resv.addSeq(slot),
                    bo == null ? resv.addSeq(slot) : Math.min(bo.born(), resv.addSeq(slot)),
                    "has a pending " + resv.usage(slot) + " fence, " + resv.fence(slot),
                    report);
        }
    }

    private static void report(long bo, String role, long seq, long since, String reason, Report report) {
        report.violation("bo=" + bo)
                .since(since)
                .witness(role, seq)
                .witness("swapped out or backed up", report.event().seq())
                .says("BO " + bo + " is swapped out or backed up although it " + reason + ".");
    }
}

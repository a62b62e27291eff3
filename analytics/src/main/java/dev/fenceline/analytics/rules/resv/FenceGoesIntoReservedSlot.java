package dev.fenceline.analytics.rules.resv;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Reservation;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.ResvAddFence;
import dev.fenceline.event.Severity;

/** A-R01: adding a fence needs the lock and a reserved slot. */
public final class FenceGoesIntoReservedSlot {
    public static final Rule RULE = Rule.named("A-R01", "fence-goes-into-reserved-slot")
            .severity(Severity.CRITICAL)
            .states(
                    "A fence is added to a reservation only by the thread that holds its lock, and takes a new slot only if one was "
                            + "reserved under the same lock hold.")
            .why(
                    "Adding must not fail, so it writes where it was promised room: without the promise it writes behind the table, "
                            + "and without the lock over the fence of somebody else.")
            .source("dma-resv.c:dma_resv_add_fence (BUG_ON), dma-resv.c:dma_resv_reserve_fences, "
                    + "dma-resv.h:dma_resv_unlock (dma_resv_reset_max_fences)")
            .advice(
                    "Reserve after the lock is taken, once for all fences that will be added before the unlock, those of moves "
                            + "included.")
            .needs(Stream.LOCK, Stream.SLOTS, Stream.RESV)
            .after(ResvAddFence.class, FenceGoesIntoReservedSlot::judge)
            .build();

    private FenceGoesIntoReservedSlot() {}

    private static void judge(ResvAddFence add, KernelState state, Report report) {
        Reservation resv = state.reservations().reservation(add.resv());
        if (resv == null) {
            return;
        }
        if (resv.holderTid() != add.tid()) {
            boolean unlocked = resv.holderTid() == Event.ABSENT;
            report.violation("resv=" + resv.id() + " seq=" + add.seq())
                    .since(unlocked ? resv.born() : resv.heldSeq())
                    .witness("locked by another thread", resv.heldSeq())
                    .witness("fence added without the lock", add.seq())
                    .says("Fence " + add.fence() + " is added to reservation " + resv.id()
                            + (unlocked ? ", which is not locked." : ", which thread " + resv.holderTid() + " holds."));
        } else if (resv.overdrawnSeq() == add.seq()) {
            judgeSlot(add, resv, state, report);
        }
    }

    private static void judgeSlot(ResvAddFence add, Reservation resv, KernelState state, Report report) {
        Fence fence = state.fences().fence(add.fence());
        if (!state.ledger().isFragment() && resv.size() > 1 && (fence == null || fence.context() == Event.ABSENT)) {
            report.unknown(
                    "it is not known which context fence {} is of, and so whether it takes the slot of an earlier one",
                    add.fence());
            return;
        }
        report.violation("resv=" + resv.id() + " seq=" + add.seq())
                // Which fences of which contexts have its slots.
                .restsOn(resv)
                .restsOn(fence)
                .witness("locked", resv.heldSeq())
                .witness("slots reserved last", resv.reserveSeq())
                .witness("fence takes a slot more", add.seq())
                .says("Fence " + add.fence() + " takes a slot of reservation " + resv.id() + ", and "
                        + (resv.reserveSeq() > 0
                                ? "all that were reserved are taken."
                                : "none was reserved since it was locked."));
    }
}

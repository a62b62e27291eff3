package dev.fenceline.analytics.rules.bo;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Reservation;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.BoDestroy;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;

/** A-T14: destroy waits for every fence, including BOOKKEEP. */
public final class BoDestroyWaitsForFences {
    public static final Rule RULE = Rule.named("A-T14", "bo-destroy-waits-for-fences")
            .severity(Severity.CRITICAL)
            .states(
                    "A released BO is destroyed only after every fence of its individualised reservation is done, those of "
                            + "usage BOOKKEEP included.")
            .why("The work behind a pending fence still reads or writes the memory that is freed.")
            .source("ttm_bo.c:ttm_bo_release (tests DMA_RESV_USAGE_BOOKKEEP, else queues the delayed delete), "
                    + "ttm_bo.c:ttm_bo_delayed_delete (waits BOOKKEEP without limit); thread 002")
            .advice(
                    "Look at the usage that the release path tests and at the result of its wait: a timeout is no completion.")
            .needs(Stream.LIFE, Stream.RESV)
            .before(BoDestroy.class, BoDestroyWaitsForFences::judge)
            .build();

    private BoDestroyWaitsForFences() {}

    private static void judge(BoDestroy destroy, KernelState state, Report report) {
        BufferObject bo = state.buffers().bo(destroy.bo());
        if (bo == null || bo.departed() > 0) {
            return;
        }
        boolean individual = bo.individualizeSeq() > 0;
        // Where individualising failed, the release waits 30 s for the shared reservation: a timeout is no completion.
        long id = individual ? bo.ownResv() : state.buffers().resvOf(bo);
        if (id == Event.ABSENT) {
            if (!state.ledger().isFragment()) {
                report.unknown("it is not known which reservation BO {} belongs to", bo.id());
            }
            return;
        }
        Reservation resv = state.reservations().reservation(id);
        // In a reservation that is still shared, what was added after the release belongs to other BOs.
        long until = individual || bo.releaseSeq() == 0 || (id == bo.id() && !bo.individualizeFailed())
                ? Long.MAX_VALUE
                : bo.releaseSeq();
        for (int slot = 0; resv != null && slot < resv.size(); slot++) {
            Fence fence =
                    resv.replacedSeq(slot) > 0 ? null : state.reservations().pending(resv, slot);
            if (resv.addSeq(slot) < until && fence != null) {
                report(bo, fence, resv.addSeq(slot), state, report);
                return;
            }
        }
        if (bo.individualizedFromUnknown()) {
            report.unknown("it is not known which fences BO {} took along when it individualised", bo.id());
        }
    }

    private static void report(BufferObject bo, Fence fence, long addSeq, KernelState state, Report report) {
        Finding finding = report.violation("bo=" + bo.id());
        finding.since(bo.born())
                .since(state.fences().knownFrom(fence))
                .witness("fence added", addSeq)
                .witness("reservation individualised", bo.individualizeSeq())
                .witness("destroyed before the fence signalled", report.event().seq())
                .says("BO " + bo.id() + " is destroyed while fence " + fence.id() + " in its reservation is pending.");
    }
}

package dev.fenceline.analytics.rules.bo;

import dev.fenceline.analytics.rule.Obligation;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Reservation;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.BoMoveBegin;
import dev.fenceline.event.BoPin;
import dev.fenceline.event.BoUnpin;
import dev.fenceline.event.BoValidate;
import dev.fenceline.event.BoVmap;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;
import dev.fenceline.event.TtPopulate;
import dev.fenceline.event.TtUnpopulate;
import dev.fenceline.event.UnpopulateReason;
import org.jspecify.annotations.Nullable;

/** A-T03: a BO's state changes only under its current reservation. */
public final class BoChangesUnderItsReservation {
    private static final long CREATION_NS = 1_000_000_000L;

    public static final Rule RULE = Rule.named("A-T03", "bo-changes-under-its-reservation")
            .severity(Severity.ERROR)
            .states(
                    "A thread validates, moves, pins, unpins, vmaps, populates or unpopulates a BO only while it holds the "
                            + "reservation that the BO points to at that moment.")
            .why(
                    "The reservation is the only lock of placement, pin count and pages: without it two threads change them at once.")
            .source(
                    "dma_resv_assert_held in ttm_bo.c:ttm_bo_pin, ttm_bo_unpin, ttm_bo_validate, ttm_bo_populate, ttm_bo_evict and "
                            + "ttm_bo_util.c:ttm_bo_vmap; ttm_device.c:ttm_device_clear_lru_dma_mappings (takes none after an unplug); "
                            + "thread 002")
            .advice(
                    "Lock the reservation that the BO points to now: that of its VM, its own once it is individualised, the "
                            + "exporter's for an imported BO.")
            .needs(Stream.LOCK, Stream.RESVKEY)
            .before(BoValidate.class, (e, state, report) -> judge(e.bo(), "validated", state, report))
            .before(BoMoveBegin.class, (e, state, report) -> judge(e.bo(), "moved", state, report))
            .before(BoPin.class, (e, state, report) -> judge(e.bo(), "pinned", state, report))
            .before(BoUnpin.class, (e, state, report) -> judge(e.bo(), "unpinned", state, report))
            .before(TtPopulate.class, (e, state, report) -> judge(e.bo(), "populated", state, report))
            .before(BoVmap.class, (e, state, report) -> judge(e.bo(), "mapped", state, report))
            .before(TtUnpopulate.class, (e, state, report) -> {
                if (!isCleanUpOfUnplug(e, state)) {
                    judge(e.bo(), "unpopulated", state, report);
                }
            })
            .parameter(
                    "creation_ms",
                    "1000",
                    "ours: within that time the creation of a BO is told that its creator uses already")
            .obliges(new Creation())
            .build();

    private BoChangesUnderItsReservation() {}

    private static void judge(long id, String how, KernelState state, Report report) {
        BufferObject bo = state.buffers().bo(id);
        if (isNotReachableYet(bo, state)) {
            report.oblige(id, state.ledger().nowNs() + CREATION_NS);
            return;
        }
        long key = state.buffers().resvOf(bo, id);
        Reservation resv = state.reservations().reservation(key);
        if (key == Event.ABSENT || (isUncertain(bo, id, state) && (resv == null || !resv.wasLocked()))) {
            report.unknown("it is not known which reservation BO {} belongs to", id);
            return;
        }
        Event event = report.event();
        long heldSeq = resv == null ? 0 : resv.heldSeq();
        if (resv != null && heldSeq > 0 && resv.holderTid() == event.tid()) {
            return;
        }
        report.violation("bo=" + id)
                .since(resv == null ? 0 : resv.born())
                .witness("BO created", bo == null || bo.isAssumed() ? 0 : bo.born())
                .witness("reservation individualised", bo == null ? 0 : bo.individualizeSeq())
                .witness("reservation locked by another thread", heldSeq)
                .witness(how + " without the lock", event.seq())
                .says("BO " + id + " is " + how + " by thread " + event.tid() + ", which does not hold its reservation "
                        + key + (resv != null && heldSeq > 0 ? ": thread " + resv.holderTid() + " does." : "."));
    }

    /** Before its creation is told, a BO of a whole recording is known to its creator only. */
    private static boolean isNotReachableYet(@Nullable BufferObject bo, KernelState state) {
        return !state.ledger().isFragment() && (bo == null || bo.isAssumed());
    }

    /** Nobody told the reservation of the BO: a fragment that never locks the one that may be it does not speak of locks. */
    private static boolean isUncertain(@Nullable BufferObject bo, long id, KernelState state) {
        return (bo != null && bo.isGhost()) || state.buffers().isResvGuessed(bo, id);
    }

    /** After an unplug, and only when nobody is in a section of the device any more, the pages go without a lock. */
    private static boolean isCleanUpOfUnplug(TtUnpopulate e, KernelState state) {
        if (e.reason() != UnpopulateReason.UNPLUG) {
            return false;
        }
        long device = e.hasDevice()
                ? e.device()
                : state.resources().deviceOf(state.buffers().bo(e.bo()));
        boolean wouldShow = state.ledger().holds(Stream.DEV) || state.ledger().holds(Stream.ORDER);
        return !wouldShow || device == Event.ABSENT || state.devices().isUnplugged(device);
    }

    /** That it was the creator who used the BO shows when the creation follows. */
    private static final class Creation implements Obligation {
        @Override
        public boolean isDischarged(long subject, KernelState state) {
            BufferObject bo = state.buffers().bo(subject);
            return bo != null && !bo.isAssumed();
        }

        @Override
        public void judge(long subject, long dueNs, KernelState state, Report report) {
            report.unknown("it is not known who created BO {}, and with which reservation", subject);
        }
    }
}

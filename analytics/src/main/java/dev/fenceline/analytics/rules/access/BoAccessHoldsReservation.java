package dev.fenceline.analytics.rules.access;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Reservation;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.AccessCaller;
import dev.fenceline.event.AccessPath;
import dev.fenceline.event.BoAccess;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;

/** T02: the contents of a BO are copied under its reservation. */
public final class BoAccessHoldsReservation {
    public static final Rule RULE = Rule.named("T02", "bo-access-holds-reservation")
            .severity(Severity.ERROR)
            .states("A thread that copies from or to a BO holds the reservation that the BO points to.")
            .why(
                    "The reservation keeps the BO where it is: without it a move takes the memory away between the look at the "
                            + "placement and the copy.")
            .source("ttm_bo_vm.c:ttm_bo_access (ttm_bo_reserve first, -ERESTARTSYS if that is interrupted); "
                    + "xe_bo.c:xe_ttm_access_memory (xe_bo_assert_held); thread 000")
            .advice(
                    "Reserve the BO before its placement is read and until the copy is over; return the error if that fails.")
            .needs(Stream.ACCESS, Stream.LOCK)
            .before(BoAccess.class, BoAccessHoldsReservation::judge)
            .build();

    private BoAccessHoldsReservation() {}

    private static void judge(BoAccess access, KernelState state, Report report) {
        boolean copies = access.path() != AccessPath.NONE && access.path() != AccessPath.UNKNOWN;
        boolean refused = access.hasResult() && access.result() < 0;
        // A load or store of user space through its own mapping takes no lock.
        if (!copies || refused || access.caller() == AccessCaller.USER_MMAP) {
            return;
        }
        BufferObject bo = state.buffers().bo(access.bo());
        long key = state.buffers().resvOf(bo, access.bo());
        Reservation resv = state.reservations().reservation(key);
        if (resv != null && resv.heldSeq() > 0 && resv.holderTid() == access.tid()) {
            return;
        }
        Reservation held = state.reservations().heldBy(access.tid());
        if (held != null && (key == Event.ABSENT || state.buffers().isResvGuessed(bo, access.bo()))) {
            report.unknown("it is not known whether reservation " + held.id() + ", which is held, is that of BO "
                    + access.bo());
            return;
        }
        long otherSeq = resv == null ? 0 : resv.heldSeq();
        report.violation("bo=" + access.bo())
                .since(resv == null ? 0 : resv.born())
                .witness("reservation locked by another thread", otherSeq)
                .witness("accessed without the lock", access.seq())
                .says("Thread " + access.tid() + " accesses BO " + access.bo() + " and does not hold its reservation"
                        + (otherSeq > 0 ? ", which another thread does." : "."));
    }
}

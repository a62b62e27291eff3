package dev.fenceline.analytics.rules.resv;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AcquireTickets.Ticket;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.ResvLock;
import dev.fenceline.event.Severity;

/** A-R07: after -EDEADLK drop everything, then take the contended lock first. */
public final class BackOffDropsEverything {
    public static final Rule RULE = Rule.named("A-R07", "back-off-drops-everything")
            .severity(Severity.DEADLOCK)
            .states(
                    "After a reservation lock returned -EDEADLK, the ticket gives up all reservations it holds before it locks again, "
                            + "and what it locks first is the contended one, with the slow lock.")
            .why(
                    "The back-off lets the older ticket go on; who keeps a lock or takes another one first waits for it in a circle, or "
                            + "spins.")
            .source("include/linux/dma-resv.h:dma_resv_lock, dma-resv.h:dma_resv_lock_slow, drm_exec.c, "
                    + "ttm_bo_util.c:ttm_lru_walk_ticketlock")
            .advice("Use drm_exec: drm_exec_until_all_locked with drm_exec_retry_on_contention does the whole dance.")
            .needs(Stream.WW)
            .before(ResvLock.class, BackOffDropsEverything::judge)
            .build();

    private BackOffDropsEverything() {}

    private static void judge(ResvLock lock, KernelState state, Report report) {
        Ticket ticket = state.reservations().tickets().of(lock);
        // A trylock does not wait: the LRU walk goes on with those.
        if (ticket == null || ticket.contended() == Event.ABSENT || lock.tryValue()) {
            return;
        }
        if (!ticket.held().isEmpty()) {
            report(ticket, lock, state, report)
                    .witness("still held", ticket.held().seq(0))
                    .says("Reservation " + lock.resv() + " is locked after the back-off from " + ticket.contended()
                            + " while " + ticket.held().subject(0) + " is still held.");
        } else if (lock.resv() != ticket.contended()) {
            // Without its ticket shown, a thread may have given up and begun anew.
            if (ticket.isNamed() || lock.slow()) {
                report(ticket, lock, state, report)
                        .says("The first reservation locked after the back-off from " + ticket.contended() + " is "
                                + lock.resv() + ".");
            }
        } else if (!lock.slow() && (lock.hasSlow() || (state.ledger().isFragment() && ticket.isNamed()))) {
            report(ticket, lock, state, report)
                    // With nothing held, the ordinary lock waits just so: the contract is broken, nothing hangs.
                    .severity(Severity.WARN)
                    .says("Reservation " + lock.resv() + " is locked after the back-off, but not with the slow lock.");
        }
    }

    private static Finding report(Ticket ticket, ResvLock lock, KernelState state, Report report) {
        return report.violation("acquire=" + ticket.id() + " seq=" + ticket.backOffSeq())
                .restsOn(ticket)
                .restsOn(state.reservations().reservation(ticket.contended()))
                .witness("told to back off", ticket.backOffSeq())
                .witness("locks again", lock.seq());
    }
}

package dev.fenceline.analytics.rules.sync;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Reservation;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadLocks;
import dev.fenceline.analytics.state.ThreadSections;
import dev.fenceline.event.Severity;
import dev.fenceline.event.SyncobjWaitSubmit;

/** A-Y02: wait-for-submit only with no lock held. */
public final class WaitForSubmitHoldsNothing {
    public static final Rule RULE = Rule.named("A-Y02", "wait-for-submit-holds-nothing")
            .severity(Severity.DEADLOCK)
            .states(
                    "A thread that waits until a fence for a sync object exists holds no lock, and is in no signalling and no "
                            + "device section.")
            .why("It waits for userspace, which may need the lock to go on, or never go on at all.")
            .source("drm_syncobj.c:drm_syncobj_find_fence (\"Waiting for userspace with locks held is illegal\", "
                    + "lockdep_assert_none_held_once); thread 003")
            .advice("Look sync objects up before the first lock, and the reservations, are taken.")
            .needs(Stream.SO, Stream.LOCKSET)
            .before(SyncobjWaitSubmit.class, WaitForSubmitHoldsNothing::judge)
            .build();

    private WaitForSubmitHoldsNothing() {}

    private static void judge(SyncobjWaitSubmit wait, KernelState state, Report report) {
        ThreadLocks locks = state.locks().thread(wait.tid());
        Reservation resv = state.reservations().heldBy(wait.tid());
        ThreadSections sections = state.threads().thread(wait.tid());
        if (locks != null && locks.held() > 0) {
            report(wait, locks.acquireSeq(0), "holds lock " + locks.lock(0), report);
        } else if (resv != null) {
            report(wait, resv.heldSeq(), "holds reservation " + resv.id(), report);
        } else if (sections != null && !sections.signalling().isEmpty()) {
            report(wait, sections.signalling().outermostSeq(), "is in a signalling section", report);
        } else if (sections != null && !sections.devices().isEmpty()) {
            report(wait, sections.devices().outermostSeq(), "is in a device section", report);
        }
    }

    private static void report(SyncobjWaitSubmit wait, long sinceSeq, String what, Report report) {
        report.violation("tid=" + wait.tid())
                .since(sinceSeq)
                .witness(what, sinceSeq)
                .witness("waits for a fence to exist", wait.seq())
                .says("Thread " + wait.tid() + " waits for userspace to give sync object " + wait.syncobj()
                        + " a fence while it " + what + ".");
    }
}

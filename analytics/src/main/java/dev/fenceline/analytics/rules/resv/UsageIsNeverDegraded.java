package dev.fenceline.analytics.rules.resv;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Reservation;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.ResvAddFence;
import dev.fenceline.event.Severity;

/** A-R03: usage can be promoted, never degraded. */
public final class UsageIsNeverDegraded {
    public static final Rule RULE = Rule.named("A-R03", "usage-is-never-degraded")
            .severity(Severity.ERROR)
            .states(
                    "No slot with a pending fence is written over by a fence of the same context and a weaker usage (KERNEL is the "
                            + "strongest, then WRITE, READ, BOOKKEEP).")
            .why("Who waits for the stronger usage no longer finds the work that still runs.")
            .source("include/linux/dma-resv.h:enum dma_resv_usage, dma-resv.c:dma_resv_add_fence (old_usage >= usage)")
            .advice("Let the weaker fence take a slot of its own next to the stronger one.")
            .needs(Stream.RESV, Stream.USAGE)
            .after(ResvAddFence.class, UsageIsNeverDegraded::judge)
            .build();

    private UsageIsNeverDegraded() {}

    private static void judge(ResvAddFence add, KernelState state, Report report) {
        Reservation resv = state.reservations().reservation(add.resv());
        if (resv == null || resv.degradedSeq() != add.seq()) {
            return;
        }
        Fence old = state.fences().fence(resv.degradedFence());
        report.violation("resv=" + resv.id() + " fence=" + resv.degradedFence())
                .since(old == null ? 0 : old.born())
                .witness("stronger fence added", resv.degradedAddSeq())
                .witness("written over", add.seq())
                .says("Fence " + add.fence() + " of usage " + add.usage() + " is written over fence "
                        + resv.degradedFence() + " of its context, which is pending and of a stronger usage.");
    }
}

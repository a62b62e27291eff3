package dev.fenceline.analytics.rules.fence;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.rules.Gfp;
import dev.fenceline.analytics.rules.SignallingSection;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadSections;
import dev.fenceline.event.MemAlloc;
import dev.fenceline.event.ReclaimBegin;
import dev.fenceline.event.Severity;

/** A-F09: no reclaiming allocation in a signalling critical section. */
public final class NoReclaimInSignallingSection {
    public static final Rule RULE = Rule.named("A-F09", "no-reclaim-in-signalling-section")
            .severity(Severity.DEADLOCK)
            .states(
                    "In a fence signalling critical section a thread allocates only with flags of the class of GFP_ATOMIC and "
                            + "GFP_NOWAIT; GFP_NOFS and GFP_NOIO are not good enough.")
            .why(
                    "Reclaim calls shrinkers and MMU notifiers, which may wait for the very fence that the section is to signal.")
            .source("dma-fence.c, DOC: DMA fence cross-driver contract (\"Only GFP_ATOMIC is permissible\"); "
                    + "dma-resv.c:dma_resv_lockdep; thread 003")
            .advice("Allocate before the section begins, or with GFP_NOWAIT and a way to go on without the memory.")
            .needs(Stream.ALLOC, Stream.SIG)
            .before(MemAlloc.class, (alloc, state, report) -> {
                if (Gfp.mayReclaim(alloc)) {
                    judge("memory allocated that may need reclaim", state, report);
                } else if (alloc.gfp() == null && SignallingSection.entered(state, report) != null) {
                    report.unknown("the flags of an allocation in a signalling section are not known");
                }
            })
            .before(ReclaimBegin.class, (reclaim, state, report) -> judge("memory reclaimed", state, report))
            .build();

    private NoReclaimInSignallingSection() {}

    private static void judge(String what, KernelState state, Report report) {
        ThreadSections thread = SignallingSection.entered(state, report);
        if (thread != null) {
            SignallingSection.violation(thread, what, report)
                    .says("Thread " + thread.id()
                            + " may wait for memory in a section that a fence needs in order to signal.");
        }
    }
}

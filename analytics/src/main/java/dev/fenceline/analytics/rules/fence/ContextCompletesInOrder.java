package dev.fenceline.analytics.rules.fence;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.FenceContext;
import dev.fenceline.analytics.state.Fences;
import dev.fenceline.analytics.state.Job;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaFenceTest;
import dev.fenceline.event.DmaFenceWaitEnd;
import dev.fenceline.event.Event;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.SchedJobTimeout;
import dev.fenceline.event.Severity;

/** A-F03: the order inside a context is one of completion, not of trace lines. */
public final class ContextCompletesInOrder {
    public static final Rule RULE = Rule.named("A-F03", "context-completes-in-order")
            .severity(Severity.ERROR)
            .states("Once a fence is signalled, no earlier fence of its context is found pending.")
            .why(
                    "Of two fences of a context everybody keeps only the later: who waits for that one goes on while the earlier "
                            + "work still runs.")
            .source("dma-fence.c, DOC: fences overview (\"all fences on the same context are fully ordered\"); "
                    + "dma-resv.c:dma_resv_add_fence, dma-fence-unwrap.c, sched_main.c:drm_sched_job_add_dependency drop "
                    + "the earlier fence; thread 003")
            .advice("Give work that can overtake a context of its own, or signal in the order of submission.")
            .needs(Stream.FENCE, Stream.WAIT)
            // Lines out of order are normal: fences signal lazily. Only a fence that somebody found pending breaks the
            // order.
            .after(DmaFenceTest.class, (test, state, report) -> {
                if (test.hasResult() && !test.result()) {
                    judge(test.fence(), "found unsignalled", state, report);
                }
            })
            .after(DmaFenceWaitEnd.class, (end, state, report) -> {
                if (end.hasResult() && end.result() == 0) {
                    judge(end.fence(), "waited for in vain", state, report);
                }
            })
            .after(SchedJobTimeout.class, (timeout, state, report) -> {
                Job job = state.schedulers().job(timeout.job());
                judge(
                        timeout.hasParent() || job == null ? timeout.parent() : job.parent(),
                        "its job timed out",
                        state,
                        report);
                judge(
                        timeout.hasFinished() || job == null ? timeout.finished() : job.finished(),
                        "its job timed out",
                        state,
                        report);
            })
            .build();

    private ContextCompletesInOrder() {}

    private static void judge(long id, String how, KernelState state, Report report) {
        Fence fence = id == Event.ABSENT ? null : state.fences().fence(id);
        // An array signals later than its last member, from irq_work: found pending, its work may well be done.
        if (fence == null || fence.bitSeq() > 0 || fence.kind() == FenceKind.ARRAY || !Fences.isOrdered(fence)) {
            return;
        }
        FenceContext context = state.fences().context(fence.context());
        if (context == null
                || context.signaledSeqno() == Event.ABSENT
                || !FenceContext.isLater(context.signaledSeqno(), fence.seqno(), fence.is64Bit())
                // Initialised behind a signalled fence of a later number: its number is at fault, not its completion.
                || fence.initSeq() > context.signaledSeq()
                // The number of a user queue is the user's write pointer: where it goes back, it orders nothing.
                || (fence.kind() == FenceKind.USERQ && fence.initSeq() > context.signaledInitSeq())) {
            return;
        }
        report.violation("fence=" + id)
                .since(fence.born())
                .since(context.signaledSeq())
                .witness("initialised", fence.initSeq())
                .witness("later fence of the context signalled", context.signaledSeq())
                .witness(how, report.event().seq())
                .says("Fence " + id + ", seqno " + fence.seqno() + " of context " + fence.context()
                        + ", is pending although seqno " + context.signaledSeqno() + " signalled.");
    }
}

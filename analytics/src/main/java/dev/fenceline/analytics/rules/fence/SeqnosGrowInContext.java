package dev.fenceline.analytics.rules.fence;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.FenceContext;
import dev.fenceline.analytics.state.Fences;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaFenceChain;
import dev.fenceline.event.DmaFenceInit;
import dev.fenceline.event.Event;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.Severity;

/** A-F04: sequence numbers grow inside a context. */
public final class SeqnosGrowInContext {
    public static final Rule RULE = Rule.named("A-F04", "seqnos-grow-in-context")
            .severity(Severity.ERROR)
            .states(
                    "Each fence of a context other than 0 is initialised with a later sequence number than the one before: "
                            + "compared by sign in 32 bits, or in 64 bits where the fence says so.")
            .why(
                    "Of two fences of a context everybody keeps only the later: with a seqno that does not grow, a wait for the "
                            + "new work ends with the old.")
            .source("include/linux/dma-fence.h:__dma_fence_is_later, dma-fence.c:dma_fence_init (\"a linear increasing "
                    + "sequence number for this context\")")
            .advice(
                    "Take the number under the lock that orders the submissions, and give each ring or queue its own context.")
            .needs(Stream.FENCE)
            .before(DmaFenceInit.class, SeqnosGrowInContext::judge)
            .after(DmaFenceChain.class, SeqnosGrowInContext::judgeChain)
            .build();

    private SeqnosGrowInContext() {}

    private static void judge(DmaFenceInit init, KernelState state, Report report) {
        long named = state.fences().contextOf(init);
        long seqno = state.fences().seqnoOf(init);
        // Stubs share context 0; a chain's context forks with the chain, so a node is compared with its predecessor.
        if (named == Event.ABSENT || named == 0 || seqno == Event.ABSENT || Fences.kindOf(init) == FenceKind.CHAIN) {
            return;
        }
        FenceContext context = state.fences().context(named);
        if (context == null
                || context.lastSeqno() == Event.ABSENT
                || FenceContext.isLater(seqno, context.lastSeqno(), Fences.is64Bit(init))) {
            return;
        }
        Finding finding = report.violation("context=" + named)
                .since(context.lastInitSeq())
                .witness("initialised with seqno " + context.lastSeqno(), context.lastInitSeq())
                .witness("initialised with seqno " + seqno, init.seq())
                .says("Fence " + init.fence() + " has seqno " + seqno + " of context " + named
                        + ", which is not later than " + context.lastSeqno() + ".");
        if (Fences.kindOf(init) == FenceKind.USERQ) {
            // amdgpu takes the user's write pointer as seqno: the kernel knows that it may repeat or go back.
            finding.severity(Severity.WARN)
                    .says("Known exception: the seqno of a user queue is the user's write pointer; context " + named
                            + " goes from " + context.lastSeqno() + " to " + seqno + ".");
        }
    }

    /** dma_fence_chain_init gives a node that does not fit behind its predecessor a context of its own. */
    private static void judgeChain(DmaFenceChain chain, KernelState state, Report report) {
        Fence node = state.fences().fence(chain.fence());
        Fence previous = state.fences().fence(chain.previous());
        if (node == null
                || previous == null
                || node.context() == 0
                || node.context() == Event.ABSENT
                || node.context() != previous.context()
                || node.seqno() == Event.ABSENT
                || previous.seqno() == Event.ABSENT
                || FenceContext.isLater(node.seqno(), previous.seqno(), true)) {
            return;
        }
        report.violation("context=" + node.context())
                .since(node.born())
                .since(previous.born())
                .witness("predecessor initialised", previous.initSeq())
                .witness("node initialised", node.initSeq())
                .witness("chained behind it", chain.seq())
                .says("Chain node " + node.id() + " has seqno " + node.seqno()
                        + " of its predecessor's context, which is not " + "later than " + previous.seqno() + ".");
    }
}

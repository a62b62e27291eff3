package dev.fenceline.analytics.rules.sync;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaFenceSignaled;
import dev.fenceline.event.LongList;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** A-Y05: a container signals after what it contains. */
public final class ContainerSignalsLast {
    public static final Rule RULE = Rule.named("A-Y05", "container-signals-last")
            .severity(Severity.CRITICAL)
            .states(
                    "An array signals after all its members, up to Linux 6 after one of them where it is made so; a chain node "
                            + "after its fence and all its predecessors.")
            .why("A waiter for the container goes on while some of the work it stands for still uses the memory.")
            .source("dma-fence-array.c:dma_fence_array_signaled, dma-fence-array.c:irq_dma_fence_array_work, "
                    + "dma-fence-chain.c:dma_fence_chain_signaled, dma-fence-chain.c:dma_fence_chain_enable_signaling")
            .advice("Look at the count of pending members, and at who signals the container itself.")
            .needs(Stream.CONT, Stream.FENCE)
            .before(DmaFenceSignaled.class, ContainerSignalsLast::judge)
            .build();

    private ContainerSignalsLast() {}

    private static void judge(DmaFenceSignaled signaled, KernelState state, Report report) {
        Fence container = state.fences().fence(signaled.fence());
        if (container == null
                || container.signaledSeq() > 0
                // A release with waiters signals what is not done, with an error of its own.
                || container.destroySeq() > 0) {
            return;
        }
        Fence pending = pendingIn(container, state);
        if (pending == null) {
            return;
        }
        report.violation("fence=" + container.id())
                .since(state.fences().knownFrom(container))
                .witness("made of", container.containerSeq())
                .witness("signalled before fence " + pending.id(), signaled.seq())
                .says("Fence " + container.id() + " signals while fence " + pending.id() + ", which is part of it, is "
                        + "pending.");
    }

    private static @Nullable Fence pendingIn(Fence container, KernelState state) {
        LongList members = container.members();
        Fence pending = null;
        for (int i = 0; members != null && i < members.size(); i++) {
            Fence member = state.fences().pendingSince(members.get(i), container.containerSeq());
            if (member == null) {
                if (container.isAnyMemberEnough() && !isWithoutAny(state)) {
                    return null;
                }
            } else if (pending == null) {
                pending = member;
            }
        }
        return pending != null ? pending : state.fences().pendingSince(container.previous(), container.containerSeq());
    }

    /** Linux 7 has no signal_on_any. */
    private static boolean isWithoutAny(KernelState state) {
        return state.session().isKernelAtLeast(7, 0);
    }
}

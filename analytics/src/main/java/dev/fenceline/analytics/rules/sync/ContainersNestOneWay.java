package dev.fenceline.analytics.rules.sync;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaFenceArray;
import dev.fenceline.event.DmaFenceChain;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.LongList;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** A-Y04: containers do not nest the wrong way. */
public final class ContainersNestOneWay {
    public static final Rule RULE = Rule.named("A-Y04", "containers-nest-one-way")
            .severity(Severity.ERROR)
            .states(
                    "An array contains no array and no chain node, and what a chain node contains is no chain node; an array in "
                            + "a chain node is what the kernel makes itself.")
            .why("Signalling and release recurse through containers: other nestings overrun the kernel's stack.")
            .source(
                    "dma-fence-array.c:dma_fence_array_init (WARN_ON(dma_fence_is_container)), "
                            + "dma-fence-chain.c:dma_fence_chain_init (WARN_ON(dma_fence_is_chain)), dma-fence-unwrap.c; thread 003")
            .advice("Flatten with dma_fence_unwrap_merge; extend a chain through its previous node only.")
            .needs(Stream.CONT)
            .after(DmaFenceArray.class, (array, state, report) -> {
                Fence inner = containedIn(array.members(), true, state);
                if (inner != null) {
                    report(array.fence(), "array", inner, state, report);
                }
            })
            .after(DmaFenceChain.class, (chain, state, report) -> {
                Fence inner = containedIn(chain.members(), false, state);
                if (inner != null) {
                    report(chain.fence(), "chain node", inner, state, report);
                }
            })
            .build();

    private ContainersNestOneWay() {}

    private static @Nullable Fence containedIn(@Nullable LongList members, boolean norArrays, KernelState state) {
        for (int i = 0; members != null && i < members.size(); i++) {
            Fence member = state.fences().fence(members.get(i));
            if (member != null
                    && (member.kind() == FenceKind.CHAIN || (norArrays && member.kind() == FenceKind.ARRAY))) {
                return member;
            }
        }
        return null;
    }

    private static void report(long outer, String what, Fence inner, KernelState state, Report report) {
        Fence container = state.fences().fence(outer);
        report.violation("fence=" + outer)
                .since(container == null ? 0 : container.born())
                .since(inner.born())
                .witness("contained fence initialised", inner.initSeq())
                .witness("contained fence filled", inner.containerSeq())
                .witness("put into the " + what, report.event().seq())
                .says("The " + what + " " + outer + " contains fence " + inner.id() + ", which is "
                        + (inner.kind() == FenceKind.CHAIN ? "a chain node." : "an array."));
    }
}

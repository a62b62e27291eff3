package dev.fenceline.analytics.rules.resv;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.ResvAddFence;
import dev.fenceline.event.Severity;

/** A-R02: no container fences in a dma_resv. */
public final class ReservationHoldsNoContainer {
    public static final Rule RULE = Rule.named("A-R02", "reservation-holds-no-container")
            .severity(Severity.WARN)
            .states("Arrays and chains are taken apart before their fences are added to a reservation.")
            .why(
                    "Who walks a reservation takes its fences for plain ones: a container in it is never merged with others, never "
                            + "replaced by a later one, and nests containers when the reservation is exported.")
            .source("dma-resv.c:dma_resv_add_fence (WARN_ON(dma_fence_is_container))")
            .advice("Walk the container with dma_fence_unwrap_for_each and add its fences one by one.")
            .needs(Stream.RESV, Stream.CONT)
            .after(ResvAddFence.class, ReservationHoldsNoContainer::judge)
            .build();

    private ReservationHoldsNoContainer() {}

    private static void judge(ResvAddFence add, KernelState state, Report report) {
        Fence fence = state.fences().fence(add.fence());
        if (fence == null || !fence.isContainer()) {
            return;
        }
        report.violation("resv=" + add.resv() + " fence=" + fence.id())
                .since(fence.born())
                .witness("container initialised", fence.initSeq())
                .witness("added", add.seq())
                .says("Fence " + fence.id() + " is added to reservation " + add.resv() + " although it is "
                        + (fence.kind() == FenceKind.CHAIN ? "a chain." : "an array."));
    }
}

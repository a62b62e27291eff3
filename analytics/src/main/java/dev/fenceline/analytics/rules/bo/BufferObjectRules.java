package dev.fenceline.analytics.rules.bo;

import dev.fenceline.analytics.rule.Rule;
import java.util.List;

/** Buffer objects of TTM: A-T01 to A-T16. */
public final class BufferObjectRules {
    /** The rules of this family, in the order of their ids. */
    public static final List<Rule> ALL = List.of(
            PinnedBoStaysPut.RULE,
            PinsAreBalanced.RULE,
            BoChangesUnderItsReservation.RULE,
            UserPtesAreZappedBeforeMove.RULE,
            CpuFaultWaitsForMoves.RULE,
            DeviceAccessWaitsForMoves.RULE,
            ReusedVramInheritsEvictionFence.RULE,
            OldStoreOutlivesCopy.RULE,
            ResourceHasOneOwner.RULE,
            BouncePlacementIsNeverUsed.RULE,
            OnlyIdleBoIsSwappedOut.RULE,
            DeviceUsesLiveBackingStore.RULE,
            KernelMappingEndsWithStore.RULE,
            BoDestroyWaitsForFences.RULE,
            DeadBoStaysUnreferenced.RULE,
            EvictionFencesAreBounded.RULE);

    private BufferObjectRules() {}
}

package dev.fenceline.analytics.rules.dmabuf;

import dev.fenceline.analytics.rule.Rule;
import java.util.List;

/** dma-buf: A-D01 to A-D12. */
public final class DmaBufRules {
    /** The rules of this family, in the order of their ids. */
    public static final List<Rule> ALL = List.of(
            ImporterLeavesPagesAlone.RULE,
            SgTableIsHandedOutOnce.RULE,
            DmaBufUsesAreBalanced.RULE,
            DmaBufCallsFollowLocking.RULE,
            DynamicImporterWaitsForMoves.RULE,
            InvalidatedMappingIsGivenUp.RULE,
            PinnedDmaBufStaysPut.RULE,
            DmaBufVmapIsCounted.RULE,
            CpuAccessIsBracketed.RULE,
            ImporterMapsNoForeignPages.RULE,
            PeerToPeerIsAgreed.RULE,
            PollKeepsDmaBuf.RULE);

    private DmaBufRules() {}
}

package dev.fenceline.analytics.rules.dmabuf;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Attachment;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.SgMapping;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaAccess;
import dev.fenceline.event.Severity;

/** A-D05: dynamic importers wait for the move fence themselves. */
public final class DynamicImporterWaitsForMoves {
    public static final Rule RULE = Rule.named("A-D05", "dynamic-importer-waits-for-moves")
            .severity(Severity.CRITICAL)
            .states(
                    "A device reaches memory through a mapping of a dynamic attachment only after the KERNEL fences that were "
                            + "pending in the reservation when it was mapped.")
            .why(
                    "Until then the exporter's copy or clear is under way: the importer reads stale or foreign data, or has its writes "
                            + "overwritten.")
            .source(
                    "dma-buf.c:dma_buf_map_attachment (\"Dynamic importers must wait for the exclusive fence\"); thread 004")
            .advice(
                    "Make the importer's job depend on the KERNEL fences of the reservation; only static importers are waited for.")
            .needs(Stream.MAP, Stream.RESV, Stream.DMA)
            .before(DmaAccess.class, DynamicImporterWaitsForMoves::judge)
            .build();

    private DynamicImporterWaitsForMoves() {}

    private static void judge(DmaAccess access, KernelState state, Report report) {
        Attachment attachment = access.hasAttachment()
                ? state.dmaBufs().attachment(access.attachment())
                : state.dmaBufs().holderOf(access.sgTable());
        SgMapping mapping = attachment == null ? null : attachment.mapping(access.sgTable());
        if (attachment == null || mapping == null || (attachment.isKindKnown() && !attachment.isDynamic())) {
            return;
        }
        for (int i = 0; i < mapping.movesAtMap().size(); i++) {
            Fence fence = state.fences().fence(mapping.movesAtMap().get(i));
            if (fence == null || state.fences().isComplete(fence)) {
                continue;
            }
            if (!attachment.isKindKnown()) {
                report.unknown("it is not known whether attachment {} is dynamic", attachment.id());
                return;
            }
            report.violation("attachment=" + attachment.id() + " fence=" + fence.id())
                    .since(attachment.born())
                    .since(state.fences().knownFrom(fence))
                    .witness("attached", attachment.attachSeq())
                    .witness("mapped while the fence was pending", mapping.mapSeq())
                    .witness("accessed before it signalled", access.seq())
                    .says("The importer accesses memory through attachment " + attachment.id() + " before KERNEL fence "
                            + fence.id() + " is done.");
            return;
        }
    }
}

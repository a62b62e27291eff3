package dev.fenceline.analytics.rules.dmabuf;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Attachment;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.DmaBuf;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.SgMapping;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.BoMove;
import dev.fenceline.event.BoMoveBegin;
import dev.fenceline.event.DmaBufPin;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;

/** A-D07: dma_buf_pin is for dynamic importers, and the buffer then stays put. */
public final class PinnedDmaBufStaysPut {
    public static final Rule RULE = Rule.named("A-D07", "pinned-dma-buf-stays-put")
            .severity(Severity.ERROR)
            .states(
                    "Only dynamic attachments pin; while an attachment pins a buffer, or a static one has it mapped, the exporter does "
                            + "not move it.")
            .why(
                    "The importer was promised that the addresses stay: after a move it reads and writes memory of somebody else.")
            .source(
                    "dma-buf.c:dma_buf_pin (WARN_ON(!attach->importer_ops)), dma_buf_pin_on_map, dma_buf_map_attachment; thread 004")
            .advice("Static importers are pinned by the framework; the exporter's eviction must skip what is pinned.")
            .needs(Stream.PINB, Stream.MOVE)
            .before(DmaBufPin.class, (pin, state, report) -> {
                Attachment attachment = state.dmaBufs().attachment(pin.attachment());
                if (attachment == null || !attachment.isKindKnown()) {
                    if (!state.ledger().isFragment()) {
                        report.unknown("it is not known whether attachment {} is dynamic", pin.attachment());
                    }
                } else if (!attachment.isDynamic()) {
                    report.violation("attachment=" + attachment.id())
                            .since(attachment.born())
                            .witness("attached as static", attachment.attachSeq())
                            .witness("pinned", pin.seq())
                            .says("Static attachment " + attachment.id() + " is pinned by its importer.");
                }
            })
            .before(BoMoveBegin.class, (move, state, report) -> judge(move.bo(), state, report))
            .before(BoMove.class, (move, state, report) -> {
                BufferObject bo = state.buffers().bo(move.bo());
                if (bo == null || bo.moveBeginSeq() == 0) {
                    judge(move.bo(), state, report);
                }
            })
            .build();

    private PinnedDmaBufStaysPut() {}

    private static void judge(long bo, KernelState state, Report report) {
        DmaBuf dmabuf = state.dmaBufs().exportOf(bo);
        for (int i = 0; dmabuf != null && i < dmabuf.attachmentCount(); i++) {
            Attachment attachment = state.dmaBufs().attachment(dmabuf.attachment(i));
            if (attachment == null) {
                continue;
            }
            SgMapping mapping = isStaticallyMapped(attachment, state) ? attachment.mapping(Event.ABSENT) : null;
            if (attachment.pins() > 0 || mapping != null) {
                report.violation("bo=" + bo + " attachment=" + attachment.id())
                        .since(attachment.pins() > 0 || mapping == null ? attachment.pinSeq() : mapping.mapSeq())
                        .witness("exported", dmabuf.exportSeq())
                        .witness("pinned", attachment.pinSeq())
                        .witness("mapped by a static importer", mapping == null ? 0 : mapping.mapSeq())
                        .witness("moved", report.event().seq())
                        .says("BO " + bo + " is moved while attachment " + attachment.id() + " of dma-buf "
                                + dmabuf.id()
                                + (mapping == null ? " has it pinned." : ", a static one, has it mapped."));
                return;
            }
        }
    }

    /** Maps and unmaps are not of the streams this rule needs: where a recording may lack the unmap, it says nothing. */
    private static boolean isStaticallyMapped(Attachment attachment, KernelState state) {
        return attachment.isKindKnown()
                && !attachment.isDynamic()
                && (state.ledger().isFragment() || state.ledger().holds(Stream.MAP));
    }
}

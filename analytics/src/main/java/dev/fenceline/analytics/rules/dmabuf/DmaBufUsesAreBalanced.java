package dev.fenceline.analytics.rules.dmabuf;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Attachment;
import dev.fenceline.analytics.state.DmaBuf;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.SgMapping;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaBufAttach;
import dev.fenceline.event.DmaBufBeginCpuAccess;
import dev.fenceline.event.DmaBufDetach;
import dev.fenceline.event.DmaBufFd;
import dev.fenceline.event.DmaBufGet;
import dev.fenceline.event.DmaBufInvalidate;
import dev.fenceline.event.DmaBufMap;
import dev.fenceline.event.DmaBufMmap;
import dev.fenceline.event.DmaBufPin;
import dev.fenceline.event.DmaBufPut;
import dev.fenceline.event.DmaBufRelease;
import dev.fenceline.event.DmaBufUnmap;
import dev.fenceline.event.DmaBufUnpin;
import dev.fenceline.event.DmaBufVmap;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;

/** A-D03: balance of map and unmap, pin and unpin, attach and detach; release comes last. */
public final class DmaBufUsesAreBalanced {
    public static final Rule RULE = Rule.named("A-D03", "dma-buf-uses-are-balanced")
            .severity(Severity.CRITICAL)
            .states(
                    "Each map is undone by an unmap of the same attachment, table and direction; an attachment is detached without "
                            + "a mapping or a pin; a dma-buf is released without an attachment, and not used afterwards.")
            .why(
                    "Addresses that are still mapped, or an object that is still used, belong to memory that is given away.")
            .source("dma-buf.c:dma_buf_release (WARN_ON(!list_empty(&dmabuf->attachments))), dma_buf_unmap_attachment, "
                    + "dma_buf_detach; thread 004")
            .advice(
                    "dma_buf_put is one reference, not the end: look for who unmaps twice, or detaches or drops too early.")
            .needs(Stream.DBUFREF, Stream.MAP, Stream.PINB)
            .before(DmaBufUnmap.class, (unmap, state, report) -> {
                if (isReleased(state.dmaBufs().dmaBufOf(unmap.dmabuf(), unmap.attachment()), state, report)) {
                    return;
                }
                Attachment attachment = state.dmaBufs().attachment(unmap.attachment());
                long given = unmap.hasSgTable() ? unmap.sgTable() : unmap.original();
                if (unmap.hasAttachment()
                        && (attachment == null || attachment.mapping(given, unmap.direction()) == null)) {
                    SgMapping other = attachment == null ? null : attachment.mapping(Event.ABSENT);
                    report.violation("unmap=" + unmap.seq())
                            .since(attachment == null ? 0 : attachment.born())
                            .witness("mapped otherwise", other == null ? 0 : other.mapSeq())
                            .witness("unmapped", unmap.seq())
                            .says("Attachment " + unmap.attachment() + " unmaps what it has not mapped that way.");
                }
            })
            .before(DmaBufUnpin.class, (unpin, state, report) -> {
                if (isReleased(state.dmaBufs().dmaBufOf(unpin.dmabuf(), unpin.attachment()), state, report)) {
                    return;
                }
                Attachment attachment = state.dmaBufs().attachment(unpin.attachment());
                if (unpin.hasAttachment() && (attachment == null || attachment.pins() == 0)) {
                    report.violation("unpin=" + unpin.seq())
                            .since(attachment == null ? 0 : attachment.born())
                            .witness("unpinned", unpin.seq())
                            .says("Attachment " + unpin.attachment() + " gives up a pin it does not have.");
                }
            })
            .before(DmaBufDetach.class, DmaBufUsesAreBalanced::judge)
            .before(DmaBufRelease.class, DmaBufUsesAreBalanced::judge)
            .before(DmaBufAttach.class, (e, state, report) -> isReleased(e.dmabuf(), state, report))
            .before(
                    DmaBufMap.class,
                    (e, state, report) ->
                            isReleased(state.dmaBufs().dmaBufOf(e.dmabuf(), e.attachment()), state, report))
            .before(
                    DmaBufPin.class,
                    (e, state, report) ->
                            isReleased(state.dmaBufs().dmaBufOf(e.dmabuf(), e.attachment()), state, report))
            .before(DmaBufFd.class, (e, state, report) -> isReleased(e.dmabuf(), state, report))
            .before(DmaBufGet.class, (e, state, report) -> isReleased(e.dmabuf(), state, report))
            .before(DmaBufPut.class, (e, state, report) -> isReleased(e.dmabuf(), state, report))
            .before(DmaBufVmap.class, (e, state, report) -> isReleased(e.dmabuf(), state, report))
            .before(DmaBufMmap.class, (e, state, report) -> isReleased(e.dmabuf(), state, report))
            .before(DmaBufInvalidate.class, (e, state, report) -> isReleased(e.dmabuf(), state, report))
            .before(DmaBufBeginCpuAccess.class, (e, state, report) -> isReleased(e.dmabuf(), state, report))
            .build();

    private DmaBufUsesAreBalanced() {}

    private static boolean isReleased(long id, KernelState state, Report report) {
        DmaBuf dmabuf = state.dmaBufs().dmaBuf(id);
        if (dmabuf == null || dmabuf.releaseSeq() == 0) {
            return false;
        }
        report.violation("dmabuf=" + id)
                .since(dmabuf.releaseSeq())
                .witness("released", dmabuf.releaseSeq())
                .witness("used", report.event().seq())
                .says("dma-buf " + id + " is used after its release.");
        return true;
    }

    private static void judge(DmaBufDetach detach, KernelState state, Report report) {
        Attachment attachment = state.dmaBufs().attachment(detach.attachment());
        if (attachment == null
                || isReleased(state.dmaBufs().dmaBufOf(detach.dmabuf(), detach.attachment()), state, report)) {
            return;
        }
        SgMapping mapped = attachment.mapping(Event.ABSENT);
        if (mapped != null || attachment.pins() > 0) {
            report.violation("attachment=" + attachment.id())
                    .since(attachment.born())
                    .since(mapped == null ? attachment.pinSeq() : mapped.mapSeq())
                    .witness("mapped", mapped == null ? 0 : mapped.mapSeq())
                    .witness("pinned", attachment.pinSeq())
                    .witness("detached", detach.seq())
                    .says("Attachment " + attachment.id() + " is detached while it is "
                            + (mapped == null ? "pinned." : "mapped."));
        }
    }

    private static void judge(DmaBufRelease release, KernelState state, Report report) {
        DmaBuf dmabuf = state.dmaBufs().dmaBuf(release.dmabuf());
        if (dmabuf == null || isReleased(release.dmabuf(), state, report) || dmabuf.attachmentCount() == 0) {
            return;
        }
        Attachment attachment = state.dmaBufs().attachment(dmabuf.attachment(0));
        report.violation("dmabuf=" + dmabuf.id())
                .since(attachment == null ? dmabuf.born() : attachment.born())
                .witness("attached", attachment == null ? 0 : attachment.attachSeq())
                .witness("released", release.seq())
                .says("dma-buf " + dmabuf.id() + " is released while attachment " + dmabuf.attachment(0)
                        + " is on it.");
    }
}

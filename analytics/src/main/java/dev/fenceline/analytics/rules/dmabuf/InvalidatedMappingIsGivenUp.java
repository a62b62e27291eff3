package dev.fenceline.analytics.rules.dmabuf;

import dev.fenceline.analytics.rule.Obligation;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Attachment;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.SgMapping;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaAccess;
import dev.fenceline.event.DmaBufInvalidate;
import dev.fenceline.event.Event;
import dev.fenceline.event.LongList;
import dev.fenceline.event.SchedJobQueue;
import dev.fenceline.event.Severity;

/** A-D06: after invalidate_mappings come the fences, then the unmap, and no writes in between. */
public final class InvalidatedMappingIsGivenUp {
    private static final long BOUND_NS = 10_000_000_000L;

    public static final Rule RULE = Rule.named("A-D06", "invalidated-mapping-is-given-up")
            .severity(Severity.CRITICAL)
            .states(
                    "Once the fences of the reservation are done that were pending when a mapping was invalidated, the importer writes "
                            + "through it no more; no new work uses it; and it is unmapped in bounded time.")
            .why("The memory behind an invalidated mapping is given to others: a late write corrupts them.")
            .source(
                    "dma-buf.c:dma_buf_invalidate_mappings, include/linux/dma-buf.h:dma_buf_attach_ops.invalidate_mappings "
                            + "(move_notify in 6.x); thread 004")
            .advice(
                    "Map anew for new work. Writes that were fenced before the notification may still finish, and reads may come late.")
            .needs(Stream.MAP, Stream.INVAL, Stream.DMA, Stream.RESV)
            .parameter("finite_time", "session_start.finite_time", "the recording; wins over the other")
            .parameter("bound_s", "10", "ours: the kernel says \"in bounded time\"")
            .before(DmaAccess.class, InvalidatedMappingIsGivenUp::judge)
            .before(SchedJobQueue.class, (queue, state, report) -> {
                Attachment attachment = state.dmaBufs().attachment(queue.attachment());
                SgMapping newest = attachment == null ? null : attachment.mapping(Event.ABSENT);
                if (attachment != null && newest != null && newest.invalidateSeq() > 0) {
                    report.violation("attachment=" + attachment.id() + " job=" + queue.job())
                            .since(newest.mapSeq())
                            .witness("mapped", newest.mapSeq())
                            .witness("invalidated", newest.invalidateSeq())
                            .witness("new work queued", queue.seq())
                            .says("Job " + queue.job() + " is queued to use the mapping of attachment "
                                    + attachment.id() + ", which was invalidated.");
                }
            })
            .after(DmaBufInvalidate.class, (invalidate, state, report) -> {
                var dmabuf = state.dmaBufs().dmaBuf(state.dmaBufs().dmaBufOf(invalidate.dmabuf(), Event.ABSENT));
                for (int i = 0; dmabuf != null && i < dmabuf.attachmentCount(); i++) {
                    report.oblige(dmabuf.attachment(i), state.ledger().nowNs() + boundNs(state));
                }
            })
            .obliges(new Unmap())
            .build();

    private InvalidatedMappingIsGivenUp() {}

    private static long boundNs(KernelState state) {
        long given = state.session().finiteTimeNs();
        return given == Event.ABSENT ? BOUND_NS : given;
    }

    private static void judge(DmaAccess access, KernelState state, Report report) {
        Attachment attachment = access.hasAttachment()
                ? state.dmaBufs().attachment(access.attachment())
                : state.dmaBufs().holderOf(access.sgTable());
        SgMapping mapping = attachment == null ? null : attachment.mapping(access.sgTable());
        if (attachment == null
                || mapping == null
                || !access.write()
                || mapping.invalidateSeq() == 0
                || isAnyPending(mapping.fencesAtInvalidation(), state)) {
            return;
        }
        report.violation("attachment=" + attachment.id() + " mapped=" + mapping.mapSeq())
                .since(mapping.mapSeq())
                .witness("mapped", mapping.mapSeq())
                .witness("invalidated", mapping.invalidateSeq())
                .witness("written after its fences", access.seq())
                .says("The importer writes through the mapping of attachment " + attachment.id()
                        + " after it was invalidated and the fences of then are done.");
    }

    private static boolean isAnyPending(LongList fences, KernelState state) {
        for (int i = 0; i < fences.size(); i++) {
            if (!state.fences().isComplete(fences.get(i))) {
                return true;
            }
        }
        return false;
    }

    private static final class Unmap implements Obligation {
        @Override
        public boolean isDischarged(long subject, KernelState state) {
            Attachment attachment = state.dmaBufs().attachment(subject);
            return attachment == null
                    || attachment.departed() > 0
                    || attachment.mappings().stream().noneMatch(mapping -> mapping.invalidateSeq() > 0);
        }

        @Override
        public void judge(long subject, long dueNs, KernelState state, Report report) {
            Attachment attachment = state.dmaBufs().attachment(subject);
            if (attachment == null) {
                return;
            }
            for (SgMapping mapping : attachment.mappings()) {
                if (mapping.invalidateNs() != Event.ABSENT && mapping.invalidateNs() + boundNs(state) <= dueNs) {
                    report.violation("attachment=" + subject + " mapped=" + mapping.mapSeq())
                            .since(mapping.mapSeq())
                            .witness("mapped", mapping.mapSeq())
                            .witness("invalidated", mapping.invalidateSeq())
                            .witness(
                                    "still mapped after the bound",
                                    report.event().seq())
                            .says("Attachment " + subject + " still has a mapping " + boundNs(state) / 1_000_000
                                    + " ms after it was invalidated.");
                    return;
                }
            }
        }
    }
}

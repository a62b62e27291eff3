package dev.fenceline.analytics.rules.dmabuf;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Attachment;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaBufMap;
import dev.fenceline.event.Severity;

/** A-D11: peer-to-peer only when both sides agreed. */
public final class PeerToPeerIsAgreed {
    public static final Rule RULE = Rule.named("A-D11", "peer-to-peer-is-agreed")
            .severity(Severity.CRITICAL)
            .states("A mapping that points to device memory goes only to an attachment that agreed to peer-to-peer.")
            .why(
                    "Device memory has no struct page and may not be reachable from the importer: it reads nothing, or hits another "
                            + "device's registers.")
            .source(
                    "amdgpu_dma_buf.c:amdgpu_dma_buf_attach (clears peer2peer), amdgpu_dma_buf_pin, amdgpu_dma_buf_map; "
                            + "include/linux/dma-buf.h:allow_peer2peer; thread 004")
            .advice(
                    "Move the buffer to system memory before it is mapped for an importer without peer2peer; the exporter's attach "
                            + "callback has the last word.")
            .needs(Stream.MAP, Stream.P2P)
            .before(DmaBufMap.class, PeerToPeerIsAgreed::judge)
            .build();

    private PeerToPeerIsAgreed() {}

    private static void judge(DmaBufMap map, KernelState state, Report report) {
        if (!"VRAM".equals(map.memoryType())) {
            return;
        }
        Attachment attachment = state.dmaBufs().attachment(map.attachment());
        if (attachment == null || !attachment.isPeerToPeerKnown()) {
            report.unknown("it is not known whether attachment {} agreed to peer-to-peer", map.attachment());
            return;
        }
        if (!attachment.isPeerToPeer()) {
            report.violation("attachment=" + attachment.id())
                    .since(attachment.born())
                    .witness("attached without peer-to-peer", attachment.attachSeq())
                    .witness("given VRAM", map.seq())
                    .says("Attachment " + attachment.id() + " is given a mapping of VRAM although it did not agree to "
                            + "peer-to-peer.");
        }
    }
}

package dev.fenceline.analytics.rules.dmabuf;

import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.DmaBuf;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaBufRelease;
import dev.fenceline.event.Severity;

/** A-D12: poll keeps the file until its fence callback ran. */
public final class PollKeepsDmaBuf {
    public static final Rule RULE = Rule.named("A-D12", "poll-keeps-dma-buf")
            .severity(Severity.CRITICAL)
            .states("A dma-buf is not released before the callbacks ran that polls of it queued on fences.")
            .why("The callback writes into the dma-buf: released before, it writes into freed memory.")
            .source(
                    "dma-buf.c:dma_buf_poll (get_file), dma_buf_poll_cb (fput), dma_buf_release (BUG_ON(cb_in.active || "
                            + "cb_out.active)); thread 002")
            .advice("The callback owns a reference to the file from the moment it is queued until it ran.")
            .needs(Stream.FENCE, Stream.POLL)
            .before(DmaBufRelease.class, (release, state, report) -> {
                DmaBuf dmabuf = state.dmaBufs().dmaBuf(release.dmabuf());
                if (dmabuf == null || dmabuf.pollCount() == 0) {
                    return;
                }
                Fence fence = state.fences().fence(dmabuf.pollFence(0));
                report.violation("dmabuf=" + dmabuf.id())
                        .since(dmabuf.pollSeq(0))
                        .since(fence == null ? 0 : fence.born())
                        .witness("poll queued a callback", dmabuf.pollSeq(0))
                        .witness("released before it ran", release.seq())
                        .says("dma-buf " + dmabuf.id() + " is released while a poll waits for fence "
                                + dmabuf.pollFence(0) + ".");
            })
            .build();

    private PollKeepsDmaBuf() {}
}

package dev.fenceline.analytics.rules.dmabuf;

import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.DmaBuf;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaBufRelease;
import dev.fenceline.event.DmaBufVunmap;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;

/** A-D08: vmap is reference counted and ends before release. */
public final class DmaBufVmapIsCounted {
    public static final Rule RULE = Rule.named("A-D08", "dma-buf-vmap-is-counted")
            .severity(Severity.CRITICAL)
            .states(
                    "A vunmap gives back the mapping that vmap gave, no more often than it was taken, and none is left at the release.")
            .why("All users share one kernel address: one vunmap too many takes it from under the others.")
            .source(
                    "dma-buf.c:dma_buf_vmap, dma_buf_vunmap (three BUG_ONs), dma_buf_release (BUG_ON(dmabuf->vmapping_counter)); "
                            + "thread 002")
            .advice(
                    "Look for an error path that unmaps what was not mapped, or a user that keeps its map when it drops the dma-buf.")
            .needs(Stream.VMAP)
            .before(DmaBufVunmap.class, (vunmap, state, report) -> {
                long id = state.dmaBufs().dmaBufOf(vunmap.dmabuf(), Event.ABSENT);
                DmaBuf dmabuf = state.dmaBufs().dmaBuf(id);
                if (dmabuf == null || dmabuf.vmaps() == 0) {
                    report.violation("dmabuf=" + id + " vunmap=" + vunmap.seq())
                            .since(dmabuf == null ? 0 : dmabuf.born())
                            .witness("unmapped", vunmap.seq())
                            .says("dma-buf " + id + " is unmapped by the kernel although no vmap is left.");
                } else if (isAnother(vunmap.mapping(), dmabuf.vmapping())) {
                    report.violation("dmabuf=" + id + " vunmap=" + vunmap.seq())
                            .since(dmabuf.vmapSeq())
                            .witness("mapped", dmabuf.vmapSeq())
                            .witness("another mapping given back", vunmap.seq())
                            .says("The vunmap of dma-buf " + id + " gives mapping " + vunmap.mapping()
                                    + " back, it has " + dmabuf.vmapping() + ".");
                }
            })
            .before(DmaBufRelease.class, (release, state, report) -> {
                DmaBuf dmabuf = state.dmaBufs().dmaBuf(release.dmabuf());
                if (dmabuf != null && dmabuf.vmaps() > 0) {
                    report.violation("dmabuf=" + dmabuf.id())
                            .since(dmabuf.vmapSeq())
                            .witness("mapped", dmabuf.vmapSeq())
                            .witness("released", release.seq())
                            .says("dma-buf " + dmabuf.id() + " is released while the kernel has it mapped "
                                    + (dmabuf.vmaps() == 1 ? "once." : dmabuf.vmaps() + " times."));
                }
            })
            .build();

    private DmaBufVmapIsCounted() {}

    private static boolean isAnother(long given, long taken) {
        return given != Event.ABSENT && taken != Event.ABSENT && given != taken;
    }
}

package dev.fenceline.analytics.rules.dmabuf;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Attachment;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.SgMapping;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaBufMap;
import dev.fenceline.event.Severity;

/** A-D02: one sg_table is handed out once at a time. */
public final class SgTableIsHandedOutOnce {
    public static final Rule RULE = Rule.named("A-D02", "sg-table-is-handed-out-once")
            .severity(Severity.ERROR)
            .states("While a table of the exporter is mapped, it is not handed out again.")
            .why(
                    "The first unmap destroys the mapping of the other user, and hiding the pages a second time shows them again.")
            .source(
                    "dma-buf.c:__map_dma_buf and mangle_sg_table (6.x); system_heap.c:system_heap_map_dma_buf; thread 004")
            .advice(
                    "Let map_dma_buf make a table for each map, or refuse a second one; a framework's cached table is no second map.")
            .needs(Stream.SG, Stream.MAP)
            .before(DmaBufMap.class, SgTableIsHandedOutOnce::judge)
            .build();

    private SgTableIsHandedOutOnce() {}

    private static void judge(DmaBufMap map, KernelState state, Report report) {
        // Without an original the exporter's callback did not run: the attachment gets the table it has cached.
        boolean cached = !map.hasOriginal();
        long handed = cached ? map.sgTable() : map.original();
        Attachment holder = state.dmaBufs().holderOf(handed);
        SgMapping mapping = holder == null ? null : holder.mapping(handed);
        if (holder == null || mapping == null || (cached && holder.id() == map.attachment())) {
            return;
        }
        report.violation("sg_table=" + handed)
                .since(mapping.mapSeq())
                .witness("handed out", mapping.mapSeq())
                .witness("handed out again", map.seq())
                .says("Table " + handed + " is handed to attachment " + map.attachment() + " while attachment "
                        + holder.id() + " has it mapped.");
    }
}

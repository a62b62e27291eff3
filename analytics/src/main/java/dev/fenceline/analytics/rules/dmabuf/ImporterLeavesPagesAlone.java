package dev.fenceline.analytics.rules.dmabuf;

import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Attachment;
import dev.fenceline.analytics.state.SgMapping;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Severity;
import dev.fenceline.event.SgField;
import dev.fenceline.event.SgRead;
import dev.fenceline.event.SgRole;

/** A-D01: an importer never uses struct page of an imported sg_table. */
public final class ImporterLeavesPagesAlone {
    public static final Rule RULE = Rule.named("A-D01", "importer-leaves-pages-alone")
            .severity(Severity.CRITICAL)
            .states("Of a table that an attachment was handed, the importer reads only DMA addresses and DMA lengths.")
            .why(
                    "The pages may be device memory without a struct page, or not the importer's to count references on: using them "
                            + "corrupts the exporter's memory or dereferences nothing.")
            .source(
                    "dma-buf.c:dma_buf_wrap_sg_table (7.x: a copy without pages), dma-buf.c:mangle_sg_table (6.x: XORed page "
                            + "links), CONFIG_DMABUF_DEBUG; thread 004")
            .advice(
                    "Walk the table with for_each_sgtable_dma_sg; never use sg_page, sg_virt, sg->length or orig_nents of it.")
            .needs(Stream.SG)
            .before(SgRead.class, (read, state, report) -> {
                boolean forbidden = read.field() == SgField.PAGE || read.field() == SgField.LENGTH;
                if (!forbidden || read.role() != SgRole.IMPORTER) {
                    return;
                }
                Attachment attachment = state.dmaBufs().holderOf(read.sgTable());
                SgMapping mapping = attachment == null ? null : attachment.mapping(read.sgTable());
                if (attachment != null && mapping != null) {
                    report.violation("sg_table=" + read.sgTable() + " mapped=" + mapping.mapSeq())
                            .since(mapping.mapSeq())
                            .witness("table handed out", mapping.mapSeq())
                            .witness("read by the importer", read.seq())
                            .says("The importer reads the " + read.field() + " of table " + read.sgTable()
                                    + ", which attachment " + attachment.id() + " was handed.");
                }
            })
            .build();

    private ImporterLeavesPagesAlone() {}
}

package dev.fenceline.analytics.rules.dmabuf;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.DmaBuf;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.CpuPteInsert;
import dev.fenceline.event.DmaBufMmap;
import dev.fenceline.event.Event;
import dev.fenceline.event.MmapThrough;
import dev.fenceline.event.Severity;

/** A-D10: importers do not mmap foreign pages; user mappings belong to the exporter's file. */
public final class ImporterMapsNoForeignPages {
    public static final Rule RULE = Rule.named("A-D10", "importer-maps-no-foreign-pages")
            .severity(Severity.CRITICAL)
            .states("User page-table entries for the pages of a dma-buf are inserted by its exporter alone.")
            .why(
                    "The exporter zaps the entries it knows when the memory moves or goes; an importer's own stay and point to memory "
                            + "of somebody else.")
            .source("dma-buf.c:dma_buf_mmap (vma_set_file); ttm_bo_vm.c:ttm_bo_vm_reserve (SIGBUS for external tts); "
                    + "drm_prime.c:drm_gem_prime_mmap; thread 004")
            .advice(
                    "Forward mmap of an imported BO to dma_buf_mmap; a VMA opened through the importer then rightly shows the "
                            + "exporter's entries.")
            .needs(Stream.MMAP)
            .before(CpuPteInsert.class, ImporterMapsNoForeignPages::judge)
            .before(DmaBufMmap.class, (mmap, state, report) -> {
                if (mmap.through() == MmapThrough.STRUCT_PAGE) {
                    report.violation("dmabuf=" + mmap.dmabuf() + " vma=" + mmap.vma())
                            .since(mmap.seq())
                            .witness("mapped by its pages", mmap.seq())
                            .says("The pages of dma-buf " + mmap.dmabuf()
                                    + " are mapped to user space without its exporter.");
                }
            })
            .build();

    private ImporterMapsNoForeignPages() {}

    private static void judge(CpuPteInsert insert, KernelState state, Report report) {
        if (!insert.hasDmabuf() || !insert.hasBy() || insert.dummy()) {
            return;
        }
        DmaBuf dmabuf = state.dmaBufs().dmaBuf(insert.dmabuf());
        if (dmabuf == null || dmabuf.device() == Event.ABSENT) {
            report.unknown("it is not known which device exports dma-buf {}", insert.dmabuf());
            return;
        }
        if (dmabuf.device() != insert.by()) {
            report.violation("dmabuf=" + dmabuf.id() + " device=" + insert.by())
                    .since(dmabuf.born())
                    .witness("exported", dmabuf.exportSeq())
                    .witness("entry inserted by another device", insert.seq())
                    .says("Device " + insert.by() + " maps pages of dma-buf " + dmabuf.id() + ", which device "
                            + dmabuf.device() + " exports.");
        }
    }
}

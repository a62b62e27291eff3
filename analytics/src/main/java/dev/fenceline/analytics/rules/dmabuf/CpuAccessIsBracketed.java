package dev.fenceline.analytics.rules.dmabuf;

import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.DmaBuf;
import dev.fenceline.analytics.state.DmaBufs;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.CpuAccess;
import dev.fenceline.event.Severity;

/** A-D09: CPU access to a dma-buf is bracketed, with the right direction. */
public final class CpuAccessIsBracketed {
    public static final Rule RULE = Rule.named("A-D09", "cpu-access-is-bracketed")
            .severity(Severity.ERROR)
            .states(
                    "Each CPU access to a dma-buf lies between begin and end of the same client, in a direction that covers it: TO (the "
                            + "device) for writes, FROM for reads.")
            .why(
                    "Begin waits for the device and moves caches; without it the CPU reads old data, or its writes get lost.")
            .source(
                    "dma-buf.c:dma_buf_begin_cpu_access, __dma_buf_begin_cpu_access (dma_resv_usage_rw), DMA_BUF_IOCTL_SYNC; thread 004")
            .advice(
                    "Bracket with DMA_BUF_IOCTL_SYNC or dma_buf_begin_cpu_access; directions are the device's view. Brackets of other "
                            + "clients do not count.")
            .needs(Stream.CPUACC)
            .before(CpuAccess.class, (access, state, report) -> {
                if (!access.hasDmabuf()) {
                    return;
                }
                DmaBuf dmabuf = state.dmaBufs().dmaBuf(access.dmabuf());
                long client = DmaBufs.clientOf(access);
                if (dmabuf != null && dmabuf.isBracketed(client, access.write())) {
                    return;
                }
                long other = dmabuf == null ? 0 : dmabuf.bracketSeq(client);
                report.violation("dmabuf=" + access.dmabuf() + " client=" + client)
                        .since(dmabuf == null ? 0 : dmabuf.born())
                        .witness("bracketed for the other direction", other)
                        .witness("accessed", access.seq())
                        .says("The CPU " + (access.write() ? "writes" : "reads") + " dma-buf " + access.dmabuf()
                                + (other > 0
                                        ? " in a bracket for the other direction."
                                        : " outside any bracket of its client."));
            })
            .build();

    private CpuAccessIsBracketed() {}
}

package dev.fenceline.analytics.rules.bo;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.DevmemCopies;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Reservation;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.CpuPteInsert;
import dev.fenceline.event.Event;
import dev.fenceline.event.PageAccess;
import dev.fenceline.event.PageAccessor;
import dev.fenceline.event.Severity;
import dev.fenceline.event.Usage;

/** A-T05: a CPU fault waits for KERNEL fences, and only for those. */
public final class CpuFaultWaitsForMoves {
    public static final Rule RULE = Rule.named("A-T05", "cpu-fault-waits-for-moves")
            .severity(Severity.CRITICAL)
            .states(
                    "A process gets a page table entry for a BO only when every KERNEL fence in the reservation the BO points to "
                            + "is done; fences of weaker usage do not matter. It reaches a page that comes back from memory of a device only when "
                            + "the copy into it is done.")
            .why(
                    "A KERNEL fence is a move or a clear that still runs: the process reads what another one left there, and what "
                            + "it writes is overwritten.")
            .source(
                    "ttm_bo_vm.c:ttm_bo_vm_fault_idle (DMA_RESV_USAGE_KERNEL); include/linux/dma-resv.h:enum dma_resv_usage; "
                            + "thread 002")
            .advice("Wait for DMA_RESV_USAGE_KERNEL in the fault handler, or drop the locks and retry the fault.")
            .needs(Stream.CPTE, Stream.RESV)
            .before(CpuPteInsert.class, CpuFaultWaitsForMoves::judge)
            .before(PageAccess.class, CpuFaultWaitsForMoves::judgePage)
            .build();

    private CpuFaultWaitsForMoves() {}

    private static void judgePage(PageAccess access, KernelState state, Report report) {
        DevmemCopies.Copy copy =
                access.who() == PageAccessor.CPU_USER ? state.devmemCopies().filling(access.page()) : null;
        if (copy != null) {
            report.violation((copy.bo() == Event.ABSENT ? "" : "bo=" + copy.bo() + " ") + "fence=" + copy.fence())
                    .since(copy.seq())
                    .restsOn(state.fences().fence(copy.fence()))
                    .witness("copy submitted", copy.seq())
                    .witness("page reached before it is done", access.seq())
                    .says("A process reaches page " + access.page() + " while fence " + copy.fence()
                            + ", whose work fills it, is pending.");
        }
    }

    private static void judge(CpuPteInsert insert, KernelState state, Report report) {
        // The dummy page of an unplugged device is no memory of the BO's.
        if (insert.dummy() || !insert.hasBo()) {
            return;
        }
        BufferObject bo = state.buffers().bo(insert.bo());
        long id = state.buffers().resvOf(bo, insert.bo());
        if (id == Event.ABSENT) {
            if (state.reservations().size() > 0) {
                report.unknown("it is not known which reservation BO {} belongs to", insert.bo());
            }
            return;
        }
        Reservation resv = state.reservations().reservation(id);
        int slot = resv == null ? -1 : state.reservations().pendingSlot(resv, Usage.KERNEL, 0);
        if (resv != null && slot >= 0) {
            report.violation("bo=" + insert.bo() + " fence=" + resv.fence(slot))
                    .since(bo == null ? resv.addSeq(slot) : bo.born())
                    .since(resv.addSeq(slot))
                    .since(state.fences().knownFrom(state.fences().fence(resv.fence(slot))))
                    .witness("KERNEL fence added", resv.addSeq(slot))
                    .witness("entry inserted while it is pending", insert.seq())
                    .says("A process gets a page table entry for BO " + insert.bo() + " while KERNEL fence "
                            + resv.fence(slot) + " is pending.");
        }
    }
}

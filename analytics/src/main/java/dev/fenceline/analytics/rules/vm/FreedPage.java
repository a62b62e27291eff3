package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Queue;
import dev.fenceline.analytics.state.StaleTranslation;
import dev.fenceline.analytics.state.StaleTranslation.Gap;
import java.util.ArrayList;
import java.util.List;

/** A page or block of VRAM that goes back to the allocator, and the translations to it that TLBs may still hold. */
final class FreedPage {
    private FreedPage() {}

    /** The translations through which the page can be reached for that reason, one of each address space. */
    static List<StaleTranslation> reachedBy(long page, Gap gap, KernelState state) {
        List<StaleTranslation> reached = new ArrayList<>(0);
        long last = -1;
        for (StaleTranslation stale : state.translations().staleOfPage(page)) {
            boolean another = reached.isEmpty() || stale.vm() != last;
            if (another && stale.gap() == gap && mayRun(stale.vm(), state)) {
                reached.add(stale);
                last = stale.vm();
            }
        }
        return reached;
    }

    /**
     * Whether a queue may use what a TLB holds for the address space. Who runs needs no handle for that: the queues keep the VM. Queues
     * with preempt fences that are off the hardware get a flush before they run again. Where no queue ever ran no TLB was filled, but
     * a VM from before the recording may have had queues that were not seen.
     */
    private static boolean mayRun(long id, KernelState state) {
        AddressSpace vm = state.spaces().vm(id);
        if (vm == null) {
            return true;
        }
        for (Queue queue : state.queues().inVm(id)) {
            boolean preempted = vm.hasPreemptFences() && queue.suspendDoneSeq() > 0;
            if (queue.deadSeq() == 0 && !queue.isOfBinds() && !preempted) {
                return true;
            }
        }
        boolean mayGetQueues = vm.closeSeq() == 0;
        return mayGetQueues && (state.queues().everIn(id) ? !vm.hasPreemptFences() : vm.isAssumed());
    }
}

package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Mapping;
import dev.fenceline.analytics.state.Queue;
import dev.fenceline.analytics.state.StaleTranslation;
import dev.fenceline.analytics.state.StaleTranslation.Gap;
import dev.fenceline.analytics.state.VramBlocks.Tenant;
import dev.fenceline.event.VramFree;
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

    /** The translations through which the block can be reached for that reason: as entries name it, or as what its BO is mapped by. */
    static List<StaleTranslation> reachedBy(VramFree free, Gap gap, KernelState state) {
        List<StaleTranslation> reached = reachedBy(free.block(), gap, state);
        for (Mapping mapping : mappingsOf(free, state)) {
            for (StaleTranslation stale : state.translations().staleSince(mapping)) {
                boolean another = reached.stream().noneMatch(each -> each.vm() == stale.vm());
                if (another && stale.gap() == gap && mayRun(stale.vm(), state)) {
                    reached.add(stale);
                }
            }
        }
        return reached;
    }

    /** The mappings of the BO that lies in the block and was not moved out of it. */
    static List<Mapping> mappingsOf(VramFree free, KernelState state) {
        List<Mapping> mappings = new ArrayList<>(0);
        Tenant tenant = state.vramBlocks().tenantOf(free);
        for (long id : tenant == null ? new long[0] : state.spaces().mappingsOfBo(tenant.bo())) {
            Mapping mapping = state.spaces().mapping(id);
            // Where the BO moved away under it, what it maps is not this block.
            if (mapping != null && mapping.hasRange() && mapping.evictSeq() == 0) {
                mappings.add(mapping);
            }
        }
        return mappings;
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

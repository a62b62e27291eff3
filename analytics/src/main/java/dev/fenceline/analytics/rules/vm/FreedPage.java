package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Queue;
import dev.fenceline.analytics.state.StaleTranslation;
import dev.fenceline.analytics.state.StaleTranslation.Gap;
import dev.fenceline.event.PageFree;
import org.jspecify.annotations.Nullable;

/** A page that goes back to the allocator, and the translation to it that a TLB may still hold. */
final class FreedPage {
    private FreedPage() {}

    /** The translation through which the page can be reached for that reason; null if there is none. */
    static @Nullable StaleTranslation reachedBy(PageFree free, Gap gap, KernelState state) {
        StaleTranslation stale = state.translations().staleOfPage(free.page());
        return stale != null && stale.gap() == gap && !isOutOfReach(stale, state) ? stale : null;
    }

    /** A closed VM runs nothing; queues with preempt fences that are off the hardware get a flush before they run again. */
    private static boolean isOutOfReach(StaleTranslation stale, KernelState state) {
        AddressSpace vm = state.spaces().vm(stale.vm());
        if (vm == null || vm.closeSeq() > 0) {
            return vm != null;
        }
        boolean someQueue = false;
        for (long id : state.queues().ids()) {
            Queue queue = state.queues().queue(id);
            if (queue != null && queue.vm() == vm.id()) {
                someQueue = true;
                if (queue.suspendDoneSeq() == 0) {
                    return false;
                }
            }
        }
        return someQueue && vm.hasPreemptFences();
    }
}

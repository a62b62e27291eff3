package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Queue;
import dev.fenceline.analytics.state.Translations.Stale;
import dev.fenceline.event.BoCreate;
import dev.fenceline.event.PageFree;
import dev.fenceline.event.VramFree;
import org.jspecify.annotations.Nullable;

/** The translation through which memory that is given away can still be reached, and why the TLBs hold it. */
final class StaleTranslation {
    /** Why a TLB may still hold a translation. */
    enum Cause {
        NOT_FLUSHED,
        SENT_EARLY,
        TIMED_OUT
    }

    private StaleTranslation() {}

    static @Nullable Stale of(PageFree free, Cause cause, KernelState state) {
        return free.hasPage() ? ifDangerous(state.translations().staleOfPage(free.page()), cause, state) : null;
    }

    static @Nullable Stale of(VramFree free, Cause cause, KernelState state) {
        return ifDangerous(state.translations().staleOfBlock(free.block()), cause, state);
    }

    static @Nullable Stale of(BoCreate create, Cause cause, KernelState state) {
        return ifDangerous(state.translations().staleOfBlock(create.block()), cause, state);
    }

    private static @Nullable Stale ifDangerous(@Nullable Stale stale, Cause cause, KernelState state) {
        boolean asked = stale != null && causeOf(stale) == cause && !isOutOfReach(stale, state);
        return asked ? stale : null;
    }

    private static Cause causeOf(Stale stale) {
        if (stale.flushedSeq() > 0) {
            return Cause.NOT_FLUSHED;
        }
        if (stale.timeoutSeq() > 0) {
            return Cause.TIMED_OUT;
        }
        return stale.earlySeq() > 0 ? Cause.SENT_EARLY : Cause.NOT_FLUSHED;
    }

    /** A closed VM runs nothing; queues that are off the hardware get a flush before they run again. */
    private static boolean isOutOfReach(Stale stale, KernelState state) {
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

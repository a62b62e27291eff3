package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.InvalidationRange;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Mapping;
import dev.fenceline.analytics.state.Notifier;
import dev.fenceline.analytics.state.Reservation;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.MmRangeStartDone;
import dev.fenceline.event.NotifierModel;
import dev.fenceline.event.Severity;

/** U06: the notifier returns only when old work can no longer touch the pages (drivers that wait for fences). */
public final class NotifierWaitsForOldWork {
    public static final Rule RULE = Rule.named("U06", "notifier-waits-for-old-work")
            .severity(Severity.CRITICAL)
            .states(
                    "Where userptr pages are not pinned and the driver waits for fences, an invalidation starts (returns 0) only "
                            + "after every fence is done that was in the reservation of the VM, or of the userptr BO where it is one, "
                            + "when the callback took the notifier lock.")
            .why(
                    "The core mm frees the pages as soon as the start returns: work that still runs writes into pages that belong "
                            + "to somebody else.")
            .source("xe_userptr.c:xe_vma_userptr_do_inval (waits BOOKKEEP), amdgpu_hmm.c:amdgpu_hmm_invalidate_gfx, "
                    + "Documentation/gpu/drm-vm-bind-locking.rst; thread 001")
            .advice(
                    "Wait for DMA_RESV_USAGE_BOOKKEEP, without a timeout, before the callback (or its second pass) returns.")
            .needs(Stream.FENCE, Stream.LOCK, Stream.MM, Stream.NOTIFIER, Stream.RESV)
            .before(MmRangeStartDone.class, NotifierWaitsForOldWork::judge)
            .build();

    private NotifierWaitsForOldWork() {}

    private static void judge(MmRangeStartDone done, KernelState state, Report report) {
        InvalidationRange range = state.notifiers().range(done.rangeId());
        if (range == null || (done.hasResult() && done.result() != 0)) {
            return;
        }
        // Judged where the start returns: a first pass may leave the waiting to a second, which runs before that.
        for (int i = 0; i < range.callbackCount(); i++) {
            InvalidationRange.Callback callback = range.callback(i);
            Notifier notifier = state.notifiers().notifier(callback.notifier());
            if (notifier != null && !callback.refused() && waitsForFences(notifier, state, report)) {
                judge(range, callback, notifier, state, report);
            }
        }
    }

    private static boolean waitsForFences(Notifier notifier, KernelState state, Report report) {
        if (!state.ledger().isFragment() && !state.session().declaresNotifierModel()) {
            report.unknown("the session does not say how its driver answers notifiers");
            return false;
        }
        AddressSpace vm = state.spaces().vm(state.notifiers().vmOf(notifier));
        boolean waits = (vm == null || !vm.isFaultMode())
                && state.session().notifierModel() == NotifierModel.UNPINNED_WAIT
                && !isNeverBound(notifier, state);
        if (waits && vm != null && !state.spaces().isModeKnown(vm) && !vm.isLongRunning()) {
            report.unknown("it is not known whether VM " + vm.id() + " takes page faults, so that its notifiers zap");
            return false;
        }
        return waits;
    }

    /** The VM's reservation; amdgpu's userptr is a BO, which has one of its own. */
    private static long resvOf(Notifier notifier, KernelState state) {
        Mapping mapping = state.notifiers().mappingOf(notifier);
        BufferObject bo = mapping == null ? null : state.buffers().bo(mapping.bo());
        return bo == null
                ? state.spaces().resvOf(state.notifiers().vmOf(notifier))
                : state.buffers().resvOf(bo);
    }

    /**
     * The driver need not wait for a mapping that the GPU never reached (xe: {@code initial_bind}). The recording must hold
     * the mapping from its creation; a fragment must also say that it is the notifier's.
     */
    private static boolean isNeverBound(Notifier notifier, KernelState state) {
        Mapping mapping = state.notifiers().mappingOf(notifier);
        return mapping != null
                && (!state.ledger().isFragment() || notifier.vma() == mapping.id())
                && state.ledger().holds(Stream.PTE)
                && state.ledger().holds(Stream.VM)
                && state.spaces().isNeverBound(mapping);
    }

    private static void judge(
            InvalidationRange range,
            InvalidationRange.Callback callback,
            Notifier notifier,
            KernelState state,
            Report report) {
        long id = resvOf(notifier, state);
        if (id == Event.ABSENT) {
            if (state.reservations().size() > 0) {
                report.unknown("it is not known which reservation holds the work under notifier {}", notifier.id());
            }
            return;
        }
        Reservation resv = state.reservations().reservation(id);
        for (int slot = 0; resv != null && slot < resv.size(); slot++) {
            // What was replaced since was still in the reservation when the callback looked.
            boolean wasThere = resv.addSeq(slot) < callback.seenFromSeq()
                    && (resv.replacedSeq(slot) == 0 || resv.replacedSeq(slot) >= callback.seenFromSeq());
            Fence fence = wasThere ? state.reservations().pending(resv, slot) : null;
            if (fence != null) {
                report.violation("range=" + range.id())
                        .since(range.born())
                        .since(state.fences().knownFrom(fence))
                        .since(notifier.born())
                        .witness("fence added", resv.addSeq(slot))
                        .witness("notifier called", callback.invalidateSeq())
                        .witness(
                                "started before the fence signalled",
                                report.event().seq())
                        .says("The invalidation starts while fence " + fence.id()
                                + ", which may use the pages under notifier " + notifier.id() + ", is pending.");
                return;
            }
        }
    }
}

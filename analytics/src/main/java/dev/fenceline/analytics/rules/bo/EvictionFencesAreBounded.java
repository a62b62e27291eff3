package dev.fenceline.analytics.rules.bo;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.EvictionFences;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.FenceContext;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.ManagerEvictFence;
import dev.fenceline.event.Severity;

/** A-T16: pipelined eviction fences are of bounded contexts, and never go backwards. */
public final class EvictionFencesAreBounded {
    private static final int CONTEXTS = 8;
    private static final int CONTEXTS_UP_TO_6_12 = 1;

    public static final Rule RULE = Rule.named("A-T16", "eviction-fences-are-bounded")
            .severity(Severity.WARN)
            .states(
                    "A manager of memory is offered eviction fences of no more contexts than it remembers, and keeps a fence only "
                            + "if it is later than the one it has of that context.")
            .why(
                    "A fence that finds no place, or that takes the place of a later one, is missing where the memory is used next.")
            .source("ttm_bo_util.c:ttm_bo_move_pipeline_evict (\"not enough fence slots for all fence contexts\", "
                    + "dma_fence_is_later), include/drm/ttm/ttm_resource.h:TTM_NUM_MOVE_FENCES")
            .advice("Submit the moves of a device through no more queues than the manager has places.")
            .needs(Stream.MGR)
            .parameter("contexts", "1 up to kernel 6.12, 8 later", "ttm_resource.h: struct ttm_resource_manager")
            .before(ManagerEvictFence.class, EvictionFencesAreBounded::judge)
            .build();

    private EvictionFencesAreBounded() {}

    private static void judge(ManagerEvictFence offer, KernelState state, Report report) {
        Fence fence = state.fences().fence(offer.fence());
        long context = fence == null ? state.fences().contextNamed(offer.fence()) : fence.context();
        long seqno = fence == null ? state.fences().seqnoNamed(offer.fence()) : fence.seqno();
        if (context == Event.ABSENT || seqno == Event.ABSENT) {
            report.unknown("it is not known of which context fence {} is", offer.fence());
            return;
        }
        long device = fence == null
                ? state.session().soleObject("device")
                : state.resources().deviceOf(fence);
        EvictionFences manager = state.resources().manager(device, offer.memoryType());
        if (manager == null) {
            return;
        }
        int kept = manager.indexOf(context);
        boolean is64Bit = fence != null && fence.is64Bit();
        if (kept < 0) {
            judgeRoom(offer, manager, device, state, report);
        } else if (offer.stored() && FenceContext.isLater(manager.seqno(kept), seqno, is64Bit)) {
            report.violation("manager=" + manager.memory() + " context=" + context)
                    .since(manager.seq(kept))
                    .witness("later fence kept", manager.seq(kept))
                    .witness("earlier fence takes its place", offer.seq())
                    .says("The manager of " + manager.memory() + " keeps seqno " + seqno + " of context " + context
                            + " in place of the later " + manager.seqno(kept) + ".");
        }
    }

    private static void judgeRoom(
            ManagerEvictFence offer, EvictionFences manager, long device, KernelState state, Report report) {
        int places = state.session().isKernelAtMost(6, 12) ? CONTEXTS_UP_TO_6_12 : CONTEXTS;
        if (manager.contexts() < places) {
            return;
        }
        if (device == Event.ABSENT && state.devices().size() > 1) {
            report.unknown("it is not known whose memory fence {} is about", offer.fence());
            return;
        }
        report.violation("manager=" + manager.memory())
                .since(manager.firstSeq())
                .witness("a fence of another context kept", manager.seq(manager.contexts() - 1))
                .witness("one context too many", offer.seq())
                .says("The manager of " + manager.memory() + " is offered a fence of one more context than the "
                        + places + " it remembers.");
    }
}

package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.BufferObjects;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Mapping;
import dev.fenceline.analytics.state.Queue;
import dev.fenceline.analytics.state.StaleTranslation;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.BoCopyStart;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;

/** V16: the copy of a move starts when no VM that maps the BO can reach it any more. */
public final class MovedBoIsOutOfReach {
    public static final Rule RULE = Rule.named("V16", "moved-bo-is-out-of-reach")
            .severity(Severity.CRITICAL)
            .states(
                    "When the copy of a move starts, the entries of the BO in VMs with page faults are cleared and flushed, and "
                            + "the preempt fences and jobs of the other VMs that map it are done, or the copy waits for them.")
            .why(
                    "A GPU that still runs writes to the place that the copy has already read, or that belongs to somebody else.")
            .source("xe_bo.c:xe_bo_trigger_rebind, xe_bo_move_notify; thread 000")
            .advice(
                    "Wait for BOOKKEEP before zapping in VMs with page faults; give the copy all fences as dependencies.")
            .needs(Stream.FENCE, Stream.MOVE, Stream.PTE, Stream.RESV, Stream.TLB, Stream.VM)
            .before(BoCopyStart.class, MovedBoIsOutOfReach::judge)
            .build();

    private MovedBoIsOutOfReach() {}

    private static void judge(BoCopyStart start, KernelState state, Report report) {
        BufferObject bo = state.buffers().bo(start.bo());
        int move = bo == null ? -1 : BufferObjects.submittedMove(bo, start);
        long moveSeq =
                bo == null || move < 0 ? start.seq() : bo.submittedMoves().seq(move);
        for (long id : state.spaces().mappingsOfBo(start.bo())) {
            Mapping mapping = state.spaces().mapping(id);
            AddressSpace vm =
                    mapping == null ? null : state.spaces().vm(state.spaces().vmOf(mapping));
            if (mapping == null || vm == null || vm.closeSeq() > 0) {
                continue;
            }
            if (vm.isFaultMode()) {
                judgeEntries(mapping, vm, moveSeq, start, state, report);
            } else if (judgeFences(mapping, vm, moveSeq, start, state, report)) {
                return;
            }
        }
    }

    /** What was bound after the move was submitted shows the new place. */
    private static void judgeEntries(
            Mapping mapping, AddressSpace vm, long moveSeq, BoCopyStart start, KernelState state, Report report) {
        long entry = state.spaces().entryOf(mapping);
        long written = entry < moveSeq ? entry : 0;
        StaleTranslation stale = written > 0 ? null : state.translations().staleIn(mapping);
        if (written > 0 || stale != null) {
            report.violation("bo=" + start.bo())
                    .since(vm.born())
                    .since(mapping.born())
                    .witness("entries written", written)
                    .witness("entries cleared, not flushed", stale == null ? 0 : stale.zapSeq())
                    .witness("copy starts", start.seq())
                    .says("The copy that moves BO " + start.bo() + " starts while VM " + vm.id()
                            + ", which takes page faults, reaches it through mapping " + mapping.id() + ".");
        }
    }

    private static boolean judgeFences(
            Mapping mapping, AddressSpace vm, long moveSeq, BoCopyStart start, KernelState state, Report report) {
        for (Queue queue : state.queues().inVm(vm.id())) {
            if (queue.deadSeq() > 0) {
                continue;
            }
            long awaited = vm.hasPreemptFences() ? queue.preemptFence() : queue.workFence();
            long made = vm.hasPreemptFences() ? queue.armSeq() : queue.workSeq();
            Fence fence = awaited == Event.ABSENT ? null : state.fences().fence(awaited);
            if (fence != null && made < moveSeq && !state.fences().isComplete(fence)) {
                report.violation("bo=" + start.bo())
                        .since(vm.born())
                        .since(mapping.born())
                        .since(state.fences().knownFrom(fence))
                        .witness(vm.hasPreemptFences() ? "preempt fence armed" : "work published", made)
                        .witness("move submitted", moveSeq == start.seq() ? 0 : moveSeq)
                        .witness("copy starts", start.seq())
                        .says("The copy that moves BO " + start.bo() + " starts while fence " + fence.id() + " of VM "
                                + vm.id() + ", which maps it, is pending.");
                return true;
            }
        }
        return false;
    }
}

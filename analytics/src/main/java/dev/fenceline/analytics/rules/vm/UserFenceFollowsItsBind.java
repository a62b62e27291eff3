package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.UserFences;
import dev.fenceline.event.BindOp;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;
import dev.fenceline.event.UserFenceSignal;
import dev.fenceline.event.VmBind;

/** V18: a user fence is written after its bind is done, and a mapping whose bind is pending is not unmapped. */
public final class UserFenceFollowsItsBind {
    public static final Rule RULE = Rule.named("V18", "user-fence-follows-its-bind")
            .severity(Severity.ERROR)
            .states(
                    "The value of a user fence is written only after its bind finished, and a mapping whose user fence is pending "
                            + "refuses to be unmapped.")
            .why("User space takes the value for the permission to use the mapping, which is not there yet.")
            .source("xe_sync.c:user_fence_worker, xe_vm.c:check_ufence; thread 003")
            .advice("Write the value from a callback of the bind's fence; return -EBUSY while it is pending.")
            .needs(Stream.FENCE, Stream.MM, Stream.SYNC, Stream.TASK, Stream.VM)
            .before(UserFenceSignal.class, UserFenceFollowsItsBind::judge)
            .before(VmBind.class, UserFenceFollowsItsBind::judge)
            .build();

    private UserFenceFollowsItsBind() {}

    private static void judge(UserFenceSignal signal, KernelState state, Report report) {
        UserFences.UserFence promise = signal.hasAddress() ? state.userFences().promised(signal) : null;
        Fence fence = promise == null ? null : state.fences().fence(promise.fence());
        if (promise == null || fence == null || state.fences().isComplete(fence)) {
            return;
        }
        report.violation("address=" + promise.address())
                .since(promise.bindSeq())
                .since(state.fences().knownFrom(fence))
                .witness("bind queued", promise.bindSeq())
                .witness("user fence signalled before the bind is done", signal.seq())
                .says("The user fence of a bind is signalled while fence " + fence.id() + " of the bind is pending.");
    }

    private static void judge(VmBind bind, KernelState state, Report report) {
        boolean unmaps = bind.op() == BindOp.UNMAP || bind.op() == BindOp.REMAP;
        boolean refused = bind.hasResult() && bind.result() < 0;
        UserFences.UserFence promise = unmaps && !refused ? state.userFences().ofMapping(bind.vma()) : null;
        if (promise == null) {
            return;
        }
        // The driver counts it as signalled a moment before the value can be seen: once the bind is done, it may be.
        Fence fence = state.fences().fence(promise.fence());
        boolean mayBeSignalled = promise.fence() != Event.ABSENT
                && (fence == null || state.fences().isComplete(fence));
        if (mayBeSignalled) {
            return;
        }
        report.violation("vma=" + promise.vma())
                .since(promise.bindSeq())
                .since(fence == null ? promise.bindSeq() : fence.born())
                .witness("bind with a user fence queued", promise.bindSeq())
                .witness("unmapped while it is pending", bind.seq())
                .says("Mapping " + promise.vma() + " is unmapped while the user fence of its bind is pending.");
    }
}

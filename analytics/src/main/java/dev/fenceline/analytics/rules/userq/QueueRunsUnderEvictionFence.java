package dev.fenceline.analytics.rules.userq;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.UserQueueClient;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;
import dev.fenceline.event.UserQueueState;
import dev.fenceline.event.UserqCreate;
import dev.fenceline.event.UserqState;

/** A-Q03: a queue is mapped only under an armed eviction fence. */
public final class QueueRunsUnderEvictionFence {
    public static final Rule RULE = Rule.named("A-Q03", "queue-runs-under-eviction-fence")
            .severity(Severity.CRITICAL)
            .states(
                    "Whenever a user-mode queue is mapped, its client has an eviction fence that is not signalled; the one fence is shared "
                            + "by all queues of the client.")
            .why("Without the fence nobody waits for the queue before memory moves away under it.")
            .source("amdgpu_userq.c:amdgpu_userq_vm_validate_and_restore_queue (amdgpu_evf_mgr_rearm before "
                    + "amdgpu_userq_restore_all), amdgpu_userq_ensure_ev_fence; thread 003. amdgpu_userq_post_reset of 7.3 maps hung "
                    + "queues without arming the fence again, by our reading: there the rule fires rightly.")
            .advice(
                    "Arm the fence, on all BOs, before the queue is mapped: at creation, at restore, and after a reset.")
            .needs(Stream.FENCE, Stream.USERQ)
            .before(UserqState.class, (change, state, report) -> {
                boolean failed = change.hasResult() && change.result() < 0;
                if (change.state() == UserQueueState.MAPPED && !failed) {
                    judge(change.queue(), change.client(), state, report);
                }
            })
            .before(UserqCreate.class, (create, state, report) -> {
                boolean failed = create.hasResult() && create.result() < 0;
                if (create.state() == UserQueueState.MAPPED && !failed) {
                    judge(create.queue(), create.client(), state, report);
                }
            })
            .build();

    private QueueRunsUnderEvictionFence() {}

    private static void judge(long queue, long stated, KernelState state, Report report) {
        long id = state.userQueues().clientOf(stated, queue);
        if (id == Event.ABSENT) {
            report.unknown("it is not known which client queue {} belongs to", queue);
            return;
        }
        UserQueueClient client = state.userQueues().client(id);
        Fence fence = client == null ? null : state.fences().fence(client.evictionFence());
        if (fence != null && !state.fences().isComplete(fence)) {
            return;
        }
        long signalled = fence == null ? 0 : fence.bitSeq();
        // Without a signal the finding rests on the fence that is not there.
        report.violation("queue=" + queue)
                .since(client == null || signalled == 0 ? 0 : client.armSeq())
                .witness("eviction fence armed", client == null ? 0 : client.armSeq())
                .witness("eviction fence signalled", signalled)
                .witness("queue mapped", report.event().seq())
                .says("Queue " + queue + " of client " + id + " is mapped without an eviction fence that guards it.");
    }
}

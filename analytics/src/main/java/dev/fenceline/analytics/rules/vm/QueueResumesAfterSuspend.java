package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Queue;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.QueueResume;
import dev.fenceline.event.Severity;

/** V10: a queue is resumed only after it was suspended with success. */
public final class QueueResumesAfterSuspend {
    public static final Rule RULE = Rule.named("V10", "queue-resumes-after-suspend")
            .severity(Severity.ERROR)
            .states("A queue is resumed only after a request to suspend it that was accepted, and once for each.")
            .why("The firmware is told to enable what it never disabled: the state of driver and firmware part ways.")
            .source("xe_preempt_fence.c:preempt_fence_work_func (lr.suspended), xe_guc_submit.c:guc_exec_queue_resume")
            .advice("Remember per queue whether the suspend succeeded, and resume only those.")
            .needs(Stream.VM)
            .before(QueueResume.class, QueueResumesAfterSuspend::judge)
            .build();

    private QueueResumesAfterSuspend() {}

    private static void judge(QueueResume resume, KernelState state, Report report) {
        Queue queue = state.queues().queue(resume.queue());
        boolean failed = resume.hasResult() && resume.result() < 0;
        // A queue that the recording meets here for the first time may have been suspended before.
        if (queue == null || failed || queue.suspendSeq() > 0 || !queue.isHistoryKnown()) {
            return;
        }
        boolean refused = queue.refusedSuspendSeq() > Math.max(queue.resumeSeq(), queue.armSeq());
        report.violation("queue=" + queue.id())
                .since(queue.born())
                .witness("queue created", queue.isAssumed() ? 0 : queue.born())
                .witness("on the hardware", queue.runningSeq())
                .witness("suspend refused", refused ? queue.refusedSuspendSeq() : 0)
                .witness("resumed", resume.seq())
                .says("Queue " + queue.id() + " is resumed although it is not suspended.");
    }
}

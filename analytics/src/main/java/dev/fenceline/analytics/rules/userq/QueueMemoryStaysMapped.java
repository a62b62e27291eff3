package dev.fenceline.analytics.rules.userq;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.UserQueue;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;
import dev.fenceline.event.UserQueueState;
import dev.fenceline.event.UserqState;
import dev.fenceline.event.VmUnmap;

/** A-Q08: queue memory stays mapped while the queue can run. */
public final class QueueMemoryStaysMapped {
    public static final Rule RULE = Rule.named("A-Q08", "queue-memory-stays-mapped")
            .severity(Severity.CRITICAL)
            .states(
                    "The ring, the pointers and the context of a user-mode queue are unmapped from its client's address space only when "
                            + "the queue is off the hardware, and the queue is not mapped while one of them is missing.")
            .why("The hardware fetches from these addresses at any time: it hangs, or runs what is there next.")
            .source("amdgpu_userq.c:amdgpu_userq_gem_va_unmap_validate, amdgpu_userq_restore_all (INVALID_VA), "
                    + "amdgpu_userq_input_va_validate; thread 003")
            .advice("Let the unmap wait for the BOOKKEEP fences, and restore a queue with a hole as INVALID_VA.")
            .needs(Stream.USERQ, Stream.VM)
            .before(VmUnmap.class, QueueMemoryStaysMapped::judge)
            .before(UserqState.class, QueueMemoryStaysMapped::judge)
            .build();

    private QueueMemoryStaysMapped() {}

    private static void judge(VmUnmap unmap, KernelState state, Report report) {
        long client = state.userQueues().clientOf(unmap.client(), Event.ABSENT);
        if (client == Event.ABSENT) {
            report.unknown("it is not known whose address space is unmapped");
            return;
        }
        boolean whole = state.userQueues().isWhole(client, unmap.address(), unmap.bo());
        long length = state.userQueues().lengthOf(unmap.bo());
        for (UserQueue queue : state.userQueues().of(client)) {
            if (queue.isMapped() && queue.needs(unmap.address(), whole ? length : 1)) {
                report.violation("queue=" + queue.id())
                        .since(queue.stateSeq())
                        .witness("queue mapped", queue.stateSeq())
                        .witness("its memory unmapped", unmap.seq())
                        .says("Memory that queue " + queue.id() + " needs is unmapped while it is on the hardware.");
            } else if (queue.isMapped() && queue.needs(unmap.address(), length)) {
                report.unknown("it is not known how much of a BO was unmapped under queue {}", queue.id());
            }
        }
    }

    private static void judge(UserqState change, KernelState state, Report report) {
        UserQueue queue = state.userQueues().queue(change.queue());
        boolean failed = change.hasResult() && change.result() < 0;
        if (change.state() == UserQueueState.MAPPED
                && !failed
                && queue != null
                && queue.departed() == 0
                && queue.unmappedSeq() > 0) {
            report.violation("queue=" + queue.id())
                    .since(queue.unmappedSeq())
                    .since(queue.born())
                    .witness("its memory unmapped", queue.unmappedSeq())
                    .witness("queue mapped", change.seq())
                    .says("Queue " + queue.id() + " is mapped although memory that it needs is not.");
        }
    }
}

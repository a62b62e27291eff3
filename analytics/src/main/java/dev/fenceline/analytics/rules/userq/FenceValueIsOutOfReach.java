package dev.fenceline.analytics.rules.userq;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.UserQueue;
import dev.fenceline.analytics.state.UserQueues;
import dev.fenceline.event.Seq64Write;
import dev.fenceline.event.Severity;
import dev.fenceline.event.SlotWriter;

/** A-Q07: the fence value is not writable by the waiter or the submitter. */
public final class FenceValueIsOutOfReach {
    public static final Rule RULE = Rule.named("A-Q07", "fence-value-is-out-of-reach")
            .severity(Severity.CRITICAL)
            .states(
                    "The word that the fences of a user-mode queue are read from is written by the protected packet of the hardware or by "
                            + "the kernel, by nobody else, and does not get smaller while fences of the queue are pending.")
            .why(
                    "Who can write it can signal fences, or keep them from signalling, that other processes and the kernel wait for.")
            .source("amdgpu_seq64.c:amdgpu_seq64_map (AMDGPU_VM_PAGE_READABLE), "
                    + "amdgpu_userq_fence.c:amdgpu_userq_fence_signaled, amdgpu_userq_fence_write; thread 003")
            .advice("Map the page read-only into every VM and keep it out of CPU mappings.")
            .needs(Stream.UMEM, Stream.USERQ)
            .before(Seq64Write.class, FenceValueIsOutOfReach::judge)
            .build();

    private FenceValueIsOutOfReach() {}

    private static void judge(Seq64Write write, KernelState state, Report report) {
        if (!write.hasSlot()) {
            report.unknown("it is not known which slot is written");
            return;
        }
        UserQueues.Slot slot = state.userQueues().slot(write.slot());
        if (write.by() == SlotWriter.USER) {
            report.violation("slot=" + write.slot())
                    .since(write.seq())
                    .witness("slot given to a queue", slot == null || slot.isAssumed() ? 0 : slot.born())
                    .witness("written by userspace", write.seq())
                    .says("Userspace writes " + write.value() + " to the word that fences are read from.");
            return;
        }
        if (write.by() == SlotWriter.UNKNOWN) {
            report.unknown("it is not known who writes slot {}", write.slot());
        }
        UserQueue queue =
                slot == null ? null : state.userQueues().queue(write.hasQueue() ? write.queue() : slot.queue());
        boolean smaller = slot != null
                && slot.valueSeq() > 0
                && write.hasValue()
                && Long.compareUnsigned(write.value(), slot.value()) < 0;
        if (slot != null && smaller && queue != null && queue.pendingCount() > 0) {
            report.violation("slot=" + write.slot())
                    .since(slot.valueSeq())
                    .since(queue.pendingSeq(0))
                    .witness("fence made", queue.pendingSeq(0))
                    .witness("value " + slot.value(), slot.valueSeq())
                    .witness("value " + write.value(), write.seq())
                    .says("The value of queue " + queue.id() + " goes back from " + slot.value() + " to "
                            + write.value() + " while fence " + queue.pendingFence(0) + " of it is pending.");
        }
    }
}

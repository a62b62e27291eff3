package dev.fenceline.analytics.rules.userq;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.UserQueue;
import dev.fenceline.event.BoDestroy;
import dev.fenceline.event.BoUnpin;
import dev.fenceline.event.Event;
import dev.fenceline.event.Placement;
import dev.fenceline.event.Severity;
import dev.fenceline.event.UserQueueState;
import dev.fenceline.event.UserqCreate;
import dev.fenceline.event.UserqState;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A-Q06: doorbells: right BO, pinned, in range, privileged priority. */
public final class DoorbellIsSound {
    private static final long SLOT_BYTES = 8;

    public static final Rule RULE = Rule.named("A-Q06", "doorbell-is-sound")
            .severity(Severity.CRITICAL)
            .states(
                    "The doorbell of a user-mode queue lies inside a BO of the doorbell aperture, which stays pinned while the queue may "
                            + "be on the hardware, and is no other queue's; a high priority is for who may ask for it.")
            .why(
                    "A doorbell that moves, or is shared, rings another queue; a BO that is pinned into the aperture loses what it held.")
            .source(
                    "amdgpu_userq.c:amdgpu_userq_get_doorbell_index (\"Pinning a regular BO into the doorbell domain would discard its "
                            + "contents\"), amdgpu_userq_priority_permit; thread 003")
            .advice("Check domain, range and capability in the create ioctl; unpin when the queue is off the hardware.")
            .needs(Stream.DBELL, Stream.USERQ)
            .before(UserqCreate.class, DoorbellIsSound::judge)
            .before(BoUnpin.class, (unpin, state, report) -> {
                BufferObject bo = state.buffers().bo(unpin.bo());
                // The pins themselves are of no stream this rule needs: one of several may be meant.
                if (bo != null && bo.pins() == 1) {
                    judge(unpin.bo(), "unpinned", state, report);
                }
            })
            .before(BoDestroy.class, (destroy, state, report) -> judge(destroy.bo(), "destroyed", state, report))
            .before(UserqState.class, DoorbellIsSound::judge)
            .build();

    private DoorbellIsSound() {}

    private static void judge(UserqCreate create, KernelState state, Report report) {
        if (create.hasResult() && create.result() < 0) {
            return;
        }
        if (create.hasCapable() && !create.capable() && isHigh(create.priority())) {
            report(create, report)
                    .since(create.seq())
                    .says("Queue " + create.queue() + " gets a high priority that its client may not ask for.");
        }
        BufferObject bo = state.buffers().bo(create.doorbellBo());
        if (bo != null && bo.placement() != Placement.UNKNOWN && bo.placement() != Placement.DOORBELL) {
            report(create, report)
                    .since(bo.born())
                    .witness("BO made elsewhere", bo.isAssumed() ? 0 : bo.born())
                    .says("The doorbell of queue " + create.queue() + " is in BO " + bo.id() + ", which is in "
                            + bo.placement() + ".");
        }
        if (bo != null && bo.size() != Event.ABSENT && create.hasOffset() && !isInside(create.offset(), bo.size())) {
            report(create, report)
                    .since(bo.born())
                    .witness("BO made", bo.isAssumed() ? 0 : bo.born())
                    .says("The doorbell of queue " + create.queue() + " is slot " + create.offset() + " of BO "
                            + bo.id() + ", which has " + bo.size() + " bytes.");
        }
        UserQueue sharer = state.userQueues().inSlot(create.doorbellBo(), create.offset());
        if (sharer != null && sharer.id() != create.queue()) {
            isShared(create, sharer, "slot " + create.offset() + " of BO " + create.doorbellBo(), report);
        } else if (create.hasIndex()) {
            judgeIndex(create, state, report);
        }
    }

    private static void judge(UserqState change, KernelState state, Report report) {
        UserQueue queue = state.userQueues().queue(change.queue());
        boolean failed = change.hasResult() && change.result() < 0;
        if (change.state() == UserQueueState.MAPPED
                && !failed
                && queue != null
                && queue.departed() == 0
                && queue.doorbellGoneSeq() > 0) {
            report.violation("queue=" + queue.id())
                    // A loss may hide that it was pinned again.
                    .restsOnAll()
                    .witness("queue created", queue.isAssumed() ? 0 : queue.born())
                    .witness("doorbell BO unpinned or destroyed", queue.doorbellGoneSeq())
                    .witness("queue mapped", change.seq())
                    .says("Queue " + queue.id() + " is mapped, but the BO of its doorbell is not pinned any more.");
        }
    }

    private static void judgeIndex(UserqCreate create, KernelState state, Report report) {
        long device = state.userQueues().deviceOf(create.client(), create.doorbellBo());
        if (device == Event.ABSENT) {
            report.unknown("it is not known which device queue {} is on", create.queue());
            return;
        }
        UserQueue other = state.userQueues().atIndex(create.index(), device);
        if (other != null && other.id() != create.queue()) {
            isShared(create, other, String.valueOf(create.index()), report);
        }
    }

    private static void isShared(UserqCreate create, UserQueue other, String doorbell, Report report) {
        report(create, report)
                .since(other.born())
                .witness("other queue created", other.isAssumed() ? 0 : other.born())
                .says("Queue " + create.queue() + " gets doorbell " + doorbell + ", which queue " + other.id()
                        + " has.");
    }

    private static Finding report(UserqCreate create, Report report) {
        return report.violation("queue=" + create.queue()).witness("queue created", create.seq());
    }

    private static boolean isInside(long slot, long size) {
        return slot >= 0 && slot < size / SLOT_BYTES;
    }

    /** NORMAL_HIGH is a step of the normal ones. */
    private static boolean isHigh(@Nullable String priority) {
        return priority != null && priority.toUpperCase(Locale.ROOT).equals("HIGH");
    }

    private static void judge(long bo, String what, KernelState state, Report report) {
        BufferObject known = state.buffers().bo(bo);
        for (UserQueue queue : state.userQueues().ofDoorbell(bo)) {
            if (!queue.isOffHardware()) {
                report.violation("queue=" + queue.id())
                        .since(queue.born())
                        .since(known == null ? 0 : known.born())
                        .witness("queue created", queue.isAssumed() ? 0 : queue.born())
                        .witness("doorbell BO " + what, report.event().seq())
                        .says("BO " + bo + " is " + what + " while the doorbell of queue " + queue.id() + " is in it.");
                return;
            }
        }
    }
}

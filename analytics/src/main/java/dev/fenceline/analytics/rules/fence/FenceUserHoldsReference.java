package dev.fenceline.analytics.rules.fence;

import dev.fenceline.analytics.rule.Condition;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadSections;
import dev.fenceline.event.DmaFenceAddCallback;
import dev.fenceline.event.DmaFenceEnableSignal;
import dev.fenceline.event.DmaFenceGet;
import dev.fenceline.event.DmaFencePut;
import dev.fenceline.event.DmaFenceRemoveCallback;
import dev.fenceline.event.DmaFenceSetError;
import dev.fenceline.event.DmaFenceSignaled;
import dev.fenceline.event.DmaFenceTest;
import dev.fenceline.event.DmaFenceTryget;
import dev.fenceline.event.DmaFenceWaitEnd;
import dev.fenceline.event.DmaFenceWaitStart;
import dev.fenceline.event.Event;
import dev.fenceline.event.ResvAddFence;
import dev.fenceline.event.ResvReplaceFences;
import dev.fenceline.event.Severity;
import dev.fenceline.event.SyncFileCreate;
import dev.fenceline.event.SyncFileWait;
import dev.fenceline.event.SyncobjPoint;
import dev.fenceline.event.SyncobjReplace;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** A-F06: every user of a fence holds a reference, or RCU. */
public final class FenceUserHoldsReference {
    public static final Rule RULE = Rule.named("A-F06", "fence-user-holds-reference")
            .severity(Severity.CRITICAL)
            .states(
                    "A fence is used only while somebody holds a reference to it, or by a thread in an RCU read section that it "
                            + "entered before the last reference went; never after its memory is freed.")
            .why(
                    "The memory of a fence is freed a grace period after its last reference: a later use reads what is there then.")
            .source(
                    "include/linux/dma-fence.h:struct dma_fence (cb_list, timestamp and rcu share memory), dma_fence_get_rcu, "
                            + "dma_fence_get_rcu_safe; dma-fence.c:dma_fence_free (kfree_rcu); thread 002")
            .advice(
                    "Take the reference, under the lock or by dma_fence_get_rcu, before the fence is used; look at who put it.")
            .needs(Stream.FREF)
            .before(DmaFenceWaitStart.class, use("waited for", DmaFenceWaitStart::fence))
            .before(DmaFenceWaitEnd.class, use("waited for", DmaFenceWaitEnd::fence))
            .before(DmaFenceAddCallback.class, use("callback added", DmaFenceAddCallback::fence))
            .before(DmaFenceRemoveCallback.class, use("callback removed", DmaFenceRemoveCallback::fence))
            .before(DmaFenceTest.class, use("tested", DmaFenceTest::fence))
            .before(DmaFenceEnableSignal.class, use("asked to signal", DmaFenceEnableSignal::fence))
            .before(DmaFenceSetError.class, use("error set", DmaFenceSetError::fence))
            .before(DmaFenceGet.class, use("referenced", DmaFenceGet::fence))
            .before(ResvAddFence.class, use("added to a reservation", ResvAddFence::fence))
            .before(ResvReplaceFences.class, use("put into a reservation", ResvReplaceFences::fence))
            .before(SyncFileCreate.class, use("put into a sync file", SyncFileCreate::fence))
            .before(SyncFileWait.class, use("waited for by its sync file", SyncFileWait::fence))
            .before(SyncobjReplace.class, use("put into a sync object", SyncobjReplace::fence))
            .before(SyncobjPoint.class, use("put into a sync object", SyncobjPoint::fence))
            .before(DmaFenceTryget.class, FenceUserHoldsReference::judgeTryget)
            // The end of a fence that is unsignalled signals it, and a put may be told after the destroy that it leads
            // to.
            .before(DmaFenceSignaled.class, useAfterFree("signalled", DmaFenceSignaled::fence))
            .before(DmaFencePut.class, useAfterFree("reference dropped", DmaFencePut::fence))
            .build();

    private FenceUserHoldsReference() {}

    private static <E extends Event> Condition<E> use(String how, ToLongFunction<E> fenceOf) {
        return (e, state, report) -> {
            Fence fence = dead(fenceOf.applyAsLong(e), state);
            if (fence != null && !isInEarlierSection(e, fence, state)) {
                report(fence, how, report);
            }
        };
    }

    private static <E extends Event> Condition<E> useAfterFree(String how, ToLongFunction<E> fenceOf) {
        return (e, state, report) -> {
            Fence fence = dead(fenceOf.applyAsLong(e), state);
            if (fence != null && fence.freeSeq() > 0) {
                report(fence, how, report);
            }
        };
    }

    /** How every reader of a reservation takes its reference: it may meet a dying fence, and gets nothing. */
    private static void judgeTryget(DmaFenceTryget e, KernelState state, Report report) {
        Fence fence = dead(e.fence(), state);
        if (fence == null) {
            return;
        }
        ThreadSections thread = state.threads().thread(e.tid());
        boolean reads = thread != null && !thread.rcu().isEmpty() && !isMemoryGone(fence, state);
        boolean revived = e.hasResult() && e.result();
        if (revived || !(reads || isInEarlierSection(e, fence, state))) {
            report(fence, revived ? "reference taken" : "looked at", report);
        }
    }

    private static @Nullable Fence dead(long id, KernelState state) {
        Fence fence = id == Event.ABSENT ? null : state.fences().fence(id);
        return fence == null || fence.destroySeq() == 0 || fence.hasSharedIdentity() ? null : fence;
    }

    /** A section entered before the last reference went keeps the memory, unless it was freed without a grace period. */
    private static boolean isInEarlierSection(Event e, Fence fence, KernelState state) {
        ThreadSections thread = state.threads().thread(e.tid());
        return thread != null
                && !thread.rcu().isEmpty()
                && thread.rcu().outermostSeq() < fence.destroySeq()
                && fence.freeSeq() == 0;
    }

    private static boolean isMemoryGone(Fence fence, KernelState state) {
        return fence.freeSeq() > 0 || state.driverMemory().isPastGracePeriod(fence.destroySeq());
    }

    private static void report(Fence fence, String how, Report report) {
        boolean freed = fence.freeSeq() > 0;
        // Of a thread that is in no section, only the whole recording can say that it entered none.
        report.violation("fence=" + fence.id())
                .since(freed ? fence.destroySeq() : 0)
                .witness("last reference gone", fence.destroySeq())
                .witness("memory freed", fence.freeSeq())
                .witness(how, report.event().seq())
                .says("Fence " + fence.id() + " is used after "
                        + (freed
                                ? "its memory was freed."
                                : "its last reference "
                                        + "went, by a thread that is not in an RCU section from before."));
    }
}

package dev.fenceline.analytics.rules.fence;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.rules.Gfp;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.SectionStack;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadSections;
import dev.fenceline.event.MemAlloc;
import dev.fenceline.event.ReclaimBegin;
import dev.fenceline.event.Severity;
import dev.fenceline.event.SyscallAbort;
import dev.fenceline.event.UserCopy;
import org.jspecify.annotations.Nullable;

/** A-F08: nothing that can fail or block between publication and hand-over. */
public final class PublishedFenceIsHandedOver {
    public static final Rule RULE = Rule.named("A-F08", "published-fence-is-handed-over")
            .severity(Severity.DEADLOCK)
            .states(
                    "From the moment a thread lets others see a fence until the work that signals it is handed over, it makes no "
                            + "allocation that may reclaim, touches no user memory, and does not give up.")
            .why(
                    "Reclaim and faults wait for fences, and this one only signals after they return; if the thread gives up, it "
                            + "never does.")
            .source(
                    "dma-fence.c, DOC: fence signalling annotation (\"from the point where a fence is accessible to other "
                            + "threads\"); thread 003")
            .advice("Allocate, copy and check first; install the fence and push the job last, with nothing in between.")
            .needs(Stream.ALLOC, Stream.FENCE, Stream.PUB, Stream.SIG)
            .before(MemAlloc.class, (alloc, state, report) -> {
                if (Gfp.mayReclaim(alloc)) {
                    judge("memory allocated that may need reclaim", state, report);
                } else if (alloc.gfp() == null && isToHandOver(state, report)) {
                    report.unknown("the flags of an allocation before a hand-over are not known");
                }
            })
            .before(ReclaimBegin.class, (reclaim, state, report) -> judge("memory reclaimed", state, report))
            .before(UserCopy.class, (copy, state, report) -> judge("user memory touched", state, report))
            .before(SyscallAbort.class, (abort, state, report) -> judge("given up", state, report))
            .build();

    private PublishedFenceIsHandedOver() {}

    private static void judge(String what, KernelState state, Report report) {
        ThreadSections thread = state.threads().thread(report.event().tid());
        if (thread == null) {
            return;
        }
        SectionStack published = thread.publications();
        for (int i = 0; i < published.depth(); i++) {
            Fence fence = state.fences().fence(published.subject(i));
            if (fence != null && isAwaited(fence, state)) {
                report.violation("fence=" + fence.id())
                        .since(fence.born())
                        .since(published.seq(i))
                        .witness("published", published.seq(i))
                        .witness(what, report.event().seq())
                        .says("Others can see fence " + fence.id()
                                + ", and the thread that is to hand over its work can still fail or block: " + what
                                + ".");
            }
        }
    }

    private static boolean isToHandOver(KernelState state, Report report) {
        ThreadSections thread = state.threads().thread(report.event().tid());
        for (int i = 0; thread != null && i < thread.publications().depth(); i++) {
            if (isAwaited(state.fences().fence(thread.publications().subject(i)), state)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isAwaited(@Nullable Fence fence, KernelState state) {
        return fence != null && needsHandOver(fence) && !state.fences().isComplete(fence);
    }

    /** Whether a thread has to queue work for it: not for containers, nor where the work starts on demand or is the user's. */
    private static boolean needsHandOver(Fence fence) {
        return switch (fence.kind()) {
            case ARRAY, CHAIN, STUB, PREEMPT, EVICTION, SOFTWARE, FUTURE, PROXY, USER_MEMORY -> false;
            case UNKNOWN, HARDWARE, SCHEDULED, FINISHED, USERQ, TLB -> !fence.isContainer();
        };
    }
}

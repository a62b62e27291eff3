package dev.fenceline.analytics.rules.fence;

import dev.fenceline.analytics.rule.Condition;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaFenceAddCallback;
import dev.fenceline.event.DmaFenceDestroy;
import dev.fenceline.event.DmaFenceEmit;
import dev.fenceline.event.DmaFenceEnableSignal;
import dev.fenceline.event.DmaFenceTest;
import dev.fenceline.event.DmaFenceUnlock;
import dev.fenceline.event.DmaFenceWaitEnd;
import dev.fenceline.event.DmaFenceWaitStart;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;
import java.util.function.ToLongFunction;

/** A-F17: enable_signaling is called once, and false means signalled. */
public final class EnableSignalIsCalledOnce {
    public static final Rule RULE = Rule.named("A-F17", "enable-signal-is-called-once")
            .severity(Severity.WARN)
            .states(
                    "The enable_signaling operation of a fence is called at most once; if it says that the fence is done already, "
                            + "the same thread signals the fence before it does anything else with it.")
            .why(
                    "A second call takes a second reference or interrupt; a refusal without a signal leaves the waiter asleep.")
            .source("dma-fence.c:__dma_fence_enable_signaling (test_and_set_bit of ENABLE_SIGNAL; signals on false)")
            .advice("Call the operation through the core only, and return false only for work that is done.")
            .needs(Stream.FENCE)
            .before(DmaFenceEnableSignal.class, EnableSignalIsCalledOnce::judgeEnable)
            // The lock is held from the refusal to the signal: what the signal itself does is left out here.
            .before(DmaFenceUnlock.class, unsignalled("lock dropped", DmaFenceUnlock::fence))
            .before(DmaFenceWaitStart.class, unsignalled("waited for", DmaFenceWaitStart::fence))
            .before(DmaFenceWaitEnd.class, unsignalled("waited for", DmaFenceWaitEnd::fence))
            .before(DmaFenceTest.class, unsignalled("tested", DmaFenceTest::fence))
            .before(DmaFenceAddCallback.class, unsignalled("callback added", DmaFenceAddCallback::fence))
            .before(DmaFenceEmit.class, unsignalled("emitted", DmaFenceEmit::fence))
            .before(DmaFenceDestroy.class, unsignalled("destroyed", DmaFenceDestroy::fence))
            .build();

    private EnableSignalIsCalledOnce() {}

    private static void judgeEnable(DmaFenceEnableSignal enable, KernelState state, Report report) {
        Fence fence = state.fences().fence(enable.fence());
        if (fence != null && fence.enableSeq() > 0 && !fence.hasSharedIdentity()) {
            report.violation("fence=" + fence.id())
                    .since(fence.enableSeq())
                    .witness("asked to signal", fence.enableSeq())
                    .witness("asked again", enable.seq())
                    .says("The enable_signaling operation of fence " + fence.id() + " is called a second time.");
        }
    }

    private static <E extends Event> Condition<E> unsignalled(String how, ToLongFunction<E> fenceOf) {
        return (e, state, report) -> {
            long id = fenceOf.applyAsLong(e);
            Fence fence = id == Event.ABSENT ? null : state.fences().fence(id);
            if (fence != null && fence.refusedEnableSeq() > 0 && fence.refusedEnableTid() == e.tid()) {
                report.violation("fence=" + fence.id())
                        .since(fence.refusedEnableSeq())
                        .witness("said to be done", fence.refusedEnableSeq())
                        .witness(how + " unsignalled", e.seq())
                        .says("Fence " + fence.id() + " said that it is done already, and its thread goes on without "
                                + "signalling it.");
            }
        };
    }
}

package dev.fenceline.analytics.rules.fence;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DriverMemoryFree;
import dev.fenceline.event.Severity;

/** A-F13: driver memory behind a fence lives one grace period past the signal. */
public final class DriverMemoryOutlivesFence {
    public static final Rule RULE = Rule.named("A-F13", "driver-memory-outlives-fence")
            .severity(Severity.CRITICAL)
            .states(
                    "What the operations of a fence reach in driver memory is freed only after the fence signalled and an RCU "
                            + "grace period passed; an object with its lock, or its release or wait operation, only after the "
                            + "fence is gone.")
            .why(
                    "Anybody who holds the fence may ask for its names, take its lock or drop it, and reads what was freed.")
            .source(
                    "include/linux/dma-fence.h, DOC: Safe external access to driver provided object members; "
                            + "dma-fence.c:dma_fence_driver_name, dma_fence_init; xe_hw_fence.c:xe_hw_fence_irq_finish; thread 002")
            .advice(
                    "Signal or force the fences, call synchronize_rcu, then free; let fences of an external lock hold a reference "
                            + "to what the lock is in.")
            .needs(Stream.DRV, Stream.FENCE, Stream.RCU)
            .before(DriverMemoryFree.class, DriverMemoryOutlivesFence::judge)
            .build();

    private DriverMemoryOutlivesFence() {}

    private static void judge(DriverMemoryFree free, KernelState state, Report report) {
        Fence fence = state.driverMemory().fenceUsing(free.object());
        if (fence == null) {
            return;
        }
        String missing;
        if (fence.destroySeq() == 0 && fence.bitSeq() == 0) {
            missing = "which is unsignalled";
        } else if (fence.destroySeq() == 0 && fence.needsDriverToTheEnd()) {
            missing = "which is alive and needs it for its lock or to be released";
        } else {
            missing = "and no RCU grace period has passed since that was done";
        }
        report.violation("object=" + free.object())
                .since(fence.born())
                .witness("fence initialised", fence.initSeq())
                .witness("signalled", fence.bitSeq() == fence.initSeq() ? 0 : fence.bitSeq())
                .witness("last grace period", state.driverMemory().gracePeriodSeq())
                .witness("freed", free.seq())
                .says("Object " + free.object() + " is freed while fence " + fence.id() + " refers to it, " + missing
                        + ".");
    }
}

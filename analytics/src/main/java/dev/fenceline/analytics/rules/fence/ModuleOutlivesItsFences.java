package dev.fenceline.analytics.rules.fence;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.DriverMemory;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.SessionFacts;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.ModuleUnload;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** A-F14: module or driver unload versus foreign fence holders. */
public final class ModuleOutlivesItsFences {
    private static final long FIRST_DETACHING = SessionFacts.version("7.2");

    public static final Rule RULE = Rule.named("A-F14", "module-outlives-its-fences")
            .severity(Severity.CRITICAL)
            .states(
                    "A module is unloaded only when no live fence points to its operations. Since 7.2 a fence without release and "
                            + "wait operations and with a lock of its own lets go of them when it signals, a grace period later.")
            .why("Whoever still holds such a fence, in a sync file for instance, calls into code that is gone.")
            .source(
                    "dma-fence.c:dma_fence_signal_timestamp_locked (ops detached since commit 541c8f2468b9, \"dma-buf: detach "
                            + "fence ops on signal\"); thread 002")
            .advice("Let each fence hold a reference to its module, or give it operations without release and wait.")
            .needs(Stream.FENCE, Stream.MOD)
            .parameter(
                    "ops_detach_since",
                    "7.2",
                    "the kernel tree that has the commit; the recording's kernel, or the event's")
            .before(ModuleUnload.class, ModuleOutlivesItsFences::judge)
            .build();

    private ModuleOutlivesItsFences() {}

    private static void judge(ModuleUnload unload, KernelState state, Report report) {
        long version = version(unload, state);
        DriverMemory memory = state.driverMemory();
        boolean known = version != SessionFacts.UNKNOWN_VERSION;
        boolean detaches = !known || version >= FIRST_DETACHING;
        Fence fence = memory.fenceOf(unload.module(), user -> detaches && !isKnownToStay(user));
        if (fence != null) {
            report(fence, unload, state, report);
            return;
        }
        Fence perhaps = memory.fenceOf(unload.module(), user -> known && isKnownToLetGo(user));
        if (perhaps != null) {
            report.unknown("it is not known whether fence {} lets go of its operations when it signals", perhaps.id());
        }
    }

    private static long version(ModuleUnload unload, KernelState state) {
        for (String stated :
                new @Nullable String[] {unload.kernel(), state.driverMemory().kernelOf(unload.module())}) {
            if (SessionFacts.version(stated) != SessionFacts.UNKNOWN_VERSION) {
                return SessionFacts.version(stated);
            }
        }
        return state.session().version();
    }

    /** In 7.3 drm_sched and the user queues of amdgpu still release their fences themselves. */
    private static boolean isKnownToStay(Fence fence) {
        boolean releases = fence.kind() == FenceKind.SCHEDULED
                || fence.kind() == FenceKind.FINISHED
                || fence.kind() == FenceKind.USERQ;
        return fence.statesOps() ? fence.needsDriverToTheEnd() : releases;
    }

    private static boolean isKnownToLetGo(Fence fence) {
        return fence.statesOps() || fence.signalsOnDemand();
    }

    private static void report(Fence fence, ModuleUnload unload, KernelState state, Report report) {
        report.violation("module=" + unload.module())
                .since(fence.born())
                .witness("fence initialised", fence.initSeq())
                .witness("signalled", fence.bitSeq() == fence.initSeq() ? 0 : fence.bitSeq())
                .witness("last grace period", state.driverMemory().gracePeriodSeq())
                .witness("module unloaded", unload.seq())
                .says("Module " + unload.module() + " is unloaded while fence " + fence.id()
                        + " is alive and points to its operations.");
    }
}

package dev.fenceline.analytics.rules.unplug;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Removal;
import dev.fenceline.analytics.state.RemovalStep;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DeviceUnbind;
import dev.fenceline.event.Severity;

/** A-U07: every fence of a removed device completes, with an error. */
public final class FencesOfGoneDeviceFail {
    public static final Rule RULE = Rule.named("A-U07", "fences-of-gone-device-fail")
            .severity(Severity.DEADLOCK)
            .states(
                    "When the driver of a device is unbound, all fences that others could see and that the device had to complete are "
                            + "signalled; those that the removal signals although their work was not found done have an error.")
            .why(
                    "Fences outlive the device in files, buffers and other drivers: who waits for one that nobody signals waits for "
                            + "ever, and who is told of success uses what was never written.")
            .source("Documentation/gpu/drm-uapi.rst, \"Requirements for Render and Cross-Device UAPI\"; "
                    + "amdgpu_fence.c:amdgpu_fence_driver_force_completion; thread 002")
            .advice(
                    "Force all fences of all rings to completion after the engines stopped: -ENODEV or -ECANCELED, then signal.")
            .needs(Stream.DEV, Stream.FENCE)
            .before(DeviceUnbind.class, FencesOfGoneDeviceFail::judge)
            .build();

    private FencesOfGoneDeviceFail() {}

    private static void judge(DeviceUnbind unbind, KernelState state, Report report) {
        if (!unbind.hasDevice()) {
            report.unknown("it is not known which device is unbound");
            return;
        }
        Fence pending = state.fences().pendingOf(unbind.device());
        if (pending != null) {
            report.violation("fence=" + pending.id())
                    .since(pending.born())
                    .since(pending.publishSeq())
                    .witness("published", pending.publishSeq())
                    .witness("driver unbound", unbind.seq())
                    .says("The driver of device " + unbind.device() + " is gone, and fence " + pending.id()
                            + " of it is not signalled.");
        }
        Removal removal = state.removals().removal(unbind.device());
        if (removal != null && removal.unexplainedCount() > 0) {
            Fence fence = state.fences().fence(removal.unexplainedFence(0));
            report.violation("fence=" + removal.unexplainedFence(0))
                    .since(fence == null ? 0 : fence.born())
                    .witness("unplugged", removal.seq(RemovalStep.FLAG))
                    .witness("signalled without an error", removal.unexplainedSeq(0))
                    .witness("driver unbound", unbind.seq())
                    .says("The removal of device " + unbind.device() + " signalled fence " + removal.unexplainedFence(0)
                            + " as if its work were done.");
        }
    }
}

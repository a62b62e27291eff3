package dev.fenceline.analytics.rules.access;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BounceBuffers;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.BounceFill;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;

/** T06: a bounce buffer belongs to one access at a time. */
public final class BounceBufferHasOneOwner {
    public static final Rule RULE = Rule.named("T06", "bounce-buffer-has-one-owner")
            .severity(Severity.HIGH)
            .states(
                    "From its first copy until what it wanted was copied out and the engine is done, an access has the bounce buffer "
                            + "of the device for itself.")
            .why("Otherwise a debugger gets the bytes of another process, or writes what another one wanted to.")
            .source(
                    "amdgpu_ttm.c:amdgpu_ttm_access_memory_sdma (one sdma_access_ptr a device; the memcpy is outside of the mutex, and "
                            + "after -ETIMEDOUT the job may still run); thread 000")
            .advice(
                    "Hold the mutex from the copy in to the copy out, and after a timeout until the fence of the job is done.")
            .needs(Stream.ACCESS, Stream.FENCE)
            .before(BounceFill.class, BounceBufferHasOneOwner::judge)
            .build();

    private BounceBufferHasOneOwner() {}

    private static void judge(BounceFill fill, KernelState state, Report report) {
        BounceBuffers.Bounce bounce = state.bounceBuffers().ownedByAnother(fill);
        if (bounce == null) {
            return;
        }
        if (bounce.device() == Event.ABSENT && state.devices().size() > 1) {
            report.unknown("it is not known which device BO " + fill.bo() + " is on, and each has a bounce buffer");
            return;
        }
        Fence fence = state.fences().fence(bounce.fence());
        Finding finding = report.violation("fill=" + bounce.fillSeq())
                .since(bounce.fillSeq())
                .since(fence == null ? bounce.fillSeq() : fence.born())
                .witness("first access begins", bounce.fillSeq())
                .witness("its copy out, or it gave up", bounce.drainSeq())
                .witness("second access begins", fill.seq())
                .says(
                        bounce.drainSeq() == 0
                                ? "An access uses the bounce buffer before another one took its bytes out."
                                : "An access uses the bounce buffer while the copy of another one may still run.");
        if (bounce.device() == Event.ABSENT) {
            finding.restsOnAll();
        }
    }
}

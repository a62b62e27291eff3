package dev.fenceline.analytics.rules.fence;

import dev.fenceline.analytics.rule.Obligation;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.FenceContext;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.SessionFacts;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaFenceEnableSignal;
import dev.fenceline.event.DmaFencePublish;
import dev.fenceline.event.Event;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** A-F07: a published fence completes in bounded time. */
public final class PublishedFenceCompletes {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long BOUND_NS = 10 * SECOND_NS;
    private static final long OLD_AMDGPU_GRAPHICS_BOUND_NS = 20 * SECOND_NS;
    private static final long OLD_AMDGPU_COMPUTE_BOUND_NS = 70 * SECOND_NS;

    public static final Rule RULE = Rule.named("A-F07", "published-fence-completes")
            .severity(Severity.DEADLOCK)
            .states("Once others can see a fence, it is done within the bound of its driver.")
            .why(
                    "The shrinker and MMU notifiers wait for fences: one that never completes stops memory reclaim, and with it "
                            + "the machine.")
            .source(
                    "dma-fence.c, DOC: DMA fence cross-driver contract (\"Fences must complete in a reasonable time\"); "
                            + "Documentation/gpu/drm-compute.rst (10 s); amdgpu_drv.c:lockup_timeout; thread 003")
            .advice(
                    "See what the fence waits for at the end of the witness; a job that hangs must be ended by its timeout.")
            .needs(Stream.FENCE, Stream.PUB, Stream.TIME)
            .parameter("finite_time", "session_start.finite_time", "the recording; wins over all others")
            .parameter(
                    "bound_s", "10", "ours: the 10 s of drm-compute.rst, above the job timeouts of xe and amdgpu 7.x")
            .parameter("amdgpu_612_graphics_bound_s", "20", "ours: twice the 10 s lockup_timeout of amdgpu up to 6.12")
            .parameter(
                    "amdgpu_612_compute_bound_s",
                    "70",
                    "ours: the 60 s compute lockup_timeout of amdgpu up to 6.12 and 10 s for the reset")
            .after(DmaFencePublish.class, (publish, state, report) -> {
                Fence fence = state.fences().fence(publish.fence());
                if (fence != null && fence.publishSeq() == publish.seq() && isAwaited(fence)) {
                    report.oblige(fence.id(), state.ledger().nowNs() + boundNs(fence, state));
                }
            })
            .after(DmaFenceEnableSignal.class, (enable, state, report) -> {
                Fence fence = state.fences().fence(enable.fence());
                if (fence != null
                        && fence.signalsOnDemand()
                        && fence.publishSeq() > 0
                        && fence.enableSeq() == enable.seq()) {
                    report.oblige(fence.id(), state.ledger().nowNs() + boundNs(fence, state));
                }
            })
            .obliges(new Completion())
            .build();

    private PublishedFenceCompletes() {}

    /** A preempt or eviction fence has all the time there is until somebody asks for it. */
    private static boolean isAwaited(Fence fence) {
        return !fence.signalsOnDemand() || fence.enableSeq() > 0;
    }

    private static long boundNs(Fence fence, KernelState state) {
        SessionFacts session = state.session();
        if (session.finiteTimeNs() != Event.ABSENT) {
            return session.finiteTimeNs();
        }
        String driver = fence.driver();
        boolean amdgpu = (driver == null || isShared(driver))
                ? state.devices().mayBe("amdgpu", fence.device())
                : driver.equals("amdgpu");
        if (!amdgpu || !session.isKernelAtMost(6, 12)) {
            return BOUND_NS;
        }
        return fence.isContainer() || isCompute(fence.timeline())
                ? OLD_AMDGPU_COMPUTE_BOUND_NS
                : OLD_AMDGPU_GRAPHICS_BOUND_NS;
    }

    /** Names that fences of all drivers have: drm_sched's, which are what others see, and those of containers. */
    private static boolean isShared(String driver) {
        return driver.equals("drm_sched") || driver.equals("dma_fence_array") || driver.equals("dma_fence_chain");
    }

    /** amdgpu names its compute rings comp_...; a ring that is not named may be one. */
    private static boolean isCompute(@Nullable String timeline) {
        return timeline == null || timeline.startsWith("comp");
    }

    private static final class Completion implements Obligation {
        @Override
        public boolean isDischarged(long subject, KernelState state) {
            Fence fence = state.fences().fence(subject);
            // Arrays and chain nodes signal only when asked: without their members nothing says that work is pending.
            return fence == null
                    || fence.destroySeq() > 0
                    || state.fences().isComplete(fence)
                    || !isAwaited(fence)
                    || (fence.isContainer() && fence.members() == null);
        }

        /** A loss may hide the device whose bound it has, or the progress of the queue. */
        private static boolean hasKnownBound(Fence fence, KernelState state) {
            boolean saysItsDriver = fence.driver() != null && !isShared(fence.driver());
            return fence.kind() != FenceKind.USERQ
                    && (saysItsDriver || !state.session().isKernelAtMost(6, 12));
        }

        @Override
        public void judge(long subject, long dueNs, KernelState state, Report report) {
            Fence fence = state.fences().fence(subject);
            if (fence == null) {
                return;
            }
            long bound = boundNs(fence, state);
            if (fence.kind() == FenceKind.USERQ) {
                // The hang timer is the queue's and starts again with every progress: n fences have n bounds.
                FenceContext queue = state.fences().context(fence.context());
                if (queue != null && queue.progressNs() != Event.ABSENT && queue.progressNs() + bound > dueNs) {
                    report.oblige(subject, queue.progressNs() + bound);
                    return;
                }
            }
            boolean boundIsKnown = hasKnownBound(fence, state);
            report.violation("fence=" + subject)
                    .since(boundIsKnown ? state.fences().knownFrom(fence) : 0)
                    // A loss may hide the signal, but not of a fence that was found unsignalled after it.
                    .confirmedAt(boundIsKnown && !fence.isContainer() ? fence.pendingSeq() : 0)
                    .witness("published", fence.publishSeq())
                    .witness("waited for", fence.signalsOnDemand() ? fence.enableSeq() : 0)
                    .witness("still pending after the bound", report.event().seq())
                    .says("Fence " + subject + " is not done " + bound / 1_000_000
                            + " ms after others could wait for it.");
        }
    }
}

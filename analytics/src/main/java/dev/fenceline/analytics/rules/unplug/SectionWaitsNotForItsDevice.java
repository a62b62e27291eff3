package dev.fenceline.analytics.rules.unplug;

import dev.fenceline.analytics.rule.Obligation;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Removal;
import dev.fenceline.analytics.state.RemovalStep;
import dev.fenceline.analytics.state.SectionStack;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadSections;
import dev.fenceline.event.DeviceUnplugFlag;
import dev.fenceline.event.DmaFenceWaitStart;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** A-U03: no unbounded wait on the own device inside a section. */
public final class SectionWaitsNotForItsDevice {
    private static final long BOUND_NS = 10_000_000_000L;

    public static final Rule RULE = Rule.named("A-U03", "section-waits-not-for-its-device")
            .severity(Severity.DEADLOCK)
            .states(
                    "No thread keeps the unplug of a device waiting because, in a drm_dev_enter section for that device, it waits without "
                            + "limit for a fence that the device has to complete.")
            .why(
                    "The removal path completes the fences of a device that is gone, and does so only when the section is left: nobody "
                            + "goes on.")
            .source(
                    "ttm_bo_vm.c:ttm_bo_vm_fault (waits inside its section), amdgpu_job.c:amdgpu_job_timedout (ENODEV, nothing "
                            + "completed), amdgpu_fence.c:amdgpu_fence_driver_hw_fini (after drm_dev_unplug); thread 002. The combination is "
                            + "our reading.")
            .advice("Leave the section for the wait and retry, or limit the wait.")
            .needs(Stream.DEV, Stream.FENCE, Stream.WAIT)
            .parameter("finite_time", "session_start.finite_time", "the recording; wins over the other")
            .parameter(
                    "bound_s",
                    "10",
                    "ours: the 10 s of drm-compute.rst within which a working device completes a fence")
            .after(DeviceUnplugFlag.class, (flag, state, report) -> {
                for (long tid : state.threads().tids()) {
                    oblige(state.threads().thread(tid), flag.device(), state, report);
                }
            })
            .after(DmaFenceWaitStart.class, (wait, state, report) -> {
                ThreadSections thread = state.threads().thread(wait.tid());
                Fence fence = state.fences().fence(wait.fence());
                if (fence != null && state.removals().removal(fence.device()) != null) {
                    oblige(thread, fence.device(), state, report);
                }
            })
            .obliges(new EndOfWait())
            .build();

    private SectionWaitsNotForItsDevice() {}

    private static void oblige(@Nullable ThreadSections thread, long device, KernelState state, Report report) {
        if (thread != null && waitsInSection(thread, device, state)) {
            report.oblige(thread.waitSeq(), state.ledger().nowNs() + boundNs(state));
        }
    }

    private static boolean waitsInSection(ThreadSections thread, long device, KernelState state) {
        return thread.waitSeq() > 0
                && thread.waitTimeoutNs() == Long.MAX_VALUE
                && thread.devices().indexOf(device) >= 0
                && state.fences().fence(thread.waitFence()) != null;
    }

    private static long boundNs(KernelState state) {
        long stated = state.session().finiteTimeNs();
        return stated == Event.ABSENT ? BOUND_NS : stated;
    }

    /** The subject is the seq of the wait: a thread may wait again. */
    private static final class EndOfWait implements Obligation {
        private static @Nullable ThreadSections waiter(long waitSeq, KernelState state) {
            for (long tid : state.threads().tids()) {
                ThreadSections thread = state.threads().thread(tid);
                if (thread != null && thread.waitSeq() == waitSeq) {
                    return thread;
                }
            }
            return null;
        }

        @Override
        public boolean isDischarged(long subject, KernelState state) {
            ThreadSections thread = waiter(subject, state);
            Fence fence = thread == null ? null : state.fences().fence(thread.waitFence());
            if (thread == null || fence == null || state.fences().isComplete(fence)) {
                return true;
            }
            return fence.device() != Event.ABSENT && !delays(thread, fence.device(), state);
        }

        /** Whether the thread is still in a section for the device, and the unplug still waits for it. */
        private static boolean delays(ThreadSections thread, long device, KernelState state) {
            Removal removal = state.removals().removal(device);
            return removal != null
                    && removal.seq(RemovalStep.FLAG) > 0
                    && removal.seq(RemovalStep.SYNC) == 0
                    && thread.devices().indexOf(device) >= 0;
        }

        @Override
        public void judge(long subject, long dueNs, KernelState state, Report report) {
            ThreadSections thread = waiter(subject, state);
            Fence fence = thread == null ? null : state.fences().fence(thread.waitFence());
            if (thread == null || fence == null) {
                return;
            }
            Removal removal = state.removals().removal(fence.device());
            if (removal == null) {
                report.unknown("it is not known which device completes fence {}", fence.id());
                return;
            }
            SectionStack sections = thread.devices();
            long entered = sections.seq(sections.indexOf(fence.device()));
            report.violation("fence=" + fence.id() + " thread=" + thread.id())
                    .since(fence.born())
                    .since(entered)
                    .witness("section entered", entered)
                    .witness("wait without limit", thread.waitSeq())
                    .witness("unplugged", removal.seq(RemovalStep.FLAG))
                    .witness("still waiting after the bound", report.event().seq())
                    .says("Thread " + thread.id() + " waits in a section for device " + removal.id() + " for fence "
                            + fence.id() + " of that device, and its removal waits for the section.");
        }
    }
}

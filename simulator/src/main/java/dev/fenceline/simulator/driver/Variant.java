package dev.fenceline.simulator.driver;

import dev.fenceline.event.DebugAbi;
import dev.fenceline.event.NotifierModel;
import dev.fenceline.event.TimeoutStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A driver and a release of Linux: the facts by which they differ from each other, as far as the model goes. The sources are Linux
 * 6.12.117 and 7.3.4; {@code file:function} names a place in them.
 *
 * @param driver the name of the kernel module
 * @param kernel the release of Linux; all devices of one host share it
 * @param notifierModel what an MMU notifier does to userptr memory (i915_gem_userptr.c pins since 6.12)
 * @param notifierLock which lock guards userptr mappings against notifier callbacks
 * @param unmapsDmaInNotifier whether a callback ends the DMA mappings of the pages (drm_gpusvm.c, xe_vm.c of 6.12), or they last until
 *     other pages take their place (amdgpu_ttm.c:amdgpu_ttm_tt_unpin_userptr)
 * @param twoPassNotifiers whether a callback may finish in a second pass, after all others have started (xe_userptr.c of 7.x)
 * @param debugAbi how a debugger attaches
 * @param evictionFences how many fence contexts the manager of a kind of memory remembers pipelined evictions of
 *     (ttm_resource.h:TTM_NUM_MOVE_FENCES; in 6.12 one {@code man->move})
 * @param backsUpPages whether a shrinker of the driver writes pages of BOs to swap when memory is short (xe_shrinker.c since 6.15)
 * @param wipesOnRelease whether VRAM is overwritten when a buffer of a user goes (amdgpu_gem.c sets WIPE_ON_RELEASE; others clear
 *     what they hand out)
 * @param hasDrmScheduler whether jobs go through drm_sched, as in the model; i915 schedules its requests itself, so that
 *     recordings of it claim nothing about schedulers
 * @param hasExplicitTlbInvalidation whether TLB invalidations are requests of their own with a number for each GT, as the GuC takes
 *     them, or part of the job that changes the page table
 * @param renumbersOnResubmit whether a job that is resubmitted keeps its hardware fence under a new seqno
 *     (amdgpu_fence.c:amdgpu_fence_emit of 6.12), instead of getting a new fence
 * @param timeoutStatus what the timeout handler of the scheduler reports when the device is there
 *     (amdgpu_job.c:amdgpu_job_timedout of 7.3 always reports NO_HANG)
 * @param jobTimeoutNs after how long a job counts as hung
 * @param syncsImplicitly whether a submission waits for the fences that others left with a shared buffer and leaves its own for them
 *     (amdgpu_cs.c, i915_gem_execbuffer.c), instead of user space doing it with sync files (xe)
 * @param accessesVramBySdma whether debuggers reach VRAM by a copy engine and one bounce buffer of the device
 *     (amdgpu_ttm.c:amdgpu_ttm_access_memory_sdma)
 * @param fences what the fences are called
 * @param calls what the ioctls are called
 */
public record Variant(
        String driver,
        String kernel,
        NotifierModel notifierModel,
        NotifierLock notifierLock,
        boolean unmapsDmaInNotifier,
        boolean twoPassNotifiers,
        DebugAbi debugAbi,
        int evictionFences,
        boolean backsUpPages,
        boolean wipesOnRelease,
        boolean hasDrmScheduler,
        boolean hasExplicitTlbInvalidation,
        boolean renumbersOnResubmit,
        TimeoutStatus timeoutStatus,
        long jobTimeoutNs,
        boolean syncsImplicitly,
        boolean accessesVramBySdma,
        FenceNames fences,
        DriverCalls calls) {

    /** Which lock guards the userptr mappings against notifiers. */
    public enum NotifierLock {
        /** A semaphore of each GPU address space, which callbacks take for writing (xe_vm.h:userptr.notifier_lock). */
        OF_VM,
        /** One mutex for the whole device (amdgpu.h:notifier_lock). */
        OF_DEVICE,
        /** None: pages are pinned (i915 since 6.12). */
        NONE
    }

    private static final long SECOND = 1_000_000_000;

    /** xe of Linux 6.12, with the debugger series as posted then (v2 and v3) on top. */
    public static final Variant XE_6_12 = new Variant(
            "xe",
            "6.12",
            NotifierModel.UNPINNED_WAIT,
            NotifierLock.OF_VM,
            true,
            false,
            DebugAbi.XE_PID,
            1,
            false,
            false,
            true,
            true,
            false,
            TimeoutStatus.RESET,
            5 * SECOND,
            false,
            false,
            FenceNames.XE_6_12,
            DriverCalls.XE);

    /** xe of Linux 7.3, with the debugger series as posted since (v4 to v8) on top. */
    public static final Variant XE_7_3 = new Variant(
            "xe",
            "7.3",
            NotifierModel.UNPINNED_WAIT,
            NotifierLock.OF_VM,
            true,
            true,
            DebugAbi.XE_CLIENT_FD,
            8,
            true,
            false,
            true,
            true,
            false,
            TimeoutStatus.RESET,
            5 * SECOND,
            false,
            false,
            FenceNames.XE_7_3,
            DriverCalls.XE);

    /** amdgpu of Linux 6.12. */
    public static final Variant AMDGPU_6_12 = new Variant(
            "amdgpu",
            "6.12",
            NotifierModel.UNPINNED_WAIT,
            NotifierLock.OF_DEVICE,
            false,
            false,
            DebugAbi.KFD,
            1,
            false,
            true,
            true,
            false,
            true,
            TimeoutStatus.RESET,
            10 * SECOND,
            true,
            true,
            FenceNames.AMDGPU_6_12,
            DriverCalls.AMDGPU);

    /** amdgpu of Linux 7.3. */
    public static final Variant AMDGPU_7_3 = new Variant(
            "amdgpu",
            "7.3",
            NotifierModel.UNPINNED_WAIT,
            NotifierLock.OF_DEVICE,
            false,
            false,
            DebugAbi.KFD,
            8,
            false,
            true,
            true,
            false,
            false,
            TimeoutStatus.NO_HANG,
            2 * SECOND,
            true,
            true,
            FenceNames.AMDGPU_7_3,
            DriverCalls.AMDGPU);

    /**
     * i915 of Linux 6.12: for scenarios about memory that name it. The model has no scheduler but drm_sched, which it lends i915, and
     * of which a recording tells nothing. It has no job timeout; the figure is ours for its heartbeat.
     */
    public static final Variant I915_6_12 = new Variant(
            "i915",
            "6.12",
            NotifierModel.PINNED,
            NotifierLock.NONE,
            false,
            false,
            DebugAbi.NONE,
            1,
            false,
            false,
            false,
            false,
            false,
            TimeoutStatus.RESET,
            10 * SECOND,
            true,
            false,
            FenceNames.I915,
            DriverCalls.I915);

    private static final List<Variant> ALL = List.of(XE_6_12, XE_7_3, AMDGPU_6_12, AMDGPU_7_3, I915_6_12);

    /** The variants that scenarios run on, in the order of the documentation. */
    public static List<Variant> all() {
        return ALL;
    }

    /** The variant called {@code name} that scenarios run on, or null. */
    public static @Nullable Variant named(String name) {
        for (Variant variant : ALL) {
            if (variant.name().equals(name)) {
                return variant;
            }
        }
        return null;
    }

    /** The driver {@code driver} of the same release as this one, or null if the model has none. */
    public @Nullable Variant beside(String otherDriver) {
        return named(otherDriver + " " + kernel);
    }

    /** Whether a hang leaves a core dump with memory of the program (xe_devcoredump.c; that of amdgpu has registers and rings only). */
    public boolean dumpsMemory() {
        return driver.equals("xe");
    }

    /** Whether a static importer of a buffer that can move has it pinned and mapped from the moment it attaches (dma-buf.c of 6.x). */
    public boolean mapsAtAttach() {
        return kernel.startsWith("6.");
    }

    /** Whether an importer gets a copy of a table, without pages (dma-buf.c of 7.x), or the table itself with its page links inverted. */
    public boolean wrapsSgTables() {
        return !kernel.startsWith("6.");
    }

    /** Whether threads of the GPU can be debugged through the driver itself. */
    public boolean hasEuDebug() {
        return debugAbi == DebugAbi.XE_PID || debugAbi == DebugAbi.XE_CLIENT_FD;
    }

    /** Driver and release, such as {@code xe 7.3}. */
    public String name() {
        return driver + " " + kernel;
    }

    @Override
    public String toString() {
        return name();
    }
}

package dev.fenceline.simulator.power;

import dev.fenceline.event.DeviceResume;
import dev.fenceline.event.DeviceSuspend;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.kernel.Workqueue;
import org.jspecify.annotations.Nullable;

/**
 * xe_pm.c:xe_pm_runtime_get and its likes: counts who uses the device, suspends it a while after the last user, and resumes it for the
 * next. A device that may not suspend itself is always awake.
 *
 * <p>VRAM keeps its contents ({@code vram_d3cold_threshold} is 0, so the device goes no deeper than D3hot). To resume takes no time, ours.
 * Ioctls, jobs, TLB requests, CPU faults and accesses by ptrace are counted; what keeps a device awake without those, such as a queue that
 * runs without jobs, is for hosts whose devices stay awake.
 */
public final class RuntimePm {
    private static final String RUNTIME = "runtime";

    /** {@code pm_runtime_set_autosuspend_delay}: 1 s in xe. Ours: short, as everything is here. */
    private static final long AUTOSUSPEND_NS = 500_000;

    private final Kernel kernel;
    private final long device;
    private final Workqueue workqueue;
    private @Nullable Runnable whenSuspending;
    private int usage;
    private long idled;
    private boolean suspended;

    /** Of the device with that id, which stays awake until told otherwise. */
    public RuntimePm(Kernel kernel, long device) {
        this.kernel = kernel;
        this.device = device;
        this.workqueue = new Workqueue(kernel, "kworker/pm");
    }

    /** {@code pm_runtime_use_autosuspend}; {@code suspending} is what the driver does before the device sleeps. */
    public void useAutosuspend(Runnable suspending) {
        whenSuspending = suspending;
    }

    /** Whether the device sleeps. */
    public boolean isSuspended() {
        return suspended;
    }

    /** {@code xe_pm_runtime_get}: the device is awake until the matching put. */
    public void get() {
        usage++;
        if (suspended) {
            suspended = false;
            kernel.emit(DeviceResume.builder().device(device).kind(RUNTIME));
        }
    }

    /** {@code xe_pm_runtime_put}: of the last user a while passes before the device sleeps. */
    public void put() {
        usage--;
        if (usage == 0 && whenSuspending != null) {
            long then = ++idled;
            kernel.agenda().after(AUTOSUSPEND_NS, () -> {
                if (then == idled && usage == 0) {
                    workqueue.queue(new Suspend());
                }
            });
        }
    }

    /** xe_pm.c:xe_pm_runtime_suspend, unless somebody came first. */
    private final class Suspend extends Call {
        private static final Path<Suspend> PATH = Path.<Suspend>named("xe_pm_runtime_suspend")
                .run(Suspend::suspend)
                .end();

        private void suspend() {
            if (usage == 0 && !suspended && whenSuspending != null) {
                whenSuspending.run();
                suspended = true;
                kernel.emit(DeviceSuspend.builder().device(device).kind(RUNTIME));
            }
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}

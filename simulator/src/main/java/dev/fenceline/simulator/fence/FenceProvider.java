package dev.fenceline.simulator.fence;

/**
 * Who made the operations of a fence, and what they touch: what has to outlive it.
 *
 * @param module the module its operations are in, empty for the kernel itself
 * @param device the device that completes it, 0 if none
 * @param scheduler the scheduler whose jobs it belongs to, 0 if none
 * @param uses the driver's object that its operations touch, 0 if none
 * @param hasRelease whether there is a release operation
 * @param hasWait whether there is a wait operation
 * @param externalLock whether its lock lies in that object
 */
public record FenceProvider(
        String module,
        long device,
        long scheduler,
        long uses,
        boolean hasRelease,
        boolean hasWait,
        boolean externalLock) {
    /** The kernel itself: containers and stubs. */
    public static final FenceProvider CORE = new FenceProvider("", 0, 0, 0, false, false, false);

    /** Containers, which put their members when they are released. */
    public static final FenceProvider CONTAINER = new FenceProvider("", 0, 0, 0, true, false, false);

    /** A fence of a driver that becomes independent of it once it signalled and a grace period has passed. */
    public static FenceProvider independent(String module, long device, long uses) {
        return new FenceProvider(module, device, 0, uses, false, false, false);
    }

    /** A fence of a driver with a release operation, which {@code uses} has to outlive. */
    public static FenceProvider releasing(String module, long device, long uses) {
        return new FenceProvider(module, device, 0, uses, true, false, false);
    }

    /** {@code drm_sched_fence}. */
    public static FenceProvider scheduler(long device, long scheduler) {
        return new FenceProvider("gpu_sched", device, scheduler, scheduler, true, false, false);
    }
}

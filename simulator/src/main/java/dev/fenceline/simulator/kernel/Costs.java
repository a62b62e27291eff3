package dev.fenceline.simulator.kernel;

/**
 * How long things take, in ns unless the name says otherwise. The figures are ours, chosen to have the order of magnitude of a
 * discrete GPU of 2024 behind PCIe 4.0 x16; rules must not depend on them.
 *
 * @param wakeupNs from making a task runnable to its first instruction
 * @param interruptNs from a device event to its handler
 * @param workerNs from queueing work to its start
 * @param ioctlNs entering or leaving an ioctl
 * @param stepNs a short stretch of code between two things worth recording
 * @param vramBytesPerUs what the copy engine clears in VRAM
 * @param pcieBytesPerUs what the copy engine moves between VRAM and system pages
 * @param engineStartNs from ring write to the first access of the engine
 * @param suspendNs schedule-disable of a context until the firmware acknowledges it
 * @param resumeNs schedule-enable of a context
 * @param hmmFaultNs {@code hmm_range_fault} per page
 * @param pteNs writing or clearing one PTE by the CPU
 * @param tlbInvalidationNs one TLB invalidation of one GT
 * @param mapPageNs one page of a CPU mapping: fault, zap or migrate
 */
public record Costs(
        long wakeupNs,
        long interruptNs,
        long workerNs,
        long ioctlNs,
        long stepNs,
        long vramBytesPerUs,
        long pcieBytesPerUs,
        long engineStartNs,
        long suspendNs,
        long resumeNs,
        long hmmFaultNs,
        long pteNs,
        long tlbInvalidationNs,
        long mapPageNs) {

    /** The costs all scenarios start from. */
    public static Costs discreteGpu() {
        return new Costs(3_000, 2_000, 5_000, 800, 300, 100_000, 20_000, 6_000, 500_000, 40_000, 900, 40, 12_000, 600);
    }

    /** How long the copy engine needs to clear or move {@code bytes}. */
    public long copyNs(long bytes, boolean overPcie) {
        return engineStartNs + bytes * 1_000 / (overPcie ? pcieBytesPerUs : vramBytesPerUs);
    }
}

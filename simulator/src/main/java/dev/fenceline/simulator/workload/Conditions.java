package dev.fenceline.simulator.workload;

/**
 * What a scenario's host is like: its adversity, in numbers.
 *
 * @param vramBytes the VRAM of each GPU
 * @param visibleBytes how much of it the CPU reaches
 * @param disturbed whether those actors who are the adversity do what they came for; in a quiet twin they are there and do nothing
 * @param scale how many objects a workload that grows keeps alive; 0 for one that does not
 */
public record Conditions(long vramBytes, long visibleBytes, boolean disturbed, long scale) {
    private static final long MIB = 1L << 20;

    /** VRAM of which there is never enough. */
    public static final Conditions SHORT_OF_VRAM = new Conditions(64 * MIB, 32 * MIB, true, 0);

    /** A card that has room for everything, whose CPU sees all of it. */
    public static final Conditions AMPLE = new Conditions(2048 * MIB, 2048 * MIB, true, 0);

    /** The same host without adversity: with room for everything and nobody who disturbs. */
    public Conditions quiet() {
        return new Conditions(
                Math.max(vramBytes, AMPLE.vramBytes), Math.max(visibleBytes, AMPLE.visibleBytes), false, scale);
    }

    /** The same host with so much VRAM, all of which the CPU sees. */
    public Conditions withVram(long bytes) {
        return new Conditions(bytes, bytes, disturbed, scale);
    }

    /** The same host with so many objects alive. */
    public Conditions scaledTo(long objects) {
        return new Conditions(vramBytes, visibleBytes, disturbed, objects);
    }
}

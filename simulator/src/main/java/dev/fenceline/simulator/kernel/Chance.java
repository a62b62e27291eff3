package dev.fenceline.simulator.kernel;

/**
 * A seeded generator of our own, so that a seed means the same run on every JDK for ever.
 *
 * <p>The generator is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014). Every actor draws
 * from a {@link #split} of its own, so adding an actor does not disturb what the others draw.
 */
public final class Chance {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private final long seed;
    private long state;

    /** Starts the sequence that {@code seed} names. */
    public Chance(long seed) {
        this.seed = seed;
        this.state = seed;
    }

    /** An independent generator that depends on this one's seed and on {@code name}, not on what was drawn so far. */
    public Chance split(String name) {
        long hash = FNV_OFFSET;
        for (int i = 0; i < name.length(); i++) {
            hash = (hash ^ name.charAt(i)) * FNV_PRIME;
        }
        return new Chance(mix(seed ^ mix(hash)));
    }

    /** All 64 bits are random. */
    public long nextLong() {
        state += GOLDEN_GAMMA;
        return mix(state);
    }

    /** A number in {@code [0, bound)}; the bias is below 2^-31 for every bound. */
    public int below(int bound) {
        if (bound <= 0) {
            throw new IllegalArgumentException("bound " + bound + " is not positive");
        }
        return (int) (((nextLong() >>> 32) * bound) >>> 32);
    }

    /** A number in {@code [low, high]}. */
    public long between(long low, long high) {
        if (low > high) {
            throw new IllegalArgumentException("empty range [" + low + ", " + high + "]");
        }
        return low + Long.remainderUnsigned(nextLong(), high - low + 1);
    }

    /** True once in {@code n} draws on average. */
    public boolean oneIn(int n) {
        return below(n) == 0;
    }

    /** {@code value} give or take a quarter, the spread that every cost has here. */
    public long around(long value) {
        long quarter = value >> 2;
        return quarter == 0 ? value : value - quarter + Long.remainderUnsigned(nextLong(), 2 * quarter + 1);
    }

    private static long mix(long value) {
        long z = value;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}

package dev.fenceline.simulator.kernel;

/** {@code struct shrinker}: a cache that gives memory back when reclaim asks. */
public interface Shrinker {
    /**
     * {@code scan_objects}: frees up to {@code pages} pages. It may take locks and wait, so reclaim performs it as a call of its own.
     *
     * @param pages how many pages reclaim wants, positive
     */
    Call scan(long pages);
}

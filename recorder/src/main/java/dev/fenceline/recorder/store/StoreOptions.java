package dev.fenceline.recorder.store;

/**
 * How much of the machine the store may use.
 *
 * @param memoryLimit DuckDB's limit, as DuckDB spells it ({@code 2GB})
 * @param threads DuckDB's worker threads
 */
public record StoreOptions(String memoryLimit, int threads) {
    /**
     * For recording: two gigabytes and one thread. Landing is many small insertions, which cost twice the processor time when DuckDB
     * hands each of them to other threads (measured: deploy, LandingBenchmark).
     */
    public static StoreOptions defaults() {
        return new StoreOptions("2GB", 1);
    }

    /** For questions to a store that nobody records into: two gigabytes and as many threads as there are processors. */
    public static StoreOptions reading() {
        return new StoreOptions("2GB", Runtime.getRuntime().availableProcessors());
    }
}

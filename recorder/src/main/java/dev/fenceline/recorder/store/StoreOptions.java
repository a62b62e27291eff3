package dev.fenceline.recorder.store;

/**
 * How much of the machine the store may use.
 *
 * @param memoryLimit DuckDB's limit, as DuckDB spells it ({@code 2GB})
 * @param threads DuckDB's worker threads
 */
public record StoreOptions(String memoryLimit, int threads) {
    /** Two gigabytes, and as many threads as there are processors. */
    public static StoreOptions defaults() {
        return new StoreOptions("2GB", Runtime.getRuntime().availableProcessors());
    }
}

package dev.fenceline.recorder.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a question in SQL.
 *
 * @param rows values in the order of the columns: boxed primitives, String, {@code byte[]}, java.time, UUID, List for lists, Map for
 *     structs and maps, null
 * @param truncated whether there would have been more rows than asked for
 */
public record SqlResult(List<Column> columns, List<List<@Nullable Object>> rows, boolean truncated) {
    /**
     * A column of the answer.
     *
     * @param type as DuckDB names it
     */
    public record Column(String name, String type) {}
}

package dev.fenceline.recorder.store;

import java.util.List;

/**
 * Rows on their way into a table.
 *
 * @param table the table's name, quoted
 * @param data one buffer for each of {@code columns}
 */
record TableBuffer(String table, List<EventTable.Column> columns, List<ColumnBuffer> data, int rows) {}

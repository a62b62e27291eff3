package dev.fenceline.recorder.store;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What makes two derived records the same one. They follow from the events, so a rules job that has to read a session again says
 * the same again, under new offsets: they are known by what they say, and the first that lands stays.
 *
 * @param columns the columns in which the same records are equal, session first
 * @param range what the rows of the table must fulfil to be looked at: it spares reading most of the table
 */
record RowIdentity(List<String> columns, String range) {
    /** How the derived records in {@code buffer} are known. */
    static RowIdentity of(EventBuffer buffer) {
        List<String> columns = switch (buffer.type()) {
            case ALERT -> List.of("session", "seq", "rule", "subject");
            case VERDICT -> List.of("session", "rule");
            case SESSION_CHECKED -> List.of("session", "seq");
            default -> throw new IllegalArgumentException(buffer.type() + " is not derived");
        };
        List<Extents.Extent> extents = buffer.extents().all();
        String sessions = "landed.session BETWEEN "
                + extents.stream().mapToInt(Extents.Extent::session).min().orElseThrow() + " AND "
                + extents.stream().mapToInt(Extents.Extent::session).max().orElseThrow();
        String seqs = "landed.seq BETWEEN "
                + extents.stream().mapToLong(Extents.Extent::firstSeq).min().orElseThrow() + " AND "
                + extents.stream().mapToLong(Extents.Extent::lastSeq).max().orElseThrow();
        return new RowIdentity(columns, columns.contains("seq") ? sessions + " AND " + seqs : sessions);
    }

    /** The condition that a row of {@code landed} is the same record as one of {@code fresh}. */
    String condition() {
        return range + " AND "
                + columns.stream()
                        .map(column -> "landed." + column + " IS NOT DISTINCT FROM fresh." + column)
                        .collect(Collectors.joining(" AND "));
    }
}

package dev.fenceline.recorder.store;

import dev.fenceline.event.EventType;
import dev.fenceline.event.FieldSpec;
import dev.fenceline.event.Source;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The table of one event type: the session, the head, the fields, each with its comment.
 *
 * @param columns the columns in the order of the table
 */
record EventTable(EventType type, List<Column> columns) {
    /** How many columns come before the fields. */
    static final int HEAD_COLUMNS = 7;

    static final List<String> SOURCES =
            Arrays.stream(Source.values()).map(Enum::name).toList();

    /** One column of an event's table. */
    record Column(String name, ColumnForm form, List<String> symbols, String doc) {
        String quoted() {
            return Sql.name(name);
        }
    }

    private static final List<Column> HEAD = List.of(
            new Column("session", ColumnForm.INTEGER, List.of(), "The session, by its number in the table session."),
            new Column(
                    "seq",
                    ColumnForm.NUMBER,
                    List.of(),
                    "Position in the session, dense from 1: the only ordering authority."),
            new Column(
                    "ts",
                    ColumnForm.NUMBER,
                    List.of(),
                    "Time on the session's clock in ns; may run backwards between CPUs."),
            new Column("cpu", ColumnForm.INTEGER, List.of(), "The CPU it happened on."),
            new Column("tid", ColumnForm.INTEGER, List.of(), "The thread it happened in."),
            new Column("tgid", ColumnForm.INTEGER, List.of(), "The process of that thread."),
            new Column("source", ColumnForm.SYMBOL, SOURCES, "Who produced the event."));

    static EventTable of(EventType type) {
        List<Column> columns = new ArrayList<>(HEAD);
        for (FieldSpec field : type.fields()) {
            columns.add(new Column(field.column(), ColumnForm.of(field.kind()), field.symbols(), doc(field)));
        }
        return new EventTable(type, List.copyOf(columns));
    }

    private static String doc(FieldSpec field) {
        StringBuilder doc = new StringBuilder(field.doc());
        if (field.unit() != null) {
            doc.append(" Unit: ").append(field.unit()).append('.');
        }
        if (field.idKind() != null) {
            doc.append(" Id of: ").append(field.idKind()).append('.');
        }
        return doc.toString();
    }

    String name() {
        return type.eventName();
    }

    String quoted() {
        return Sql.name(name());
    }

    String creation() {
        return "CREATE TABLE IF NOT EXISTS " + quoted() + " ("
                + columns.stream()
                        .map(c -> c.quoted() + " " + c.form().tableType())
                        .collect(Collectors.joining(", "))
                + ");\n";
    }

    String comments() {
        StringBuilder script = new StringBuilder();
        script.append("COMMENT ON TABLE ")
                .append(quoted())
                .append(" IS ")
                .append(Sql.text(type.doc()))
                .append(";\n");
        for (Column column : columns) {
            script.append(comment(column));
        }
        return script.toString();
    }

    private String comment(Column column) {
        return "COMMENT ON COLUMN " + quoted() + "." + column.quoted() + " IS " + Sql.text(column.doc()) + ";\n";
    }

    /** What adds {@code column} to a table of an older version. */
    String addition(Column column) {
        return "ALTER TABLE " + quoted() + " ADD COLUMN " + column.quoted() + " "
                + column.form().tableType() + ";\n" + comment(column);
    }
}

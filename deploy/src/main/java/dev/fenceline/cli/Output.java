package dev.fenceline.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a command prints: text for people, or JSON for scripts. */
final class Output {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final PrintWriter out;
    private final boolean json;

    Output(PrintWriter out, boolean json) {
        this.out = out;
        this.json = json;
    }

    boolean json() {
        return json;
    }

    /** A line for people; nothing when JSON is asked for. */
    void say(String line) {
        if (!json) {
            out.println(line);
            out.flush();
        }
    }

    /** A line of data as it is. */
    void data(String line) {
        out.println(line);
    }

    void flush() {
        out.flush();
    }

    /** A value of maps, lists, texts, numbers and booleans as one line of JSON. */
    void json(Object value) {
        out.println(jsonText(value));
        out.flush();
    }

    static String jsonText(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (IOException e) {
            throw new UncheckedIOException("a value of maps and lists is always JSON", e);
        }
    }

    /** Rows under their columns: a table, or an array of objects. Numbers stand to the right. */
    void table(List<String> columns, List<? extends List<? extends @Nullable Object>> rows) {
        if (json) {
            json(objects(columns, rows));
            return;
        }
        Column[] heads = new Column[columns.size()];
        for (int i = 0; i < heads.length; i++) {
            int column = i;
            boolean numeric = !rows.isEmpty()
                    && rows.stream().allMatch(row -> row.get(column) == null || row.get(column) instanceof Number);
            heads[i] = new Column()
                    .header(columns.get(i))
                    .headerAlign(HorizontalAlign.LEFT)
                    .dataAlign(numeric ? HorizontalAlign.RIGHT : HorizontalAlign.LEFT)
                    .maxWidth(100);
        }
        String[][] cells = rows.stream()
                .map(row -> row.stream().map(Output::cell).toArray(String[]::new))
                .toArray(String[][]::new);
        out.println(AsciiTable.getTable(AsciiTable.NO_BORDERS, heads, cells).stripTrailing());
        out.flush();
    }

    private static String cell(@Nullable Object value) {
        return value == null ? "" : value.toString();
    }

    /** A value as JSON knows it: what is no number, truth or collection is its text. */
    private static @Nullable Object plain(@Nullable Object value) {
        return value == null
                        || value instanceof Number
                        || value instanceof Boolean
                        || value instanceof List
                        || value instanceof Map
                        || value instanceof byte[]
                ? value
                : value.toString();
    }

    static List<Map<String, @Nullable Object>> objects(
            List<String> columns, List<? extends List<? extends @Nullable Object>> rows) {
        List<Map<String, @Nullable Object>> objects = new ArrayList<>();
        for (List<? extends @Nullable Object> row : rows) {
            Map<String, @Nullable Object> object = new LinkedHashMap<>();
            for (int i = 0; i < columns.size(); i++) {
                String name = columns.get(i);
                for (int again = 1; object.containsKey(name); again++) {
                    name = columns.get(i) + "_" + again;
                }
                object.put(name, plain(row.get(i)));
            }
            objects.add(object);
        }
        return objects;
    }
}

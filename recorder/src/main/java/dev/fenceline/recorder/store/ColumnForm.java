package dev.fenceline.recorder.store;

import dev.fenceline.event.FieldKind;
import java.util.List;
import java.util.stream.Collectors;
import org.duckdb.DuckDBColumnType;

/**
 * How a field of some kind looks in its table, in the vectors that load it, and in the vectors that read it back. Where table and
 * vector differ, an SQL expression goes from one to the other.
 */
enum ColumnForm {
    INTEGER("INTEGER", DuckDBColumnType.INTEGER),
    NUMBER("BIGINT", DuckDBColumnType.BIGINT),
    FLAG("BOOLEAN", DuckDBColumnType.BOOLEAN),
    TEXT("VARCHAR", DuckDBColumnType.VARCHAR),
    SYMBOL("VARCHAR", DuckDBColumnType.VARCHAR) {
        /** Reading a string costs ten times as much as reading its position in the enumeration. */
        @Override
        String fromTable(String column, List<String> symbols) {
            return "list_position([" + symbols.stream().map(Sql::text).collect(Collectors.joining(", ")) + "], "
                    + column + ")::INTEGER";
        }
    },
    BYTES("BLOB", DuckDBColumnType.VARCHAR) {
        @Override
        String toTable(String column) {
            return "unhex(" + column + ")";
        }

        @Override
        String fromTable(String column, List<String> symbols) {
            return "hex(" + column + ")";
        }
    },
    /** As text: {@code [1, 2]}. */
    NUMBERS("BIGINT[]", DuckDBColumnType.VARCHAR) {
        @Override
        String toTable(String column) {
            return column + "::BIGINT[]";
        }

        @Override
        String fromTable(String column, List<String> symbols) {
            return "array_to_string(" + column + ", ',')";
        }
    },
    /** As text: {@code READ,WRITE}. Not by a cast: that would take the symbol NULL for no symbol. */
    SYMBOLS("VARCHAR[]", DuckDBColumnType.VARCHAR) {
        @Override
        String toTable(String column) {
            return "CASE WHEN " + column + " = '' THEN [] ELSE string_split(" + column + ", ',') END";
        }

        @Override
        String fromTable(String column, List<String> symbols) {
            return "array_to_string(" + column + ", ',')";
        }
    },
    /** As text in which any text is safe: each element is an x and the hexadecimal UTF-8 of the text, commas between. */
    TEXTS("VARCHAR[]", DuckDBColumnType.VARCHAR) {
        @Override
        String toTable(String column) {
            return "CASE WHEN " + column + " = '' THEN [] ELSE list_transform(string_split(" + column
                    + ", ','), lambda e: decode(unhex(e[2:]))) END";
        }

        @Override
        String fromTable(String column, List<String> symbols) {
            return "array_to_string(list_transform(" + column + ", lambda e: 'x' || hex(encode(e))), ',')";
        }
    };

    private final String tableType;
    private final DuckDBColumnType vectorType;

    ColumnForm(String tableType, DuckDBColumnType vectorType) {
        this.tableType = tableType;
        this.vectorType = vectorType;
    }

    static ColumnForm of(FieldKind kind) {
        return switch (kind) {
            case NUMBER -> NUMBER;
            case FLAG -> FLAG;
            case TEXT -> TEXT;
            case BYTES -> BYTES;
            case SYMBOL -> SYMBOL;
            case NUMBERS -> NUMBERS;
            case SYMBOLS -> SYMBOLS;
            case TEXTS -> TEXTS;
        };
    }

    /** The column's type in the table. */
    String tableType() {
        return tableType;
    }

    /** The type of the vectors that load it. */
    DuckDBColumnType vectorType() {
        return vectorType;
    }

    /** What turns a loaded vector's value into the table's. */
    String toTable(String column) {
        return column;
    }

    /** What turns the table's value into one that a vector can be read from. */
    String fromTable(String column, List<String> symbols) {
        return column;
    }
}

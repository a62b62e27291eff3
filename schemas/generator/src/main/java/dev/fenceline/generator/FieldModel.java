package dev.fenceline.generator;

import java.util.List;
import java.util.Set;
import javax.lang.model.SourceVersion;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * One field of an event beyond its head.
 *
 * @param index position among the fields after the head, from 0
 * @param name name on the wire, in trace text and in JSON
 * @param kind what it holds
 * @param enumName the Java enum of a SYMBOL or SYMBOLS field
 */
record FieldModel(
        int index,
        String name,
        Kind kind,
        @Nullable String enumName,
        List<String> symbols,
        @Nullable String idKind,
        @Nullable String unit,
        String doc) {

    /** What the head and every Java object already use as a name. */
    private static final Set<String> TAKEN_ACCESSORS =
            Set.of("seq", "ts", "cpu", "tid", "tgid", "source", "wait", "notify", "notifyAll");

    /** What every table already uses as a column. */
    private static final Set<String> TAKEN_COLUMNS = Set.of("session", "seq", "ts", "cpu", "tid", "tgid", "source");

    enum Kind {
        NUMBER,
        FLAG,
        TEXT,
        BYTES,
        SYMBOL,
        NUMBERS,
        SYMBOLS,
        TEXTS
    }

    static FieldModel of(int index, Schema.Field field, String event) {
        String where = event + "." + field.name();
        String doc = field.doc();
        if (doc == null || doc.isBlank()) {
            throw new ContractException(where + " has no doc comment: say what it means, in which unit");
        }
        Schema schema = field.schema();
        if (schema.getType() == Schema.Type.ENUM) {
            return new FieldModel(
                    index,
                    field.name(),
                    Kind.SYMBOL,
                    schema.getName(),
                    schema.getEnumSymbols(),
                    null,
                    null,
                    clean(doc));
        }
        if (schema.getType() != Schema.Type.UNION
                || schema.getTypes().size() != 2
                || schema.getTypes().get(0).getType() != Schema.Type.NULL) {
            throw new ContractException(where + " must be optional (null first) or an enum, but is " + schema);
        }
        Schema value = schema.getTypes().get(1);
        Schema element = value.getType() == Schema.Type.ARRAY ? value.getElementType() : value;
        Kind kind = kind(where, value, element);
        boolean symbolic = element.getType() == Schema.Type.ENUM;
        return new FieldModel(
                index,
                field.name(),
                kind,
                symbolic ? element.getName() : null,
                symbolic ? element.getEnumSymbols() : List.of(),
                field.getProp("id"),
                field.getProp("unit"),
                clean(doc));
    }

    private static Kind kind(String where, Schema value, Schema element) {
        boolean list = value.getType() == Schema.Type.ARRAY;
        return switch (element.getType()) {
            case LONG -> list ? Kind.NUMBERS : Kind.NUMBER;
            case ENUM -> Kind.SYMBOLS;
            case STRING -> list ? Kind.TEXTS : Kind.TEXT;
            case BOOLEAN -> Kind.FLAG;
            case BYTES -> Kind.BYTES;
            default -> throw new ContractException(where + " has a type the contract does not use: " + value);
        };
    }

    private static String clean(String doc) {
        return doc.strip().replaceAll("\\s+", " ");
    }

    /** The Java accessor. */
    String accessor() {
        String camel = Names.camel(name);
        return TAKEN_ACCESSORS.contains(camel) || SourceVersion.isKeyword(camel) ? camel + "Value" : camel;
    }

    /** The accessor that tells whether the field was recorded. */
    String presence() {
        return "has" + Names.capitalised(accessor());
    }

    /** The column of the event's table. */
    String column() {
        return TAKEN_COLUMNS.contains(name) ? name + "_value" : name;
    }

    /** The Java type of accessor and setter. */
    String javaType() {
        return switch (kind) {
            case NUMBER -> "long";
            case FLAG -> "boolean";
            case TEXT -> "@Nullable String";
            case BYTES -> "byte @Nullable []";
            case SYMBOL -> enumName + "";
            case NUMBERS -> "@Nullable LongList";
            case SYMBOLS -> "@Nullable Set<" + enumName + ">";
            case TEXTS -> "@Nullable List<String>";
        };
    }

    /** Whether absence needs a presence bit because no value of the Java type stands for it. */
    boolean needsPresenceBit() {
        return kind == Kind.NUMBER || kind == Kind.FLAG;
    }
}

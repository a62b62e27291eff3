package dev.fenceline.generator;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The Java source of one event: an immutable class, its builder, its reader and its writer. */
final class EventSource {
    private final EventModel event;

    private EventSource(EventModel event) {
        this.event = event;
    }

    static String of(EventModel event) {
        return new EventSource(event).source();
    }

    private String source() {
        return """
                package dev.fenceline.event;

                import java.util.List;
                import java.util.Set;
                import org.jspecify.annotations.Nullable;

                /**
                 * {@code %s}: %s
                 *
                 * <p>Stands for: %s
                 */
                public final class %s extends Event {
                    static final List<FieldSpec> FIELDS = List.of(%s);

                %s
                    private %1$s(Builder builder, long seq, long ts, int cpu, int tid, int tgid, Source source) {
                        super(seq, ts, cpu, tid, tgid, source);
                %s    }

                    @Override
                    public EventType eventType() {
                        return EventType.%s;
                    }

                %s
                    @Override
                    public void forEachField(FieldVisitor visitor) {
                %s    }

                    @Override
                    void writeFields(WireBuffer out) {
                %s    }

                    public static Builder builder() {
                        return new Builder();
                    }

                    /** Gathers the fields; what is not set stays unrecorded. Reusable: build leaves it as it is. */
                    public static final class Builder implements Event.Builder<%4$s> {
                %s
                        private Builder() {}

                %s
                        @Override
                        public %4$s build(long seq, long ts, int cpu, int tid, int tgid, Source source) {
                            return new %4$s(this, seq, ts, cpu, tid, tgid, source);
                        }

                        @Override
                        public void readFields(WireReader in, int fields) {
                %s        }

                %s    }
                }
                """.replace("%1$s", "%4$s").formatted(
                event.eventName(),
                javadoc(event.doc()),
                javadoc(event.standsFor()),
                event.className(),
                specs(),
                each("    private final %s %s;\n", f -> storageType(f), FieldModel::accessor) + presenceField(),
                each("        this.%1$s = builder.%1$s;\n", FieldModel::accessor) + copyPresence(),
                event.constant(),
                accessors(),
                visits(),
                writes(),
                builderFields(),
                setters(),
                reads(),
                genericSetters());
    }

    private boolean hasPresence() {
        return event.fields().stream().anyMatch(FieldModel::needsPresenceBit);
    }

    private String presenceField() {
        return hasPresence() ? "    private final long presence;\n" : "";
    }

    private String copyPresence() {
        return hasPresence() ? "        this.presence = builder.presence;\n" : "";
    }

    private String specs() {
        return event.fields().stream()
                .map(f -> "\n            new FieldSpec(%d, %s, %s, FieldKind.%s, %s, %s, %s, List.of(%s))"
                        .formatted(
                                f.index(),
                                Names.quoted(f.name()),
                                Names.quoted(f.column()),
                                f.kind(),
                                f.idKind() == null ? "null" : Names.quoted(f.idKind()),
                                f.unit() == null ? "null" : Names.quoted(f.unit()),
                                Names.quoted(f.doc()),
                                f.symbols().stream().map(Names::quoted).collect(Collectors.joining(", "))))
                .collect(Collectors.joining(","));
    }

    private static String storageType(FieldModel field) {
        return field.javaType();
    }

    private static String present(FieldModel field) {
        return switch (field.kind()) {
            case NUMBER, FLAG -> "(presence & %dL) != 0".formatted(1L << field.index());
            case SYMBOL -> field.accessor() + " != " + field.enumName() + ".UNKNOWN";
            case TEXT, BYTES, NUMBERS, SYMBOLS, TEXTS -> field.accessor() + " != null";
        };
    }

    private String accessors() {
        StringBuilder out = new StringBuilder();
        for (FieldModel field : event.fields()) {
            String value = field.kind() == FieldModel.Kind.BYTES
                    ? field.accessor() + " == null ? null : " + field.accessor() + ".clone()"
                    : field.accessor();
            out.append("    /** ")
                    .append(javadoc(field.doc()))
                    .append(absence(field))
                    .append(" */\n");
            out.append("    public %s %s() {\n        return %s;\n    }\n\n"
                    .formatted(field.javaType(), field.accessor(), value));
            out.append("    /** Whether {@code %s} was recorded. */\n".formatted(field.name()));
            out.append("    public boolean %s() {\n        return %s;\n    }\n\n"
                    .formatted(field.presence(), present(field)));
        }
        return out.toString();
    }

    private static String absence(FieldModel field) {
        return switch (field.kind()) {
            case NUMBER -> " {@link Event#ABSENT} if not recorded.";
            case FLAG -> " False if not recorded.";
            case SYMBOL -> " UNKNOWN if not recorded.";
            case TEXT, BYTES, NUMBERS, SYMBOLS, TEXTS -> " Null if not recorded.";
        };
    }

    private String visits() {
        StringBuilder out = new StringBuilder();
        for (FieldModel field : event.fields()) {
            String name = field.accessor();
            String call = switch (field.kind()) {
                case NUMBER -> "number(%s, " + name + ")";
                case FLAG -> "flag(%s, " + name + ")";
                case TEXT -> "text(%s, " + name + ")";
                case BYTES -> "bytes(%s, " + name + ".clone())";
                case SYMBOL -> "symbol(%s, " + name + ".name())";
                case NUMBERS -> "numbers(%s, " + name + ")";
                case SYMBOLS -> "symbols(%s, names(" + name + "))";
                case TEXTS -> "texts(%s, " + name + ")";
            };
            out.append("        if (%s) {\n            visitor.%s;\n        }\n"
                    .formatted(present(field), call.formatted("FIELDS.get(" + field.index() + ")")));
        }
        return out.toString();
    }

    private String writes() {
        StringBuilder out = new StringBuilder();
        for (FieldModel field : event.fields()) {
            String name = field.accessor();
            out.append(
                    switch (field.kind()) {
                        case NUMBER -> "        out.putOptional(%s, %s);\n".formatted(present(field), name);
                        case FLAG -> "        out.putOptionalFlag(%s, %s);\n".formatted(present(field), name);
                        case TEXT -> "        out.putOptionalText(%s);\n".formatted(name);
                        case BYTES -> "        out.putOptionalBytes(%s);\n".formatted(name);
                        case SYMBOL -> "        out.putNumber(%s.ordinal());\n".formatted(name);
                        case NUMBERS -> "        out.putOptionalNumbers(%s);\n".formatted(name);
                        case SYMBOLS -> "        out.putOptionalSymbols(%s);\n".formatted(name);
                        case TEXTS -> "        out.putOptionalTexts(%s);\n".formatted(name);
                    });
        }
        return out.toString();
    }

    private String builderFields() {
        StringBuilder out = new StringBuilder();
        for (FieldModel field : event.fields()) {
            String initial = switch (field.kind()) {
                case NUMBER -> " = ABSENT";
                case SYMBOL -> " = " + field.enumName() + ".UNKNOWN";
                case FLAG, TEXT, BYTES, NUMBERS, SYMBOLS, TEXTS -> "";
            };
            out.append("        private %s %s%s;\n".formatted(field.javaType(), field.accessor(), initial));
        }
        return out + (hasPresence() ? "        private long presence;\n" : "");
    }

    private String setters() {
        StringBuilder out = new StringBuilder();
        for (FieldModel field : event.fields()) {
            String name = field.accessor();
            String stored = switch (field.kind()) {
                case NUMBER, FLAG, TEXT, SYMBOL, NUMBERS -> "value";
                case BYTES -> "value == null ? null : value.clone()";
                case SYMBOLS -> "immutable(%s.class, value)".formatted(field.enumName());
                case TEXTS -> "value == null ? null : List.copyOf(value)";
            };
            out.append("        /** ").append(javadoc(field.doc())).append(" */\n");
            out.append(
                    "        public Builder %s(%s value) {\n            this.%s = %s;\n%s            return this;\n        }\n\n"
                            .formatted(name, field.javaType(), name, stored, markPresent(field)));
            if (field.kind() == FieldModel.Kind.NUMBERS) {
                out.append("        /** ").append(javadoc(field.doc())).append(" */\n");
                out.append(
                        "        public Builder %s(long... values) {\n            return %1$s(LongList.of(values));\n        }\n\n"
                                .formatted(name));
            }
        }
        return out.toString();
    }

    private static String markPresent(FieldModel field) {
        return field.needsPresenceBit() ? "            this.presence |= %dL;\n".formatted(1L << field.index()) : "";
    }

    private String reads() {
        StringBuilder out = new StringBuilder();
        for (FieldModel field : event.fields()) {
            String read = switch (field.kind()) {
                case NUMBER -> "if (in.present()) {\n                %s(in.number());\n            }";
                case FLAG -> "if (in.present()) {\n                %s(in.flag());\n            }";
                case TEXT -> "if (in.present()) {\n                %s(in.text());\n            }";
                case BYTES -> "if (in.present()) {\n                %s(in.bytes());\n            }";
                case SYMBOL -> field.accessor() + " = in.symbol(" + field.enumName() + "_SYMBOLS);";
                case NUMBERS -> "if (in.present()) {\n                %s(in.numbers());\n            }";
                case SYMBOLS ->
                    "if (in.present()) {\n                %s(in.symbols(" + field.enumName() + ".class, "
                            + field.enumName() + "_SYMBOLS));\n            }";
                case TEXTS -> "if (in.present()) {\n                %s(in.texts());\n            }";
            };
            out.append("            if (fields <= %d) {\n                return;\n            }\n"
                    .formatted(field.index()));
            out.append("            ").append(read.formatted(field.accessor())).append("\n");
        }
        return out.toString();
    }

    private String genericSetters() {
        StringBuilder out = new StringBuilder();
        out.append(genericSetter("setNumber", "long value", FieldModel.Kind.NUMBER, "value"));
        out.append(genericSetter("setFlag", "boolean value", FieldModel.Kind.FLAG, "value"));
        out.append(genericSetter("setText", "String value", FieldModel.Kind.TEXT, "value"));
        out.append(genericSetter("setBytes", "byte[] value", FieldModel.Kind.BYTES, "value"));
        out.append(genericSetter("setSymbol", "String value", FieldModel.Kind.SYMBOL, "%s.valueOf(value)"));
        out.append(genericSetter("setNumbers", "LongList value", FieldModel.Kind.NUMBERS, "value"));
        out.append(
                genericSetter("setSymbols", "List<String> value", FieldModel.Kind.SYMBOLS, "named(%s.class, value)"));
        out.append(genericSetter("setTexts", "List<String> value", FieldModel.Kind.TEXTS, "value"));
        event.fields().stream()
                .filter(f -> f.kind() == FieldModel.Kind.SYMBOL || f.kind() == FieldModel.Kind.SYMBOLS)
                .map(FieldModel::enumName)
                .distinct()
                .forEach(name -> out.append(
                        "        private static final %s[] %1$s_SYMBOLS = %1$s.values();\n".formatted(name)));
        return out.toString();
    }

    private String genericSetter(String method, String parameter, FieldModel.Kind kind, String value) {
        List<FieldModel> fields =
                event.fields().stream().filter(f -> f.kind() == kind).toList();
        if (fields.isEmpty()) {
            return "";
        }
        StringBuilder out = new StringBuilder(
                "        @Override\n        public void %s(int field, %s) {\n            switch (field) {\n"
                        .formatted(method, parameter));
        for (FieldModel field : fields) {
            out.append("                case %d -> %s(%s);\n"
                    .formatted(field.index(), field.accessor(), value.replace("%s", String.valueOf(field.enumName()))));
        }
        return out
                + "                default -> throw Event.noSuchField(EventType.%s, field);\n            }\n        }\n\n"
                        .formatted(event.constant());
    }

    @SafeVarargs
    private String each(String template, Function<FieldModel, String>... arguments) {
        StringBuilder out = new StringBuilder();
        for (FieldModel field : event.fields()) {
            Object[] values = new Object[arguments.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = arguments[i].apply(field);
            }
            out.append(template.formatted(values));
        }
        return out.toString();
    }

    private static String javadoc(String text) {
        return text.replace("*/", "*&#47;")
                .replace("@", "{@literal @}")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("&lt;=", "&le;");
    }
}

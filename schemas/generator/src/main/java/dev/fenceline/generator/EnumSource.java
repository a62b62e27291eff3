package dev.fenceline.generator;

/** The Java source of an enumeration. */
final class EnumSource {
    private EnumSource() {}

    static String of(EnumModel model) {
        return """
                package dev.fenceline.event;

                /** %s */
                public enum %s {
                    %s
                }
                """.formatted(model.doc(), model.name(), String.join(",\n    ", model.symbols()));
    }
}

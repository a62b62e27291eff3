package dev.fenceline.generator;

import java.util.Locale;

/** The page that lists every event with its fields, for people. */
final class CataloguePage {
    private CataloguePage() {}

    static String of(Contract contract) {
        StringBuilder out = new StringBuilder("""
                # Event catalogue

                Generated from `schemas/src/main/avro`; a test keeps it current. An event's name is its table in the store, its name in
                trace text and, in CamelCase, its Avro record and Java class. Every event begins with the head: `seq` (dense from 1, the
                only ordering authority), `ts` (ns), `cpu`, `tid`, `tgid`, `source`. Every other field may be unrecorded.

                """);
        String family = "";
        for (EventModel event : contract.events()) {
            if (!event.family().equals(family)) {
                family = event.family();
                out.append("## ").append(family).append("\n\n");
            }
            out.append("### `")
                    .append(event.eventName())
                    .append("`\n\n")
                    .append(event.doc())
                    .append("\n\n");
            if (!event.standsFor().isBlank()) {
                out.append("Stands for: ").append(event.standsFor()).append("\n\n");
            }
            if (!event.streams().isEmpty()) {
                out.append("Streams: ")
                        .append(String.join(", ", event.streams()))
                        .append("\n\n");
            }
            if (!event.fields().isEmpty()) {
                out.append("| field | holds | meaning |\n|---|---|---|\n");
                for (FieldModel field : event.fields()) {
                    out.append("| `%s` | %s | %s |\n"
                            .formatted(field.name(), holds(field), field.doc().replace("|", "\\|")));
                }
                out.append('\n');
            }
        }
        return out.toString().stripTrailing() + "\n";
    }

    private static String holds(FieldModel field) {
        String kind = field.symbols().isEmpty()
                ? field.kind().name().toLowerCase(Locale.ROOT)
                : (field.kind() == FieldModel.Kind.SYMBOLS ? "set of " : "")
                        + String.join(
                                ", ", field.symbols().subList(1, field.symbols().size()));
        if (field.idKind() != null) {
            return (field.kind() == FieldModel.Kind.NUMBERS ? "ids of " : "id of ") + field.idKind();
        }
        return field.unit() == null ? kind : field.unit();
    }
}

package dev.fenceline.generator;

import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;

/**
 * One event of the contract.
 *
 * @param family the file that defines it, without its ending
 * @param released fingerprints of its released versions with the number of fields each had, oldest first
 */
record EventModel(
        String className,
        String family,
        String doc,
        String standsFor,
        List<String> streams,
        List<FieldModel> fields,
        Schema schema,
        List<Release> released) {

    /** A version of an event that was once written. */
    record Release(String eventName, long fingerprint, int fields) {}

    static EventModel of(Schema schema, String family, List<Release> released) {
        String name = schema.getName();
        String doc = schema.getDoc();
        if (doc == null || doc.isBlank()) {
            throw new ContractException("record " + name + " has no doc comment");
        }
        List<Schema.Field> all = schema.getFields();
        if (all.isEmpty()
                || !all.get(0).name().equals("head")
                || !all.get(0).schema().getName().equals("Head")) {
            throw new ContractException("record " + name + " must begin with `Head head;`");
        }
        List<FieldModel> fields = new ArrayList<>();
        for (int index = 1; index < all.size(); index++) {
            fields.add(FieldModel.of(index - 1, all.get(index), name));
        }
        if (fields.size() > 64) {
            throw new ContractException("record " + name + " has more fields than presence bits (64)");
        }
        Object streams = schema.getObjectProp("streams");
        return new EventModel(
                name,
                family,
                doc.strip().replaceAll("\\s+", " "),
                schema.getProp("stands_for") == null ? "" : schema.getProp("stands_for"),
                streams instanceof List<?> list
                        ? list.stream().map(Object::toString).toList()
                        : List.of(),
                List.copyOf(fields),
                schema,
                released.stream()
                        .filter(release -> release.eventName().equals(Names.snake(name)))
                        .toList());
    }

    String eventName() {
        return Names.snake(className);
    }

    String constant() {
        return Names.constant(eventName());
    }

    long fingerprint() {
        return SchemaNormalization.parsingFingerprint64(schema);
    }
}

package dev.fenceline.generator;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.idl.IdlReader;

/** The whole contract as the {@code .avdl} files state it: events in the order of their files, enums by name. */
record Contract(List<EventModel> events, List<EnumModel> enums) {

    static Contract read(Path directory, Path fingerprints) throws IOException {
        List<EventModel.Release> released = releases(fingerprints);
        Map<String, EventModel> events = new TreeMap<>();
        List<EventModel> ordered = new ArrayList<>();
        Map<String, EnumModel> enums = new TreeMap<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".avdl")).sorted().toList()) {
                String family = file.getFileName().toString().replace(".avdl", "");
                for (Schema schema :
                        new IdlReader().parse(file).getNamedSchemas().values()) {
                    if (schema.getType() == Schema.Type.ENUM) {
                        enums.put(schema.getName(), EnumModel.of(schema));
                    } else if (!schema.getName().equals("Head") && definedIn(file, schema)) {
                        EventModel event = EventModel.of(schema, family, released);
                        if (events.put(event.eventName(), event) != null) {
                            throw new ContractException("event " + event.eventName() + " is defined twice");
                        }
                        ordered.add(event);
                    }
                }
            }
        }
        return new Contract(List.copyOf(ordered), List.copyOf(enums.values()));
    }

    /** Imported records come with each file that imports them; only the file that spells them out owns them. */
    private static boolean definedIn(Path file, Schema schema) throws IOException {
        return Files.readString(file).contains("record " + schema.getName() + " ");
    }

    private static List<EventModel.Release> releases(Path file) throws IOException {
        List<EventModel.Release> releases = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            if (!line.isBlank() && !line.startsWith("#")) {
                String[] words = line.split(" ", 3);
                releases.add(new EventModel.Release(
                        words[0], Long.parseUnsignedLong(words[1], 16), Integer.parseInt(words[2])));
            }
        }
        return releases;
    }
}

package dev.fenceline.generator;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Generates everything that is derived from the contract.
 *
 * <p>Arguments: the directory of the {@code .avdl} files, the file of released fingerprints, the directory for Java sources, the
 * directory for resources. Files whose content is already right are left alone, so that an unchanged contract compiles nothing.
 */
public final class Main {
    private static final String PACKAGE_DIRECTORY = "dev/fenceline/event/";

    private Main() {}

    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 4) {
            throw new IllegalArgumentException(
                    "want: AVDL_DIRECTORY FINGERPRINTS_FILE SOURCE_DIRECTORY RESOURCE_DIRECTORY");
        }
        Contract contract = Contract.read(Path.of(arguments[0]), Path.of(arguments[1]));

        TreeMap<String, String> sources = new TreeMap<>();
        for (EnumModel model : contract.enums()) {
            sources.put(PACKAGE_DIRECTORY + model.name() + ".java", EnumSource.of(model));
        }
        for (EventModel model : contract.events()) {
            sources.put(PACKAGE_DIRECTORY + model.className() + ".java", EventSource.of(model));
        }
        sources.put(PACKAGE_DIRECTORY + "Event.java", FamilySource.event(contract));
        sources.put(PACKAGE_DIRECTORY + "EventType.java", FamilySource.eventType(contract));
        sources.put(PACKAGE_DIRECTORY + "EventTables.java", FamilySource.eventTables(contract));
        replace(Path.of(arguments[2]), sources);

        TreeMap<String, String> resources = new TreeMap<>();
        resources.put(PACKAGE_DIRECTORY + "catalogue.md", CataloguePage.of(contract));
        for (EventModel model : contract.events()) {
            resources.put(
                    PACKAGE_DIRECTORY + model.eventName() + ".avsc",
                    model.schema().toString() + "\n");
        }
        replace(Path.of(arguments[3]), resources);
    }

    /** Makes {@code directory} hold exactly {@code files}. */
    private static void replace(Path directory, Map<String, String> files) throws IOException {
        Set<Path> wanted = new TreeSet<>();
        for (var file : files.entrySet()) {
            Path path = directory.resolve(file.getKey());
            wanted.add(path);
            byte[] content = file.getValue().getBytes(StandardCharsets.UTF_8);
            if (!Files.exists(path) || !Arrays.equals(Files.readAllBytes(path), content)) {
                Files.createDirectories(path.getParent());
                Files.write(path, content);
            }
        }
        try (Stream<Path> present = Files.walk(directory)) {
            for (Path path : present.filter(Files::isRegularFile).toList()) {
                if (!wanted.contains(path)) {
                    Files.delete(path);
                }
            }
        }
    }
}

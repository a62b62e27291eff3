package dev.fenceline.cli;

import dev.fenceline.event.EventType;
import dev.fenceline.event.FieldSpec;
import dev.fenceline.text.Nearest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The catalogue of events. */
@Command(
        name = "events",
        description = "List every event of the contract, or show one with its fields.",
        footer = {"", "Example: fenceline events bo_move"})
final class EventsCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions options = new CommonOptions();

    @Parameters(arity = "0..1", paramLabel = "EVENT", description = "Show this event with its fields.")
    private @Nullable String event;

    @Override
    public Integer call() {
        Output out = options.output();
        if (event == null) {
            if (out.json()) {
                out.json(Arrays.stream(EventType.values())
                        .map(EventsCommand::describe)
                        .toList());
            } else {
                out.table(
                        List.of("name", "meaning"),
                        Arrays.stream(EventType.values())
                                .map(type -> List.of(type.eventName(), type.doc()))
                                .toList());
            }
            return ExitCode.FINE;
        }
        EventType type = EventType.named(event);
        if (type == null) {
            throw UserError.badUse("there is no event '" + event + "'"
                    + Nearest.suggestion(
                            event,
                            Arrays.stream(EventType.values())
                                    .map(EventType::eventName)
                                    .toList()));
        }
        if (out.json()) {
            out.json(describe(type));
        } else {
            out.say(type.eventName() + ": " + type.doc());
            out.say("stands for: " + type.standsFor());
            out.say("streams: " + String.join(" ", type.streams()));
            out.say("");
            out.table(
                    List.of("field", "holds", "meaning"),
                    type.fields().stream()
                            .map(field -> List.of(field.name(), holds(field), field.doc()))
                            .toList());
        }
        return ExitCode.FINE;
    }

    private static Map<String, Object> describe(EventType type) {
        List<Map<String, Object>> fields = new ArrayList<>();
        for (FieldSpec field : type.fields()) {
            Map<String, Object> description = new LinkedHashMap<>();
            description.put("name", field.name());
            description.put("holds", holds(field));
            description.put("doc", field.doc());
            fields.add(description);
        }
        Map<String, Object> description = new LinkedHashMap<>();
        description.put("name", type.eventName());
        description.put("family", type.family());
        description.put("doc", type.doc());
        description.put("stands_for", type.standsFor());
        description.put("streams", type.streams());
        description.put("fields", fields);
        return description;
    }

    private static String holds(FieldSpec field) {
        if (field.idKind() != null) {
            return "id of " + field.idKind();
        }
        if (!field.symbols().isEmpty()) {
            return String.join("|", field.symbols().subList(1, field.symbols().size()));
        }
        return field.unit() == null ? field.kind().name().toLowerCase(java.util.Locale.ROOT) : field.unit();
    }
}

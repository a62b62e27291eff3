package dev.fenceline.cli;

import dev.fenceline.recorder.store.SessionRecord;
import dev.fenceline.stack.StoreAccess;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The catalogue of recorded sessions. */
@Command(name = "sessions", description = "List the recorded sessions.")
final class SessionsCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions options = new CommonOptions();

    @Override
    public Integer call() {
        Output out = options.output();
        if (!Files.exists(options.dataDirectory().store())) {
            options.note("nothing is recorded in " + options.dataDirectory().root() + " yet; try: fenceline demo");
            if (out.json()) {
                out.json(List.of());
            }
            return ExitCode.FINE;
        }
        try (StoreAccess store = StoreAccess.of(options.dataDirectory())) {
            if (out.json()) {
                List<Map<String, @Nullable Object>> sessions = new ArrayList<>();
                for (SessionRecord session : store.sessions()) {
                    sessions.add(describe(session));
                }
                out.json(sessions);
            } else {
                out.table(
                        List.of("number", "session", "scenario", "seed", "events", "status", "digest", "replay of"),
                        store.sessions().stream().map(SessionsCommand::row).toList());
            }
        }
        return ExitCode.FINE;
    }

    private static List<@Nullable Object> row(SessionRecord session) {
        List<@Nullable Object> row = new ArrayList<>();
        row.add(session.number());
        row.add(session.uuid());
        row.add(session.scenario());
        row.add(session.seed());
        row.add(session.events());
        row.add(session.status());
        row.add(session.digestOk() == null ? "" : session.digestOk() ? "equal" : "DIFFERS");
        row.add(session.replayOf());
        return row;
    }

    private static Map<String, @Nullable Object> describe(SessionRecord session) {
        Map<String, @Nullable Object> description = new LinkedHashMap<>();
        description.put("name", session.uuid().toString());
        description.put("number", session.number());
        description.put("scenario", session.scenario());
        description.put("seed", session.seed());
        description.put("parameters", session.parameters());
        description.put("producer", session.producer());
        description.put("events", session.events());
        description.put("lost", session.lost());
        description.put("duplicates", session.duplicates());
        description.put("status", session.status().name());
        description.put("reason", session.reason());
        description.put("digest", session.digest());
        description.put("digest_ok", session.digestOk());
        description.put("content_digest", session.contentDigest());
        description.put(
                "replay_of",
                session.replayOf() == null ? null : session.replayOf().toString());
        return description;
    }
}

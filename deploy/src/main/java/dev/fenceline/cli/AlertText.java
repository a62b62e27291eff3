package dev.fenceline.cli;

import dev.fenceline.event.Alert;
import dev.fenceline.event.Event;
import dev.fenceline.event.LongList;
import dev.fenceline.text.Symbols;
import dev.fenceline.text.TraceWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An alert with its proof, for people and as JSON. */
final class AlertText {
    private AlertText() {}

    /** The alert, then its witness: each event as a line of trace text behind the part it plays. */
    static List<String> lines(Alert alert, Map<Long, Event> events, Symbols symbols) {
        List<String> lines = new ArrayList<>();
        lines.add(alert.rule() + " " + alert.ruleName() + " [" + alert.severity() + "] at " + alert.seq() + ": "
                + symbols.named(String.valueOf(alert.message())));
        LongList witness = alert.witness();
        List<String> roles = alert.roles();
        int width = roles == null
                ? 0
                : roles.stream().mapToInt(String::length).max().orElse(0);
        for (int i = 0; witness != null && i < witness.size(); i++) {
            String role = roles != null && i < roles.size() ? roles.get(i) : "";
            Event event = events.get(witness.get(i));
            lines.add("    " + role + " ".repeat(width - role.length()) + "  "
                    + (event == null ? String.valueOf(witness.get(i)) : TraceWriter.line(event, symbols)));
        }
        return lines;
    }

    static Map<String, @Nullable Object> json(Alert alert, @Nullable String session, Symbols symbols) {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("rule", alert.rule());
        json.put("rule_name", alert.ruleName());
        if (session != null) {
            json.put("session", session);
        }
        json.put("seq", alert.seq());
        json.put("severity", alert.severity().name());
        json.put("message", symbols.named(String.valueOf(alert.message())));
        json.put("subject", symbols.named(String.valueOf(alert.subject())));
        LongList witness = alert.witness();
        json.put("witness", witness == null ? List.of() : witness.toArray());
        json.put("roles", alert.roles());
        return json;
    }
}

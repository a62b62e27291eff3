package dev.fenceline.cli;

import dev.fenceline.event.EventType;
import dev.fenceline.recorder.kafka.EventTail;
import dev.fenceline.recorder.kafka.TailedEvent;
import dev.fenceline.text.EventJson;
import dev.fenceline.text.Nearest;
import dev.fenceline.text.TraceWriter;
import dev.fenceline.wire.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Events as they arrive. */
@Command(
        name = "tail",
        description = "Print events as they arrive in Kafka, one a line: trace text, or JSON lines with --json.",
        footer = {
            "",
            "Examples:",
            "  fenceline tail --type bo_move --type dma_fence_signaled",
            "  fenceline tail --alerts --from-beginning --no-follow"
        })
final class TailCommand implements Callable<Integer> {
    private static final Duration WAIT = Duration.ofMillis(200);

    @Mixin
    private final CommonOptions options = new CommonOptions();

    @Mixin
    private final KafkaOptions kafka = new KafkaOptions();

    @Option(names = "--type", paramLabel = "EVENT", description = "Only events of this type; may be repeated.")
    private List<String> types = new ArrayList<>();

    @Option(names = "--session", paramLabel = "UUID", description = "Only this session: its uuid, or how it begins.")
    private @Nullable String session;

    @Option(names = "--alerts", description = "Alerts and verdicts of the rules instead of events.")
    private boolean alerts;

    @Option(names = "--from-beginning", description = "Begin with the oldest event that Kafka still has.")
    private boolean fromBeginning;

    @Option(names = "--no-follow", description = "End when all that is there has been printed.")
    private boolean noFollow;

    @Option(names = "--count", paramLabel = "N", description = "End after N events.")
    private long count = Long.MAX_VALUE;

    @Override
    public Integer call() {
        Output out = options.output();
        Set<EventType> wanted = types();
        List<String> topics = List.of(alerts ? Topics.ALERTS : Topics.EVENTS);
        long printed = 0;
        try (EventTail tail = fromBeginning || noFollow
                ? EventTail.fromBeginning(kafka.running(options), topics)
                : EventTail.fromEnd(kafka.running(options), topics)) {
            while (printed < count && !(noFollow && tail.atEnd())) {
                for (TailedEvent tailed : tail.poll(WAIT)) {
                    if (printed < count && wanted.contains(tailed.event().eventType()) && isWanted(tailed)) {
                        out.data(out.json() ? EventJson.line(tailed.event()) : TraceWriter.line(tailed.event()));
                        printed++;
                    }
                }
                out.flush();
            }
        }
        return ExitCode.FINE;
    }

    private boolean isWanted(TailedEvent tailed) {
        return session == null || tailed.session().toString().startsWith(session);
    }

    private Set<EventType> types() {
        if (types.isEmpty()) {
            return EnumSet.allOf(EventType.class);
        }
        Set<EventType> wanted = EnumSet.noneOf(EventType.class);
        for (String name : types) {
            EventType type = EventType.named(name);
            if (type == null) {
                throw UserError.badUse("there is no event '" + name + "'"
                        + Nearest.suggestion(
                                name,
                                Arrays.stream(EventType.values())
                                        .map(EventType::eventName)
                                        .toList()));
            }
            wanted.add(type);
        }
        return wanted;
    }
}

package dev.fenceline.notebooks;

import dev.fenceline.event.Alert;
import dev.fenceline.event.Event;
import dev.fenceline.event.LongList;
import dev.fenceline.event.SessionEnd;
import dev.fenceline.event.SessionStart;
import dev.fenceline.event.Severity;
import dev.fenceline.event.Source;
import dev.fenceline.recorder.kafka.PartitionLog;
import dev.fenceline.recorder.store.Landing;
import dev.fenceline.recorder.store.Store;
import dev.fenceline.recorder.store.StoreOptions;
import dev.fenceline.text.Trace;
import dev.fenceline.text.TraceReader;
import dev.fenceline.wire.EventCodec;
import dev.fenceline.wire.SessionDigest;
import dev.fenceline.wire.Topics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Stores to look at, made by the recorder as if the events had come by Kafka. */
final class RecordedStore {
    private static final PartitionLog EVENTS = new PartitionLog(Topics.EVENTS, "events", 0);
    private static final PartitionLog ALERTS = new PartitionLog(Topics.ALERTS, "alerts", 0);
    private static final Path TEXT = Path.of("src", "test", "resources", "sessions.trace");

    private final EventCodec codec = new EventCodec();
    private final Landing landing;
    private long offset;

    private RecordedStore(Landing landing) {
        this.landing = landing;
    }

    /** Makes the store {@code file} of the sessions of {@code sessions.trace}, and an alert. */
    static void make(Path file) throws IOException {
        List<Trace> traces;
        try (var text = Files.newBufferedReader(TEXT)) {
            traces = TraceReader.read(TEXT.toString(), text);
        }
        try (Store store = Store.open(file, StoreOptions.defaults())) {
            RecordedStore recorded = new RecordedStore(store.landing());
            for (Trace trace : traces) {
                recorded.land(trace.events());
            }
            recorded.land(ALERTS, sessionOf(traces.get(0).events()), neverSignals());
            recorded.landing.land();
        }
    }

    /** Makes the store {@code file} of one session, which has an end. */
    static void make(Path file, List<Event> session) {
        try (Store store = Store.open(file, StoreOptions.defaults())) {
            RecordedStore recorded = new RecordedStore(store.landing());
            session.forEach(event -> recorded.land(EVENTS, sessionOf(session), event));
            recorded.landing.land();
        }
    }

    private static Alert neverSignals() {
        return Alert.builder()
                .rule("A-F07")
                .ruleName("published-fence-completes")
                .severity(Severity.DEADLOCK)
                .message("the fence has not signalled for 10 s & <more>")
                .witness(LongList.of(17, 18, 21))
                .roles(List.of("created", "published", "too late"))
                .subject("fence=5")
                .build(21, 25_000_000_000L, 0, 0, 0, Source.DERIVED);
    }

    /** Lands a session and the end that belongs to it. */
    private void land(List<Event> events) {
        String session = sessionOf(events);
        List<Event> whole = new ArrayList<>(events);
        Event last = events.get(events.size() - 1);
        whole.add(SessionEnd.builder()
                .events(last.seq() + 1)
                .digest(digest(events))
                .build(last.seq() + 1, last.ts(), 0, 0, 0, Source.SIMULATOR));
        whole.forEach(event -> land(EVENTS, session, event));
    }

    private void land(PartitionLog log, String session, Event event) {
        byte[] wire = codec.encode(event);
        landing.accept(log, offset++, session.getBytes(StandardCharsets.US_ASCII), wire, 0, wire.length);
    }

    private byte[] digest(List<Event> events) {
        SessionDigest digest = new SessionDigest();
        for (Event event : events) {
            byte[] wire = codec.encode(event);
            digest.add(event.eventType(), wire, 0, wire.length);
        }
        return digest.digest();
    }

    private static String sessionOf(List<Event> events) {
        return Objects.requireNonNull(((SessionStart) events.get(0)).session());
    }
}

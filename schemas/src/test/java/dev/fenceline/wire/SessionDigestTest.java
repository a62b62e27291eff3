package dev.fenceline.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fenceline.event.BoCreate;
import dev.fenceline.event.Event;
import dev.fenceline.event.SessionStart;
import dev.fenceline.event.Source;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionDigestTest {
    private final EventCodec codec = new EventCodec();

    @Test
    void goesOnFromItsStateAsIfItHadNeverStopped() {
        SessionDigest whole = digest(List.of(start("a"), bo(2, 1), bo(3, 2)));
        SessionDigest resumed =
                SessionDigest.resume(digest(List.of(start("a"), bo(2, 1))).state());
        add(resumed, bo(3, 2));
        assertThat(resumed.digest()).isEqualTo(whole.digest());
    }

    @Test
    void tellsSessionsThatRecordedTheSameFromSessionsThatAreTheSame() {
        SessionDigest one = digest(List.of(start("a"), bo(2, 1)));
        SessionDigest replay = digest(List.of(start("b"), bo(2, 1)));
        assertThat(replay.contentDigest()).isEqualTo(one.contentDigest());
        assertThat(replay.digest()).isNotEqualTo(one.digest());
    }

    @Test
    void changesWithAnyEventAndWithTheirOrder() {
        byte[] digest = digest(List.of(start("a"), bo(2, 1), bo(3, 2))).digest();
        assertThat(digest(List.of(start("a"), bo(2, 1), bo(3, 9))).digest()).isNotEqualTo(digest);
        assertThat(digest(List.of(start("a"), bo(3, 2), bo(2, 1))).digest()).isNotEqualTo(digest);
    }

    private SessionDigest digest(List<Event> events) {
        SessionDigest digest = new SessionDigest();
        events.forEach(event -> add(digest, event));
        return digest;
    }

    private void add(SessionDigest digest, Event event) {
        byte[] wire = codec.encode(event);
        digest.add(event.eventType(), wire, 0, wire.length);
    }

    private static Event start(String session) {
        return SessionStart.builder().session(session).build(1, 0, 0, 0, 0, Source.SIMULATOR);
    }

    private static Event bo(long seq, long bo) {
        return BoCreate.builder().bo(bo).build(seq, seq, 0, 0, 0, Source.SIMULATOR);
    }
}

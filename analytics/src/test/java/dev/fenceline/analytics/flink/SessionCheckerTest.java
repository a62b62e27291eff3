package dev.fenceline.analytics.flink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fenceline.event.ClockTick;
import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.event.SessionChecked;
import dev.fenceline.event.SessionEnd;
import dev.fenceline.event.SessionStart;
import dev.fenceline.event.Source;
import dev.fenceline.event.Verdict;
import dev.fenceline.wire.EventCodec;
import dev.fenceline.wire.Topics;
import dev.fenceline.wire.UndecodableException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.util.Collector;
import org.junit.jupiter.api.Test;

class SessionCheckerTest {
    private static final String SESSION = "0f6cd9b4-1b0e-4c6e-8a53-6b1c5d0f3a11";

    private final EventCodec codec = new EventCodec();
    private final Map<String, Counter> counters = new TreeMap<>();
    private final List<DerivedRecord> said = new ArrayList<>();
    private final SessionChecker checker = new SessionChecker(new UnregisteredMetricsGroup() {
        @Override
        public Counter counter(String name) {
            return counters.computeIfAbsent(name, super::counter);
        }
    });
    private final CheckedSession session = CheckedSession.begin(RuleSelection.all());

    @Test
    void saysNothingBeforeTheEnd() {
        send(start(), tick(2), tick(3));

        assertThat(said).isEmpty();
        assertThat(session.lastSeq()).isEqualTo(3);
        assertThat(count("events")).isEqualTo(3);
    }

    @Test
    void givesAVerdictOfEachRuleAtTheEndAndLetsGo() throws Exception {
        send(start(), tick(2), end(3));

        assertThat(session.check()).isNull();
        assertThat(said).hasSize(RuleSelection.all().ids().length + 1);
        assertThat(said).allSatisfy(record -> assertThat(record.session()).isEqualTo(SESSION));
        DerivedRecord last = said.remove(said.size() - 1);
        assertThat(last.topic()).isEqualTo(Topics.SESSIONS);
        assertThat(decode(last)).isInstanceOfSatisfying(SessionChecked.class, checked -> {
            assertThat(checked.events()).isEqualTo(3);
            assertThat(checked.complete()).isTrue();
        });
        assertThat(said).allSatisfy(record -> {
            assertThat(record.topic()).isEqualTo(Topics.ALERTS);
            assertThat(decode(record)).isInstanceOf(Verdict.class);
        });
        assertThat(count("ended")).isEqualTo(1);
    }

    @Test
    void countsWhatComesAgainAndIgnoresIt() {
        send(start(), tick(2), tick(2), start(), tick(3), end(4));

        assertThat(count("duplicates")).isEqualTo(2);
        assertThat(count("events")).isEqualTo(4);
        assertThat(count("ended")).isEqualTo(1);
    }

    @Test
    void countsWhatComesAfterTheEndAndIgnoresIt() {
        send(start(), end(2));
        int before = said.size();
        send(end(2), tick(3));

        assertThat(said).hasSize(before);
        assertThat(count("late")).isEqualTo(2);
    }

    @Test
    void countsWhatCannotBeDecodedAndGoesOn() {
        send(start());
        checker.check(new EventRecord(SESSION, new byte[] {(byte) 0xC3, 1, 0}, 0, 7), session, collector());
        send(tick(2), end(3));

        assertThat(count("undecodable")).isEqualTo(1);
        assertThat(count("ended")).isEqualTo(1);
    }

    @Test
    void givesTheVerdictsOfASessionThatNeverEnded() {
        send(start(), tick(2), tick(3));
        checker.finish(SESSION, session, collector());

        assertThat(session.check()).isNull();
        assertThat(said).hasSize(RuleSelection.all().ids().length + 1);
        DerivedRecord last = said.remove(said.size() - 1);
        assertThat(last.session()).isEqualTo(SESSION);
        assertThat(decode(last)).isInstanceOfSatisfying(SessionChecked.class, checked -> {
            assertThat(checked.seq()).isEqualTo(3);
            assertThat(checked.events()).isEqualTo(3);
            assertThat(checked.hasComplete()).isTrue();
            assertThat(checked.complete()).isFalse();
        });
        assertThat(said).allSatisfy(record -> assertThat(decode(record)).isInstanceOf(Verdict.class));
    }

    @Test
    void saysNothingOfASessionWithoutEventsOrThatHasEnded() {
        checker.finish(SESSION, session, collector());
        assertThat(said).isEmpty();

        CheckedSession ended = CheckedSession.begin(RuleSelection.all());
        checker.check(new EventRecord(SESSION, codec.encode(end(1)), 0, 0), ended, collector());
        int before = said.size();
        checker.finish(SESSION, ended, collector());
        assertThat(said).hasSize(before);
    }

    @Test
    void noticesThatASessionIsStillAlive() {
        assertThat(session.wasTouched()).isTrue();
        assertThat(session.wasTouched()).isFalse();
        send(start());
        assertThat(session.wasTouched()).isTrue();
    }

    private void send(Event... events) {
        for (Event event : events) {
            checker.check(new EventRecord(SESSION, codec.encode(event), 0, event.seq()), session, collector());
        }
    }

    private Collector<DerivedRecord> collector() {
        return new Collector<>() {
            @Override
            public void collect(DerivedRecord record) {
                said.add(record);
            }

            @Override
            public void close() {}
        };
    }

    private long count(String name) {
        return counters.getOrDefault(name, new org.apache.flink.metrics.SimpleCounter())
                .getCount();
    }

    private Event decode(DerivedRecord record) {
        try {
            Event event = codec.decode(record.wire());
            assertThat(event.source()).isEqualTo(Source.DERIVED);
            assertThat(event.eventType()).isNotEqualTo(EventType.ALERT);
            return event;
        } catch (UndecodableException e) {
            throw new AssertionError(e);
        }
    }

    private static Event start() {
        return SessionStart.builder().streams(List.of()).build(1, 10, 0, 0, 0, Source.SIMULATOR);
    }

    private static Event tick(long seq) {
        return ClockTick.builder().build(seq, seq * 10, 0, 0, 0, Source.SIMULATOR);
    }

    private static Event end(long seq) {
        return SessionEnd.builder().events(seq).build(seq, seq * 10, 0, 0, 0, Source.SIMULATOR);
    }
}

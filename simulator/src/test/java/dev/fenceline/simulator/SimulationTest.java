package dev.fenceline.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fenceline.event.BoCreate;
import dev.fenceline.event.BoDestroy;
import dev.fenceline.event.DeviceRegister;
import dev.fenceline.event.Event;
import dev.fenceline.event.SessionEnd;
import dev.fenceline.event.SessionStart;
import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.wire.EventCodec;
import dev.fenceline.wire.SessionDigest;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SimulationTest {
    private static List<Event> events(Scenario scenario, long seed, Limits limits) {
        List<Event> events = new ArrayList<>();
        Simulation.of(scenario, seed, List.of(), limits).run(events::add);
        return events;
    }

    private static byte[] bytes(Iterable<Event> events) {
        EventCodec codec = new EventCodec();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        events.forEach(event -> out.writeBytes(codec.encode(event)));
        return out.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void givesTheSameBytesForTheSameSeed(long seed) {
        for (Scenario scenario : Scenarios.all()) {
            assertThat(bytes(events(scenario, seed, Limits.none())))
                    .as("%s --seed %d", scenario.name(), seed)
                    .isEqualTo(bytes(events(scenario, seed, Limits.none())));
        }
    }

    @Test
    void givesOtherEventsForAnotherSeed() {
        assertThat(bytes(events(Scenarios.COMPOSITOR, 1, Limits.events(500))))
                .isNotEqualTo(bytes(events(Scenarios.COMPOSITOR, 2, Limits.events(500))));
    }

    @Test
    void isNotDisturbedByAnotherSimulationBesideIt() {
        List<Event> alone = events(Scenarios.DEBUGGER_SESSION, 5, Limits.events(5_000));
        List<Event> beside = new ArrayList<>();
        Simulation.of(Scenarios.DEBUGGER_SESSION, 5, List.of(), Limits.events(5_000))
                .run(event -> {
                    beside.add(event);
                    if (event.seq() % 500 == 0) {
                        events(Scenarios.COMPOSITOR, event.seq(), Limits.events(300));
                    }
                });

        assertThat(bytes(beside)).isEqualTo(bytes(alone));
    }

    @ParameterizedTest
    @ValueSource(longs = {2, 3, 100, 4_321})
    void endsTheSessionProperlyAtALimitOfEvents(long limit) {
        List<Event> events = events(Scenarios.COMPUTE_UNDER_PRESSURE, 1, Limits.events(limit));

        assertThat(events).hasSize((int) limit);
        assertThat(events.get(0)).isInstanceOf(SessionStart.class);
        assertThat(events.get(events.size() - 1))
                .isInstanceOfSatisfying(
                        SessionEnd.class, end -> assertThat(end.events()).isEqualTo(limit));
    }

    @Test
    void tellsTheSameStoryUpToAnyLimit() {
        List<Event> whole = events(Scenarios.COMPOSITOR, 1, Limits.none());
        List<Event> part = events(Scenarios.COMPOSITOR, 1, Limits.events(1_000));

        assertThat(bytes(part.subList(1, 999))).isEqualTo(bytes(whole.subList(1, 999)));
    }

    @Test
    void endsWhenNothingIsToHappenAnyMore() {
        Scenario story = Objects.requireNonNull(Scenarios.named("delayed-destroy"));
        List<Event> events = events(story, 1, Limits.events(1_000_000));

        assertThat(events).hasSizeLessThan(10_000);
        assertThat(events.get(events.size() - 1)).isInstanceOf(SessionEnd.class);
    }

    @Test
    void stopsAtALimitOfTime() {
        List<Event> events = events(Scenarios.COMPOSITOR, 1, Limits.duration(40_000_000));

        assertThat(events.get(events.size() - 1).ts()).isLessThanOrEqualTo(40_000_000);
    }

    @Test
    void closesTheSessionWithTheDigestOfAllEarlierEvents() {
        List<Event> events = events(Scenarios.COMPOSITOR, 1, Limits.events(2_000));
        EventCodec codec = new EventCodec();
        SessionDigest digest = new SessionDigest();
        for (Event event : events.subList(0, events.size() - 1)) {
            byte[] wire = codec.encode(event);
            digest.add(event.eventType(), wire, 0, wire.length);
        }

        assertThat(((SessionEnd) events.get(events.size() - 1)).digest()).isEqualTo(digest.digest());
    }

    @Test
    void saysWhatItWasStartedWith() {
        SessionStart start = (SessionStart)
                events(Scenarios.COMPOSITOR, 9, Limits.events(10)).get(0);

        assertThat(start.scenario()).isEqualTo("compositor");
        assertThat(start.seed()).isEqualTo(9);
        assertThat(start.parameters()).isEqualTo("{\"driver\":\"xe 7.3\",\"faults\":[],\"events\":10}");
        assertThat(start.streams()).contains("fence", "pub", "time", "userptr");
        assertThat(start.session())
                .isEqualTo(Simulation.of(Scenarios.COMPOSITOR, 9, List.of(), Limits.none())
                        .session()
                        .toString());
    }

    @Test
    void saysWhichDriversItRanOn() {
        List<Event> events = new ArrayList<>();
        Simulation.of(Scenarios.COMPOSITOR, 1, List.of(), Limits.events(100), Variant.AMDGPU_6_12)
                .run(events::add);

        SessionStart start = (SessionStart) events.get(0);
        assertThat(start.driver()).isEqualTo("amdgpu");
        assertThat(start.kernel()).isEqualTo("6.12");
        assertThat(start.parameters()).contains("\"driver\":\"amdgpu 6.12\"");
        assertThat(start.streams()).doesNotContain("tlb");
        assertThat(events.stream().filter(DeviceRegister.class::isInstance).map(DeviceRegister.class::cast))
                .singleElement()
                .satisfies(device -> assertThat(device.driver()).isEqualTo("amdgpu"));
    }

    @Test
    void isAnotherRecordingOnAnotherDriver() {
        List<String> sessions = Scenarios.COMPOSITOR.variants().stream()
                .map(variant -> Simulation.of(Scenarios.COMPOSITOR, 1, List.of(), Limits.none(), variant)
                        .session()
                        .toString())
                .toList();

        assertThat(sessions).doesNotHaveDuplicates().hasSizeGreaterThan(1);
    }

    @Test
    void refusesADriverThatTheScenarioDoesNotRunOn() {
        assertThatThrownBy(() ->
                        Simulation.of(Scenarios.DEBUGGER_SESSION, 1, List.of(), Limits.none(), Variant.AMDGPU_7_3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("amdgpu 7.3");
    }

    @Test
    void keepsAsManyObjectsAliveAsTheScaleSays() {
        Scenario scenario = Objects.requireNonNull(Scenarios.named("many-objects"));
        Map<Long, Boolean> alive = new LinkedHashMap<>();
        Simulation.of(scenario, 1, List.of(), Limits.events(60_000))
                .scaledTo(1_000)
                .run(event -> {
                    if (event instanceof BoCreate created) {
                        alive.put(created.bo(), true);
                    } else if (event instanceof BoDestroy destroyed) {
                        alive.remove(destroyed.bo());
                    }
                });

        assertThat(alive).hasSizeBetween(1_000, 1_020);
    }

    @Test
    void refusesAScaleWhereNothingGrows() {
        Simulation simulation = Simulation.of(Scenarios.COMPOSITOR, 1, List.of(), Limits.none());

        assertThatThrownBy(() -> simulation.scaledTo(5)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesAScaleThatNoMemoryHolds() {
        Scenario scenario = Objects.requireNonNull(Scenarios.named("many-objects"));
        Simulation simulation = Simulation.of(scenario, 1, List.of(), Limits.none());

        assertThatThrownBy(() -> simulation.scaledTo(Simulation.LARGEST_SCALE + 1L))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesLimitsThatNoSessionFits() {
        assertThatThrownBy(() -> Limits.events(1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Limits.duration(0)).isInstanceOf(IllegalArgumentException.class);
    }
}

package dev.fenceline.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.fenceline.event.BoCreate;
import dev.fenceline.event.DmaFenceInit;
import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.event.LongList;
import dev.fenceline.event.ResvAddFence;
import dev.fenceline.event.SessionStart;
import dev.fenceline.event.Source;
import dev.fenceline.event.Usage;
import dev.fenceline.testing.SampleEvents;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class TraceTextTest {
    private static final String EXAMPLE = """
            # comment; blank lines separate traces
            1 [0.000016] bo_create bo=b1 size=8192 placement=VRAM tid=T1
            2 [0.000020] resv_add_fence resv=b1 usage=KERNEL fence=1:77
            3 [31s] clock_tick
            => A-F07@3
            => A-T01 none
            """;

    private static List<Trace> read(String text) throws IOException {
        return TraceReader.read("example.trace", new StringReader(text));
    }

    private static Trace one(String text) throws IOException {
        List<Trace> traces = read(text);
        assertThat(traces).hasSize(1);
        return traces.get(0);
    }

    private static String canonical(Trace trace) throws IOException {
        StringBuilder text = new StringBuilder();
        new TraceWriter(text).write(trace);
        return text.toString();
    }

    @Test
    void readsTheExampleOfTheContract() throws IOException {
        Trace trace = one(EXAMPLE);
        assertThat(trace.fragment()).isTrue();
        assertThat(trace.events())
                .extracting(Event::eventType)
                .containsExactly(
                        EventType.SESSION_START, EventType.BO_CREATE, EventType.RESV_ADD_FENCE, EventType.CLOCK_TICK);
        BoCreate create = (BoCreate) trace.events().get(1);
        assertThat(create.size()).isEqualTo(8192);
        assertThat(create.ts()).isEqualTo(16_000);
        ResvAddFence add = (ResvAddFence) trace.events().get(2);
        assertThat(add.resv()).isEqualTo(create.bo());
        assertThat(add.usage()).isEqualTo(Usage.KERNEL);
        assertThat(trace.events().get(3).ts()).isEqualTo(31_000_000_000L);
        assertThat(trace.expectations())
                .containsExactly(new Expectation(5, "A-F07", 3L), new Expectation(6, "A-T01", null));
    }

    @Test
    void aFenceNamedByContextAndSeqnoStatesBoth() throws IOException {
        Trace trace = one("1 dma_fence_init fence=1:77\n2 resv_add_fence resv=9 fence=c2:5\n");
        DmaFenceInit init = (DmaFenceInit) trace.events().get(1);
        assertThat(init.context()).isEqualTo(1);
        assertThat(init.seqno()).isEqualTo(77);
        LongList identities =
                Objects.requireNonNull(((SessionStart) trace.events().get(0)).fenceIdentities());
        assertThat(identities.toArray())
                .containsExactly(
                        init.fence(),
                        1,
                        77,
                        ((ResvAddFence) trace.events().get(2)).fence(),
                        Objects.requireNonNull(trace.symbols().id("c2")),
                        5);
    }

    @Test
    void aFenceIsTheSameHoweverItsNumbersAreWritten() throws IOException {
        List<Event> events = one("1 dma_fence_init fence=0x10:33\n2 resv_add_fence resv=9 fence=16:0x21\n")
                .events();
        assertThat(((ResvAddFence) events.get(2)).fence()).isEqualTo(((DmaFenceInit) events.get(1)).fence());
    }

    @Test
    void aLineWithoutTimeHappensANanosecondAfterTheLineBefore() throws IOException {
        Trace trace = one("1 clock_tick\n2 [5us] clock_tick\n3 clock_tick\n");
        assertThat(trace.events().stream().skip(1).map(Event::ts)).containsExactly(1L, 5000L, 5001L);
    }

    @Test
    void headerLinesSetTheGroundOfAFragment() throws IOException {
        Trace trace = one("""
                # streams pin move
                # driver xe 7.3
                # given notifier_model=UNPINNED_WAIT finite_time=10s
                1 bo_pin bo=1
                """);
        SessionStart start = (SessionStart) trace.events().get(0);
        assertThat(start.seq()).isZero();
        assertThat(start.source()).isEqualTo(Source.DERIVED);
        assertThat(start.streams()).containsExactly("pin", "move");
        assertThat(start.driver()).isEqualTo("xe");
        assertThat(start.kernel()).isEqualTo("7.3");
        assertThat(start.finiteTime()).isEqualTo(10_000_000_000L);
        assertThat(canonical(one(canonical(trace)))).isEqualTo(canonical(trace));
    }

    @Test
    void aFragmentThatNamesNoStreamsHoldsThemAll() throws IOException {
        SessionStart start = (SessionStart) one("1 clock_tick\n").events().get(0);
        assertThat(start.streams()).contains("pin", "move", "clock", "fence", "dmabuf");
    }

    @Test
    void soleObjectsAreTheOnesOfWhichNoOtherOfTheirKindOccurs() throws IOException {
        Trace trace = one("""
                1 lock_acquire lock_class=NOTIFIER_LOCK lock=7 mode=R
                2 lock_acquire lock_class=VM_LOCK lock=8 mode=R
                3 bo_pin bo=1
                4 bo_pin bo=2
                """);
        assertThat(((SessionStart) trace.events().get(0)).soleObjects())
                .contains("notifier_lock=7", "lock=8")
                .noneMatch(sole -> sole.startsWith("bo="));
    }

    @Test
    void blankLinesSeparateTracesWithSymbolsOfTheirOwn() throws IOException {
        List<Trace> traces = read("1 bo_pin bo=x\n\n\n# another\n1 bo_pin bo=y\n=> none\n");
        assertThat(traces).hasSize(2);
        assertThat(traces.get(0).symbols().id("y")).isNull();
        assertThat(traces.get(1).expectations()).containsExactly(new Expectation(6, null, null));
        assertThat(traces.get(1).line()).isEqualTo(5);
    }

    @ParameterizedTest
    @EnumSource(EventType.class)
    void everyEventReadsBackFromItsLine(EventType type) throws IOException {
        if (type == EventType.SESSION_START) {
            return;
        }
        SplittableRandom chance = new SplittableRandom(type.fingerprint());
        for (int i = 0; i < 50; i++) {
            Event event = SampleEvents.random(type, chance);
            String line = TraceWriter.line(event);
            Event back = TraceReader.read("x", new StringReader("1 session_start\n" + line))
                    .get(0)
                    .events()
                    .get(1);
            assertThat(back).as(line).isEqualTo(event);
        }
    }

    @ParameterizedTest
    @EnumSource(EventType.class)
    void everyEventReadsBackFromItsJson(EventType type) throws IOException {
        SplittableRandom chance = new SplittableRandom(type.fingerprint());
        for (int i = 0; i < 50; i++) {
            Event event = SampleEvents.random(type, chance);
            assertThat(EventJson.read(EventJson.line(event))).isEqualTo(event);
        }
    }

    @Test
    void writingBackWhatWasReadGivesTheSameTextForEver() throws IOException {
        String once = canonical(one(EXAMPLE));
        assertThat(once).contains("bo=b1", "fence=1:77", "tid=T1", "[31.000000000] clock_tick");
        assertThat(canonical(one(once))).isEqualTo(once);
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                arguments(
                        "1 bo_crate bo=1", "example.trace:1: there is no event 'bo_crate'; did you mean 'bo_create'?"),
                arguments("1 bo_create sise=1", "bo_create has no field 'sise'; did you mean 'size'?"),
                arguments("1 bo_create placement=VRAN", "'VRAN' is no value of placement"),
                arguments("1 bo_create size=big", "bo_create.size wants a number"),
                arguments("1 bo_create size=1 size=2", "'size' is given twice"),
                arguments("x bo_create", "begins with the seq"),
                arguments("1 [soon] bo_create", "'soon' is no time"),
                arguments("1 [3s bo_create", "is not closed"),
                arguments("1", "wants a name"),
                arguments("1 bo_create bo", "is no KEY=VALUE"),
                arguments("1 bo_create evicted=true", "has no field 'evicted'"),
                arguments("1 bo_move evict=maybe", "wants true or false"),
                arguments("1 bo_move fence=1:x", "the seqno is no number"),
                arguments("1 bo_pin bo=%", "wants an id"),
                arguments("1 bo_pin bo=b tid=3000000000", "does not fit 32 bits"),
                arguments("1 task_new source=SIM", "there is no source 'SIM'"),
                arguments("1 raw_event text=\"open", "is not closed"),
                arguments("1 bo_pin bo=b\n=> A-T01@x", "want => RULE@SEQ"),
                arguments("=> none", "expectations without events"),
                arguments("1 bo_pin bo=b\n# streams pin", "must stand before the first event"),
                arguments("# streams pin mvoe", "there is no stream 'mvoe'; did you mean 'move'?"),
                arguments("# given finite_tme=1s", "did you mean 'finite_time'?"),
                arguments("1 bo_pin bo=x\n2 bo_pin bo=1073741824", "is the id that 'x' got"));
    }

    @Nested
    class SaysWhatIsWrongAndWhatWasMeant {
        @ParameterizedTest
        @MethodSource("dev.fenceline.text.TraceTextTest#mistakes")
        void inOneMessage(String text, String message) {
            assertThatThrownBy(() -> read(text + "\n"))
                    .isInstanceOf(TraceTextException.class)
                    .hasMessageContaining("example.trace:")
                    .hasMessageContaining(message);
        }

        @Test
        void withTheNumberOfTheLine() {
            assertThatThrownBy(() -> read("1 clock_tick\n\n# x\n1 clock_tck\n"))
                    .isInstanceOfSatisfying(
                            TraceTextException.class, e -> assertThat(e.line()).isEqualTo(4));
        }
    }
}

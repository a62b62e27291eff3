package dev.fenceline.analytics.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fenceline.analytics.rules.RuleCatalogue;
import dev.fenceline.event.Alert;
import dev.fenceline.event.Event;
import dev.fenceline.event.Outcome;
import dev.fenceline.event.SessionChecked;
import dev.fenceline.event.Verdict;
import dev.fenceline.text.TraceReader;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SessionCheckTest {
    private static List<Event> check(String text) throws IOException {
        List<Event> out = new ArrayList<>();
        SessionCheck check = new SessionCheck(RuleCatalogue.all());
        for (Event event :
                TraceReader.read("test", new StringReader(text)).get(0).events()) {
            check.apply(event, out::add);
        }
        check.finish(out::add);
        return out;
    }

    private static Verdict verdict(String rule, String text) throws IOException {
        return check(text).stream()
                .filter(Verdict.class::isInstance)
                .map(Verdict.class::cast)
                .filter(verdict -> rule.equals(verdict.rule()))
                .findFirst()
                .orElseThrow();
    }

    @Nested
    class AVerdictIs {
        @Test
        void violatedWithThePlaceAndTheNumber() throws IOException {
            Verdict verdict = verdict("A-F01", """
                    1 dma_fence_signaled fence=f
                    2 dma_fence_signaled fence=f
                    3 dma_fence_signaled fence=g
                    4 dma_fence_signaled fence=g
                    5 dma_fence_signaled fence=g
                    """);
            assertThat(verdict.outcome()).isEqualTo(Outcome.VIOLATED);
            assertThat(verdict.firstSeq()).isEqualTo(2);
            assertThat(verdict.violations()).isEqualTo(2);
        }

        @Test
        void heldIfNothingBrokeIt() throws IOException {
            Verdict verdict = verdict("A-F01", "1 dma_fence_signaled fence=f");
            assertThat(verdict.outcome()).isEqualTo(Outcome.HELD);
            assertThat(verdict.reason()).isEqualTo("held 1 time");
        }

        @Test
        void neverASilentOk() throws IOException {
            assertThat(verdict("U06", "1 dma_fence_signaled fence=f").reason())
                    .isEqualTo("nothing in the recording puts it to the test");
        }

        @Test
        void inconclusiveWithoutItsStreams() throws IOException {
            Verdict verdict = verdict("A-F01", """
                    # streams pin move
                    1 dma_fence_signaled fence=f
                    2 dma_fence_signaled fence=f
                    """);
            assertThat(verdict.outcome()).isEqualTo(Outcome.INCONCLUSIVE);
            assertThat(verdict.reason()).isEqualTo("the recording does not hold the stream fence completely");
        }

        @Test
        void inconclusiveAfterALoss() throws IOException {
            Verdict verdict = verdict("A-F01", "1 trace_lost count=7\n2 dma_fence_signaled fence=f");
            assertThat(verdict.outcome()).isEqualTo(Outcome.INCONCLUSIVE);
            assertThat(verdict.reason()).isEqualTo("7 events were lost before seq 1");
        }

        @Test
        void inconclusiveIfTheEndIsMissing() throws IOException {
            Verdict verdict = verdict("A-F01", "1 session_start streams=fence\n2 clock_tick");
            assertThat(verdict.outcome()).isEqualTo(Outcome.INCONCLUSIVE);
            assertThat(verdict.reason()).contains("session_end");
        }

        @Test
        void openIfTheObligationIsNotYetDue() throws IOException {
            Verdict verdict = verdict("A-F07", "1 [0] dma_fence_publish fence=f\n2 [9] clock_tick");
            assertThat(verdict.outcome()).isEqualTo(Outcome.OPEN);
        }

        @Test
        void corruptAfterAHole() throws IOException {
            Verdict verdict = verdict("A-F01", """
                    1 session_start streams=fence
                    2 dma_fence_init fence=f
                    3 dma_fence_signaled fence=f
                    5 dma_fence_signaled fence=f
                    6 session_end
                    """);
            assertThat(verdict.outcome()).isEqualTo(Outcome.CORRUPT);
            assertThat(verdict.reason()).isEqualTo("seq 5: seq 4 is missing");
        }

        @Test
        void corruptIfAFenceIsUsedBeforeItsInit() throws IOException {
            Verdict verdict =
                    verdict("A-F01", "1 session_start streams=fence\n2 dma_fence_signaled fence=f\n3 session_end");
            assertThat(verdict.outcome()).isEqualTo(Outcome.CORRUPT);
        }

        @Test
        void corruptIfTwoTasksHoldALock() throws IOException {
            String text = """
                    1 lock_acquire lock_class=NOTIFIER_LOCK lock=L mode=W tid=T1
                    2 lock_acquire lock_class=NOTIFIER_LOCK lock=L mode=R tid=T2
                    """;
            assertThat(verdict("U01", text).outcome()).isEqualTo(Outcome.CORRUPT);
            assertThat(verdict("A-F01", text).outcome()).isEqualTo(Outcome.HELD);
        }

        @Test
        void corruptWhereverAReservationIsLockedTwice() throws IOException {
            String text = """
                    1 resv_lock resv=r tid=T1
                    2 resv_lock resv=r tid=T2
                    """;
            for (String rule : List.of("A-T03", "A-L01", "A-Y02", "A-R07")) {
                assertThat(verdict(rule, text).outcome()).as(rule).isEqualTo(Outcome.CORRUPT);
            }
            assertThat(verdict("A-L02", text).outcome()).isEqualTo(Outcome.HELD);
            assertThat(verdict("A-L01", "# streams ww\n" + text).outcome()).isEqualTo(Outcome.INCONCLUSIVE);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "bo_get bo=b",
                    "bo_put bo=b",
                    "bo_lookup bo=b client=c",
                    "bo_submit bo=b client=c",
                    "bo_mmap bo=b client=c",
                    "bo_kmap bo=b",
                    "bo_vmap bo=b",
                    "cpu_pte_insert bo=b",
                    "bo_release bo=b",
                    "bo_destroy bo=b",
                    "gpu_access vm=v bo=b"
                })
        void corruptIfABoIsUsedBeforeItsCreation(String use) throws IOException {
            String text = "1 session_start streams=life,pin,ref\n2 " + use + "\n3 bo_create bo=b\n4 session_end";
            assertThat(verdict("A-T02", text).outcome()).isEqualTo(Outcome.CORRUPT);
            assertThat(verdict("A-T15", text).outcome()).isEqualTo(Outcome.CORRUPT);
            assertThat(verdict("A-T15", text).reason()).contains("without its bo_create");
        }

        @Test
        void notCorruptIfADriverReportsACreationLast() throws IOException {
            assertThat(verdict("A-T02", """
                    1 session_start streams=life,pin
                    2 resource_new resource=x bo=b
                    3 resv_lock resv=b
                    4 bo_move_begin bo=b to=VRAM
                    5 bo_move bo=b to=VRAM kind=NULL
                    6 tt_populate bo=b
                    7 bo_pin bo=b
                    8 bo_lookup bo=c client=k result=-2
                    9 bo_create bo=b
                    10 resv_unlock resv=b
                    11 session_end
                    """).outcome()).isEqualTo(Outcome.HELD);
        }

        @Test
        void corruptIfABoThatWasPinnedIsNeverCreated() throws IOException {
            String text = "1 session_start streams=%s\n2 bo_pin bo=b\n3 session_end";
            assertThat(verdict("A-T02", text.formatted("life,pin")).outcome()).isEqualTo(Outcome.CORRUPT);
            assertThat(verdict("A-T01", text.formatted("move,pin")).outcome()).isEqualTo(Outcome.HELD);
        }

        @Test
        void corruptIfABoIsCreatedTwice() throws IOException {
            String text = """
                    1 session_start streams=life,pin
                    2 bo_create bo=b
                    3 %s
                    4 bo_create bo=b
                    5 session_end
                    """;
            assertThat(verdict("A-T02", text.formatted("clock_tick")).outcome()).isEqualTo(Outcome.CORRUPT);
            assertThat(verdict("A-T02", text.formatted("bo_destroy bo=b")).outcome())
                    .isEqualTo(Outcome.HELD);
        }

        @ParameterizedTest
        @CsvSource({
            "A-T01, bo_pin, bo",
            "A-T01, bo_move to=VRAM, bo",
            "A-T03, bo_unpin, bo",
            "A-T14, bo_destroy, bo",
            "A-F01, dma_fence_signaled, fence",
            "A-F02, dma_fence_destroy, fence",
            "A-F07, dma_fence_publish, fence",
            "A-R01, resv_add_fence usage=KERNEL fence=f, resv",
            "A-R02, resv_add_fence usage=KERNEL resv=r, fence",
            "T05, resv_add_fence resv=r fence=f, usage"
        })
        void inconclusiveIfAnEventDoesNotSayWhatItIsAbout(String rule, String event, String relation)
                throws IOException {
            Verdict verdict = verdict(rule, "1 " + event + "\n2 bo_move bo=b from=VRAM to=TT fence=g kind=BLIT");
            assertThat(verdict.outcome()).isEqualTo(Outcome.INCONCLUSIVE);
            assertThat(verdict.reason()).startsWith("seq 1: ").endsWith(" does not say which " + relation);
        }

        @Test
        void violatedIfItWasBeforeAnEventThatSaysNothing() throws IOException {
            String text = "1 dma_fence_signaled fence=f\n2 dma_fence_signaled fence=f\n3 dma_fence_signaled";
            assertThat(verdict("A-F01", text).outcome()).isEqualTo(Outcome.VIOLATED);
        }

        @Test
        void corruptIfALivePendingFenceIsInitialised() throws IOException {
            Verdict verdict = verdict(
                    "A-F04", "1 dma_fence_init fence=3:7\n2 dma_fence_init fence=3:7\n3 dma_fence_init fence=3:6");
            assertThat(verdict.outcome()).isEqualTo(Outcome.CORRUPT);
        }

        @Test
        void corruptIfSomethingFollowsTheEnd() throws IOException {
            Verdict verdict = verdict("A-F01", """
                    1 session_start streams=fence
                    2 dma_fence_init fence=f
                    3 session_end events=3
                    4 dma_fence_signaled fence=f
                    5 dma_fence_signaled fence=f
                    """);
            assertThat(verdict.outcome()).isEqualTo(Outcome.CORRUPT);
            assertThat(verdict.reason()).isEqualTo("seq 4: an event after session_end");
        }

        @Test
        void corruptIfTheCountOfTheEndIsWrong() throws IOException {
            assertThat(verdict("A-F01", "1 session_start streams=fence\n2 session_end events=3")
                            .outcome())
                    .isEqualTo(Outcome.CORRUPT);
        }
    }

    @Test
    void aSubjectIsReportedOnce() throws IOException {
        List<Event> out = check("""
                # streams access fence resv
                1 resv_add_fence resv=b usage=KERNEL fence=1:1
                2 bo_access bo=b path=IOMEM
                3 bo_access bo=b path=IOMEM
                4 bo_access bo=b path=KMAP
                """);
        assertThat(out.stream().filter(event -> event instanceof Alert alert && "T05".equals(alert.rule())))
                .hasSize(1);
    }

    @Test
    void givesTheVerdictsOnceAndSaysWhetherAllWasThere() throws IOException {
        List<Event> out = check("1 session_start streams=fence\n2 session_end events=2");
        assertThat(out.stream().filter(Verdict.class::isInstance))
                .hasSize(RuleCatalogue.all().rules().size());
        SessionChecked checked = (SessionChecked) out.get(out.size() - 1);
        assertThat(checked.complete()).isTrue();
        assertThat(checked.events()).isEqualTo(2);
        assertThat(checked.alerts()).isZero();
    }
}

package dev.fenceline.analytics.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fenceline.event.Event;
import dev.fenceline.event.Outcome;
import dev.fenceline.event.Verdict;
import dev.fenceline.text.TraceReader;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the rules of drm_sched and of sync objects say where a trace can state no violation. */
class SchedulerVerdictsTest {
    private static final String JOB = """
            1 session_start streams=sched,jobs,end,credit,tdr driver=xe kernel=7.3
            2 sched_init scheduler=s limit=4
            3 sched_entity_create entity=e context=7
            4 sched_job_init job=j entity=e scheduler=s
            5 sched_job_arm job=j entity=e scheduler=s scheduled=31 finished=32 seqno=1
            """;

    private static Outcome outcome(String rule, String text) throws IOException {
        List<Event> events =
                TraceReader.read("test", new StringReader(text)).get(0).events();
        return RuleTraces.check(events).stream()
                .filter(Verdict.class::isInstance)
                .map(Verdict.class::cast)
                .filter(verdict -> rule.equals(verdict.rule()))
                .map(Verdict::outcome)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void anArmedJobIsOpenAtTheEndHoweverLate() throws IOException {
        assertThat(outcome("A-S01", JOB + "6 [400s] clock_tick\n7 session_end")).isEqualTo(Outcome.OPEN);
    }

    @Test
    void anUnansweredTimeoutIsOpenAtTheEnd() throws IOException {
        assertThat(outcome("A-S07", JOB + """
                6 sched_job_queue job=j
                7 sched_job_run job=j scheduler=s
                8 sched_job_timeout job=j
                9 session_end
                """)).isEqualTo(Outcome.OPEN);
    }

    @Test
    void aRecordingWithoutFencesProvesNoEarlyFree() throws IOException {
        String freed = JOB + """
                6 sched_job_queue job=j
                7 sched_job_pop job=j
                8 sched_job_run job=j scheduler=s
                9 sched_job_done job=j
                10 sched_job_free job=j
                11 session_end
                """;
        assertThat(outcome("A-S05", freed)).isEqualTo(Outcome.HELD);
        assertThat(outcome("A-S06", freed)).isEqualTo(Outcome.HELD);
        assertThat(outcome("A-S05", freed.replace("9 sched_job_done job=j", "9 clock_tick")))
                .isEqualTo(Outcome.VIOLATED);
    }

    @Test
    void aRunWithoutItsPushIsTheRecordingsFault() throws IOException {
        assertThat(outcome("A-S02", JOB + "6 sched_job_run job=j scheduler=s\n7 session_end"))
                .isEqualTo(Outcome.CORRUPT);
    }

    @Test
    void aDoneWithoutTheRunBehindThePopProvesNothing() throws IOException {
        assertThat(outcome("A-S05", JOB + """
                6 sched_job_queue job=j
                7 sched_job_pop job=j
                8 sched_job_done job=j
                9 session_end
                """)).isEqualTo(Outcome.INCONCLUSIVE);
    }

    @Test
    void theLimitOfASchedulerNobodyToldOfIsUnknown() throws IOException {
        assertThat(outcome("A-S06", "1 sched_job_run job=j entity=e scheduler=s"))
                .isEqualTo(Outcome.INCONCLUSIVE);
    }

    @Test
    void aLongTimelineIsDoneWhenItsMembersAre() throws IOException {
        StringBuilder text = new StringBuilder();
        int seq = 1;
        for (int node = 1; node <= 500; node++) {
            text.append(seq++).append(" dma_fence_chain fence=c").append(node);
            text.append(" members=m").append(node);
            text.append(node > 1 ? " previous=c" + (node - 1) + "\n" : "\n");
            text.append(seq++)
                    .append(" dma_fence_signaled fence=m")
                    .append(node)
                    .append('\n');
        }
        text.append(seq).append(" dma_fence_signaled fence=c500\n");
        assertThat(outcome("A-Y05", text.toString())).isEqualTo(Outcome.HELD);
        assertThat(outcome("A-Y05", text.toString().replace("fence=m1\n", "fence=x\n")))
                .isEqualTo(Outcome.VIOLATED);
    }
}

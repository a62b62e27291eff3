package dev.fenceline.analytics.flink;

import dev.fenceline.analytics.check.SessionCheck;
import java.time.Duration;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.streaming.api.TimerService;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks sessions: decodes each event and hands it to its session's {@link SessionCheck}.
 *
 * <p>Only the order of events and their own times decide what comes out. Processing time is used for one thing: a session from
 * which nothing has come for long is taken to have ended there, without its {@code session_end}. It gets the verdicts that are due
 * so far and a {@code session_checked} that is not complete, and what is kept of it is let go.
 */
final class RulesFunction extends KeyedProcessFunction<String, EventRecord, DerivedRecord> {
    private static final long serialVersionUID = 1;
    private static final Logger LOG = LoggerFactory.getLogger(RulesFunction.class);

    private final RuleSelection rules;
    private final long silenceMs;

    @SuppressWarnings("NullAway.Init") // open() comes first
    private transient ValueState<CheckedSession> sessions;

    @SuppressWarnings("NullAway.Init")
    private transient SessionChecker checker;

    @SuppressWarnings("NullAway.Init")
    private transient Counter silent;

    /** A session may be taken to have ended when nothing came for {@code silence}, and is when twice that went by. */
    RulesFunction(RuleSelection rules, Duration silence) {
        this.rules = rules;
        this.silenceMs = silence.toMillis();
    }

    @Override
    public void open(OpenContext context) {
        sessions = getRuntimeContext().getState(new ValueStateDescriptor<>("session", new CheckedSessionSerializer()));
        MetricGroup metrics = getRuntimeContext().getMetricGroup();
        checker = new SessionChecker(metrics);
        silent = metrics.counter("silent");
    }

    @Override
    public void processElement(EventRecord record, Context context, Collector<DerivedRecord> out) throws Exception {
        CheckedSession session = sessions.value();
        if (session == null) {
            session = CheckedSession.begin(rules);
            awaitSilence(context);
        }
        checker.check(record, session, out);
        sessions.update(session);
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<DerivedRecord> out) throws Exception {
        CheckedSession session = sessions.value();
        if (session == null) {
            return;
        }
        if (session.wasTouched()) {
            sessions.update(session);
            awaitSilence(context);
            return;
        }
        if (session.check() != null) {
            silent.inc();
            LOG.warn(
                    "session {} went silent after seq {}: its check ends there, incomplete",
                    context.getCurrentKey(),
                    session.lastSeq());
            checker.finish(context.getCurrentKey(), session, out);
        }
        sessions.clear();
    }

    private void awaitSilence(Context context) {
        TimerService timers = context.timerService();
        timers.registerProcessingTimeTimer(timers.currentProcessingTime() + silenceMs);
    }
}

package dev.fenceline.analytics.check;

import dev.fenceline.analytics.rule.RuleEngine;
import dev.fenceline.analytics.rules.RuleCatalogue;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.event.Event;
import dev.fenceline.event.SessionChecked;
import dev.fenceline.event.Source;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * Judges one session by a catalogue of rules.
 *
 * <p>A pure function of the events: no clock, no thread, no file. It emits an {@code alert} where a rule is first broken for a
 * subject, and, at {@link #finish}, a {@code verdict} for each rule and one {@code session_checked}.
 * Not thread-safe: one instance for one session.
 */
public final class SessionCheck {
    private final RuleEngine engine;
    private long events;
    private boolean finished;

    /** Judges a session from its start by all rules of the catalogue. */
    public SessionCheck(RuleCatalogue catalogue) {
        this(new RuleEngine(catalogue.rules()));
    }

    private SessionCheck(RuleEngine engine) {
        this.engine = engine;
    }

    /** The fold of the events so far. */
    public KernelState state() {
        return engine.state();
    }

    /** Judges the next event. Never fails on what an event says; what contradicts itself makes verdicts CORRUPT. */
    public void apply(Event event, Consumer<? super Event> out) {
        events++;
        engine.apply(event, out);
    }

    /**
     * The input ends: gives the verdicts, once. Not before the input does, even if there was a {@code session_end}: an event
     * behind it contradicts it.
     */
    public void finish(Consumer<? super Event> out) {
        if (finished) {
            return;
        }
        finished = true;
        engine.verdicts(out);
        Event last = engine.event();
        boolean complete = state().ledger().hasEnded() && !state().ledger().isCorrupt();
        out.accept(SessionChecked.builder()
                .events(events)
                .alerts(engine.violations())
                .complete(complete)
                .build(last.seq(), last.ts(), 0, 0, 0, Source.DERIVED));
    }

    /**
     * Writes everything needed to go on; the same bytes for equal states. As all of this class, not to be called while
     * another thread applies an event or writes another snapshot of the same check.
     */
    public void snapshot(DataOutput out) throws IOException {
        out.writeLong(events);
        out.writeBoolean(finished);
        engine.snapshot(out);
    }

    /**
     * Goes on where {@link #snapshot} stopped.
     *
     * @throws IOException if the bytes are no snapshot of this version, or were written with other rules
     */
    public static SessionCheck restore(DataInput in, RuleCatalogue catalogue) throws IOException {
        long events = in.readLong();
        boolean finished = in.readBoolean();
        SessionCheck check = new SessionCheck(RuleEngine.restore(in, catalogue.rules()));
        check.events = events;
        check.finished = finished;
        return check;
    }
}

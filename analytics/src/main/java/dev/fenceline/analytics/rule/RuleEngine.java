package dev.fenceline.analytics.rule;

import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.SnapshotReader;
import dev.fenceline.analytics.state.SnapshotWriter;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.StreamLedger;
import dev.fenceline.analytics.state.Subjects;
import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.event.Outcome;
import dev.fenceline.event.Source;
import dev.fenceline.event.Verdict;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Lets rules judge the events of one session, each over the state before and after it.
 *
 * <p>The order for an event: is it the next one (a hole closes every rule before anything is judged); deadlines that passed
 * before it; conditions on the state before; the fold; conditions on the state after; deadlines that fall on it. Findings
 * leave only after that, and only from rules that may still judge: an event that shows a contradiction in the recording is
 * the recording's fault.
 */
public final class RuleEngine implements Report {
    private static final Clauses NO_CLAUSES = new Clauses(0);

    private final List<Rule> rules;
    private final RuleRecord[] records;
    private final Clauses[] before;
    private final Clauses[] after;
    private final DueQueue dues = new DueQueue();
    private final List<Finding> findings = new ArrayList<>();
    private final KernelState state;
    private int ledgerRevision = -1;
    private Event event;
    private int rule;

    /** Judges a session by these rules, from its first event on. */
    public RuleEngine(List<Rule> rules) {
        this(rules, new KernelState(), NoEvent.NONE);
    }

    private RuleEngine(List<Rule> rules, KernelState state, Event event) {
        this.rules = List.copyOf(rules);
        this.state = state;
        this.event = event;
        records = new RuleRecord[rules.size()];
        for (int i = 0; i < records.length; i++) {
            records[i] = new RuleRecord();
        }
        before = clauses(rules, true);
        after = clauses(rules, false);
    }

    /** The conditions on one type of event, with the rule each belongs to. */
    private static final class Clauses {
        final int[] rules;
        final Condition<Event>[] conditions;

        @SuppressWarnings({"unchecked", "rawtypes"}) // An array of a generic type.
        Clauses(int size) {
            this.rules = new int[size];
            this.conditions = new Condition[size];
        }

        Clauses and(int rule, Condition<Event> condition) {
            int size = rules.length;
            Clauses longer = new Clauses(size + 1);
            System.arraycopy(rules, 0, longer.rules, 0, size);
            System.arraycopy(conditions, 0, longer.conditions, 0, size);
            longer.rules[size] = rule;
            longer.conditions[size] = condition;
            return longer;
        }
    }

    /** One pass over the conditions: there are many sessions, and an engine for each. */
    @SuppressWarnings("EnumOrdinal") // A dense table by event type.
    private static Clauses[] clauses(List<Rule> rules, boolean before) {
        Clauses[] table = new Clauses[EventType.values().length];
        Arrays.fill(table, NO_CLAUSES);
        for (int i = 0; i < rules.size(); i++) {
            for (Rule.Clause clause : rules.get(i).clauses()) {
                if (clause.before() == before) {
                    int type = clause.type().ordinal();
                    table[type] = table[type].and(i, clause.condition());
                }
            }
        }
        return table;
    }

    /** The fold; rules and readers ask it, only {@link #apply} changes it. */
    public KernelState state() {
        return state;
    }

    /** Judges the next event and folds it in; alerts go to {@code out}. */
    @SuppressWarnings("EnumOrdinal") // A dense table by event type.
    public void apply(Event next, Consumer<? super Event> out) {
        event = next;
        StreamLedger ledger = state.ledger();
        int type = next.eventType().ordinal();
        boolean clear = Subjects.missing(next) == null;
        if (ledger.follows(next)) {
            judgeDues(Math.max(ledger.nowNs(), next.ts()), false);
            if (clear) {
                judge(before[type]);
            }
        }
        state.apply(next);
        if (ledger.revision() != ledgerRevision) {
            decideWhoJudges();
        }
        if (clear) {
            judge(after[type]);
        } else {
            leaveUnjudged(before[type]);
            leaveUnjudged(after[type]);
        }
        judgeDues(ledger.nowNs(), true);
        if (!findings.isEmpty()) {
            emit(out);
        }
    }

    private void judge(Clauses clauses) {
        int[] owners = clauses.rules;
        for (int i = 0; i < owners.length; i++) {
            rule = owners[i];
            RuleRecord record = records[rule];
            if (record.judges) {
                record.judged++;
                clauses.conditions[i].judge(event, state, this);
            }
        }
    }

    /** Also rules that need no stream of the event may look at it. */
    private void leaveUnjudged(Clauses clauses) {
        for (int owner : clauses.rules) {
            RuleRecord record = records[owner];
            if (record.judges && record.unknown == null) {
                record.unknown = state.ledger().unclarity();
            }
        }
    }

    /** Judges the deadlines before {@code nowNs}, or, with {@code inclusive}, also those at it. */
    private void judgeDues(long nowNs, boolean inclusive) {
        while (!dues.isEmpty() && (dues.firstDueNs() < nowNs || (inclusive && dues.firstDueNs() == nowNs))) {
            rule = dues.firstRule();
            long subject = dues.firstSubject();
            long dueNs = dues.firstDueNs();
            dues.removeFirst();
            Obligation obligation = rules.get(rule).obligation();
            if (records[rule].judges && obligation != null && !obligation.isDischarged(subject, state)) {
                obligation.judge(subject, dueNs, state, this);
            }
        }
    }

    private void decideWhoJudges() {
        StreamLedger ledger = state.ledger();
        ledgerRevision = ledger.revision();
        for (int i = 0; i < records.length; i++) {
            var needs = rules.get(i).card().needs();
            records[i].judges = ledger.hasStarted()
                    && ledger.missing(needs) == null
                    && !ledger.isCorrupt(needs)
                    && !ledger.isUnclear(needs);
        }
    }

    private void emit(Consumer<? super Event> out) {
        long lossSeq = state.ledger().lossSeq();
        for (Finding finding : findings) {
            RuleRecord record = records[finding.rule()];
            boolean known = lossSeq == 0 || finding.since() > lossSeq;
            if (record.judges && known && record.reported.add(finding.subject())) {
                record.violations++;
                if (record.firstSeq == 0) {
                    record.firstSeq = event.seq();
                }
                out.accept(finding.alert(rules.get(finding.rule()).card(), event));
            }
        }
        findings.clear();
    }

    @Override
    public Event event() {
        return event;
    }

    @Override
    public Finding violation(String subject) {
        Finding finding = new Finding(rule, rules.get(rule).card().severity(), subject);
        findings.add(finding);
        return finding;
    }

    @Override
    public void unknown(String reason) {
        if (records[rule].unknown == null) {
            records[rule].unknown = "seq " + event.seq() + ": " + reason;
        }
    }

    @Override
    public void unknown(String reason, long id) {
        if (records[rule].unknown == null) {
            unknown(reason.replace("{}", Long.toString(id)));
        }
    }

    @Override
    public void oblige(long subject, long dueNs) {
        dues.add(dueNs, rule, subject);
    }

    /** How many violations were reported so far. */
    public long violations() {
        long sum = 0;
        for (RuleRecord record : records) {
            sum += record.violations;
        }
        return sum;
    }

    /** One verdict for each rule, as of the last event. */
    public void verdicts(Consumer<? super Event> out) {
        for (int i = 0; i < records.length; i++) {
            out.accept(verdict(i));
        }
    }

    private Verdict verdict(int i) {
        RuleRecord record = records[i];
        RuleCard card = rules.get(i).card();
        StreamLedger ledger = state.ledger();
        Stream missing = ledger.missing(card.needs());
        long open = openObligations(i);
        Outcome outcome;
        String reason;
        if (record.violations > 0) {
            outcome = Outcome.VIOLATED;
            reason = record.violations == 1 ? "one violation" : record.violations + " violations";
        } else if (ledger.isCorrupt(card.needs())) {
            outcome = Outcome.CORRUPT;
            reason = "seq " + ledger.corruptSeq() + ": " + ledger.corruption();
        } else if (!ledger.hasStarted()) {
            outcome = Outcome.INCONCLUSIVE;
            reason = "the recording is empty";
        } else if (missing != null) {
            outcome = Outcome.INCONCLUSIVE;
            reason = "the recording does not hold the stream " + missing.streamName() + " completely";
        } else if (ledger.lossSeq() > 0) {
            outcome = Outcome.INCONCLUSIVE;
            reason = ledger.lossCount() + " events were lost before seq " + ledger.lossSeq();
        } else if (ledger.isUnclear(card.needs())) {
            outcome = Outcome.INCONCLUSIVE;
            reason = String.valueOf(ledger.unclarity());
        } else if (record.unknown != null) {
            outcome = Outcome.INCONCLUSIVE;
            reason = record.unknown;
        } else if (open > 0) {
            outcome = Outcome.OPEN;
            reason = open == 1 ? "one obligation was open at the end" : open + " obligations were open at the end";
        } else if (!ledger.hasEnded() && !ledger.isFragment()) {
            outcome = Outcome.INCONCLUSIVE;
            reason = "the recording has no session_end: its end is missing";
        } else {
            outcome = Outcome.HELD;
            reason = record.judged == 0
                    ? "nothing in the recording puts it to the test"
                    : "held " + record.judged + (record.judged == 1 ? " time" : " times");
        }
        Verdict.Builder verdict = Verdict.builder()
                .rule(card.id())
                .outcome(outcome)
                .reason(reason)
                .violations(record.violations);
        if (record.firstSeq > 0) {
            verdict.firstSeq(record.firstSeq);
        }
        return verdict.build(event.seq(), event.ts(), 0, 0, 0, Source.DERIVED);
    }

    private long openObligations(int ofRule) {
        Obligation obligation = rules.get(ofRule).obligation();
        if (obligation == null) {
            return 0;
        }
        long[] open = new long[1];
        dues.forEach((dueRule, subject) -> {
            if (dueRule == ofRule && !obligation.isDischarged(subject, state)) {
                open[0]++;
            }
        });
        return open[0];
    }

    /** Writes the fold and what the rules found; the same bytes for equal states. */
    public void snapshot(DataOutput target) throws IOException {
        state.snapshot(target);
        SnapshotWriter out = new SnapshotWriter(target);
        out.number(rules.size());
        for (int i = 0; i < records.length; i++) {
            out.text(rules.get(i).card().id());
            records[i].write(out);
        }
        dues.write(out);
        out.number(event.seq());
        out.number(event.ts());
    }

    /**
     * Reads what {@link #snapshot} wrote.
     *
     * @throws IOException if the bytes are no snapshot, or were written with other rules
     */
    public static RuleEngine restore(DataInput source, List<Rule> rules) throws IOException {
        KernelState state = KernelState.restore(source);
        SnapshotReader in = new SnapshotReader(source);
        RuleEngine engine = new RuleEngine(rules, state, NoEvent.NONE);
        int count = in.count();
        if (count != rules.size()) {
            throw new IOException("the snapshot is of " + count + " rules, there are " + rules.size());
        }
        for (int i = 0; i < count; i++) {
            String id = in.text();
            if (!rules.get(i).card().id().equals(id)) {
                throw new IOException("the snapshot has rule " + id + " where "
                        + rules.get(i).card().id() + " is now");
            }
            engine.records[i].read(in);
        }
        engine.dues.read(in, count);
        engine.event = NoEvent.at(in.number(), in.number());
        engine.decideWhoJudges();
        return engine;
    }
}

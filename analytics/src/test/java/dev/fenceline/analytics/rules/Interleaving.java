package dev.fenceline.analytics.rules;

import dev.fenceline.analytics.rules.RuleTraces.RuleTrace;
import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.event.LongList;
import dev.fenceline.event.SessionStart;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;

/** A story and a renamed legal one of strangers in one log, in an order that a seed decides. */
public final class Interleaving {
    private static final int FAR = 1_000_000;
    private static final List<String> RULES_WITH_DEADLINES =
            List.of("A-D06", "A-F07", "A-S07", "A-Q04", "A-U03", "D11", "D15", "D16", "D19", "U18", "R04");

    private final String name;
    private final List<Event> events;
    private final List<Event> story;
    private final List<Long> places;

    private Interleaving(String name, List<Event> events, List<Event> story, List<Long> places) {
        this.name = name;
        this.events = events;
        this.story = story;
        this.places = places;
    }

    /** The legal traces but for those that are about what a fragment leaves out. */
    static List<RuleTrace> legalStories() {
        return RuleTraces.all().stream()
                .filter(trace -> !trace.breaks())
                .filter(trace -> !trace.name().contains("first-mention")
                        && !trace.name().contains("share-0-0")
                        && !trace.name().contains("loss"))
                .toList();
    }

    /**
     * Legal traces of the same rule and of another, on the same ground. Traces about time stay out: a stranger lives in the
     * time of the story, where what is in time in its own may be late.
     */
    public static List<RuleTrace> strangersOf(RuleTrace file) {
        SessionStart ground = start(file);
        List<RuleTrace> same = legalStories().stream()
                .filter(legal -> isSameGround(ground, start(legal)))
                .filter(legal -> !RULES_WITH_DEADLINES.contains(legal.rule()))
                .toList();
        List<RuleTrace> strangers = new ArrayList<>();
        same.stream().filter(legal -> legal.rule().equals(file.rule())).limit(2).forEach(strangers::add);
        same.stream()
                .filter(legal -> !legal.rule().equals(file.rule()))
                .limit(1)
                .forEach(strangers::add);
        return strangers;
    }

    private static SessionStart start(RuleTrace file) {
        return (SessionStart) file.trace().events().get(0);
    }

    private static boolean isSameGround(SessionStart ground, SessionStart other) {
        return Objects.equals(ground.driver(), other.driver())
                && Objects.equals(ground.kernel(), other.kernel())
                && ground.debugAbi() == other.debugAbi()
                && ground.notifierModel() == other.notifierModel()
                && Objects.equals(ground.policy(), other.policy())
                && ground.visibleVramLimit() == other.visibleVramLimit()
                && ground.hasHighmem() == other.hasHighmem()
                && ground.highmem() == other.highmem()
                && ground.pageSize() == other.pageSize()
                && Objects.equals(ground.streams(), other.streams());
    }

    /** The two in one log. Strangers act at the time of the story: clocks are shared. */
    public static Interleaving of(RuleTrace file, RuleTrace stranger, int seed) throws IOException {
        List<Event> mine = withoutEnd(file.trace().events());
        List<Event> others = withoutEnd(stranger.trace().events());
        SplittableRandom chance = new SplittableRandom(seed);
        List<Event> mixed = new ArrayList<>();
        List<Long> places = new ArrayList<>();
        int i = 1;
        int j = 1;
        while (i < mine.size() || j < others.size()) {
            long seq = mixed.size() + 1L;
            if (j == others.size() || (i < mine.size() && chance.nextBoolean())) {
                places.add(seq);
                mixed.add(Renumbered.at(mine.get(i), seq, mine.get(i).ts()));
                i++;
                continue;
            }
            Event other = others.get(j++);
            if (other.eventType() != EventType.CLOCK_TICK) {
                long now = mixed.isEmpty() ? 0 : mixed.get(mixed.size() - 1).ts();
                mixed.add(Renumbered.renamed(other, seq, now, FAR));
            }
        }
        mixed.add(0, Grounds.joined(start(file), start(stranger), mixed, FAR));
        return new Interleaving(file + ", " + stranger + ", seed " + seed, mixed, mine, places);
    }

    /** A log has one end, which is its last event; the job makes one where a trace does not say it. */
    private static List<Event> withoutEnd(List<Event> events) {
        return events.stream()
                .filter(event -> event.eventType() != EventType.SESSION_END)
                .toList();
    }

    /** The log, from its {@code session_start} on. */
    public List<Event> events() {
        return events;
    }

    /** The seqs in this log of what the story alone has at {@code witness}. */
    LongList moved(LongList witness) {
        long first = story.get(1).seq();
        long[] seqs = witness.toArray();
        for (int i = 0; i < seqs.length; i++) {
            seqs[i] = places.get((int) (seqs[i] - first));
        }
        return LongList.of(seqs);
    }

    @Override
    public String toString() {
        return name;
    }
}

package dev.fenceline.analytics.rules;

import dev.fenceline.analytics.rules.RuleTraces.RuleTrace;
import dev.fenceline.event.Event;
import dev.fenceline.event.SessionEnd;
import dev.fenceline.event.SessionStart;
import dev.fenceline.event.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Makes whole recordings of fragments: with a start that declares the streams, and an end that counts. */
final class WholeRecordings {
    private WholeRecordings() {}

    /**
     * The events of the trace between a start and an end. What a fragment uses without creating it has to be created first,
     * or the recording would contradict itself.
     */
    static List<Event> of(RuleTrace file) {
        SessionStart ground = (SessionStart) file.trace().events().get(0);
        List<Event> inner =
                file.trace().events().subList(1, file.trace().events().size());
        List<Event> creates = Creates.missingFrom(inner, ground.fenceIdentities());
        List<Event> whole = new ArrayList<>();
        SessionStart.Builder start = Grounds.like(ground)
                .driver(Objects.requireNonNullElse(ground.driver(), "xe"))
                .kernel(Objects.requireNonNullElse(ground.kernel(), "7.3"));
        long seq = 1;
        long ts = ground.ts();
        whole.add(start.build(seq++, ts, 0, 0, 0, Source.SIMULATOR));
        for (Event create : creates) {
            whole.add(Renumbered.at(create, seq++, ts));
        }
        for (Event event : inner) {
            ts = Math.max(ts, event.ts());
            whole.add(Renumbered.at(event, seq++, event.ts()));
        }
        whole.add(SessionEnd.builder().events(seq).build(seq, ts, 0, 0, 0, Source.SIMULATOR));
        return whole;
    }
}

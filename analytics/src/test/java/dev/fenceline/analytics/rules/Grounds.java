package dev.fenceline.analytics.rules;

import dev.fenceline.event.Event;
import dev.fenceline.event.LongList;
import dev.fenceline.event.SessionStart;
import dev.fenceline.event.Source;
import dev.fenceline.text.Trace;
import dev.fenceline.text.TraceReader;
import dev.fenceline.text.TraceWriter;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The grounds of fragments. */
final class Grounds {
    private Grounds() {}

    /** The ground of two fragments in one log, the second renamed: nothing is the only one of its kind any more. */
    static SessionStart joined(SessionStart mine, SessionStart renamed, List<Event> mixed, int offset)
            throws IOException {
        long[] first = array(mine.fenceIdentities());
        long[] second = array(renamed.fenceIdentities());
        long[] identities = new long[first.length + second.length];
        System.arraycopy(first, 0, identities, 0, first.length);
        for (int i = 0; i < second.length; i++) {
            boolean seqno = i % 3 == 2;
            identities[first.length + i] = seqno || second[i] == 0 ? second[i] : second[i] + offset;
        }
        return like(mine)
                .fragment(true)
                .fenceIdentities(LongList.of(identities))
                .soleObjects(soleObjects(mixed))
                .build(0, mine.ts(), 0, 0, 0, Source.DERIVED);
    }

    /** A start with the variants that rules differ by, as on that ground. */
    static SessionStart.Builder like(SessionStart ground) {
        SessionStart.Builder start = SessionStart.builder()
                .streams(ground.streams())
                .driver(ground.driver())
                .kernel(ground.kernel())
                .notifierModel(ground.notifierModel())
                .debugAbi(ground.debugAbi())
                .policy(ground.policy());
        if (ground.hasFiniteTime()) {
            start.finiteTime(ground.finiteTime());
        }
        if (ground.hasVisibleVramLimit()) {
            start.visibleVramLimit(ground.visibleVramLimit());
        }
        if (ground.hasHighmem()) {
            start.highmem(ground.highmem());
        }
        if (ground.hasPageSize()) {
            start.pageSize(ground.pageSize());
        }
        if (ground.hasCollisionLimit()) {
            start.collisionLimit(ground.collisionLimit());
        }
        if (ground.hasDmaInNotifier()) {
            start.dmaInNotifier(ground.dmaInNotifier());
        }
        return start;
    }

    /** As the reader of a fragment finds them. */
    private static List<String> soleObjects(List<Event> events) throws IOException {
        StringBuilder text = new StringBuilder();
        for (Event event : events) {
            text.append(TraceWriter.line(event)).append('\n');
        }
        Trace read =
                TraceReader.read("mixed", new StringReader(text.toString())).get(0);
        return Objects.requireNonNull(((SessionStart) read.events().get(0)).soleObjects());
    }

    private static long[] array(@Nullable LongList list) {
        return list == null ? new long[0] : list.toArray();
    }
}

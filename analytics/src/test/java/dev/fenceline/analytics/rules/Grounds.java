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
        SessionStart.Builder start = SessionStart.builder()
                .fragment(true)
                .streams(mine.streams())
                .driver(mine.driver())
                .kernel(mine.kernel())
                .notifierModel(mine.notifierModel())
                .debugAbi(mine.debugAbi())
                .fenceIdentities(LongList.of(identities))
                .soleObjects(soleObjects(mixed));
        if (mine.hasFiniteTime()) {
            start.finiteTime(mine.finiteTime());
        }
        if (mine.hasCollisionLimit()) {
            start.collisionLimit(mine.collisionLimit());
        }
        if (mine.hasDmaInNotifier()) {
            start.dmaInNotifier(mine.dmaInNotifier());
        }
        return start.build(0, mine.ts(), 0, 0, 0, Source.DERIVED);
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

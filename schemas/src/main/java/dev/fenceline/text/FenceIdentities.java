package dev.fenceline.text;

import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.event.FieldSpec;
import dev.fenceline.event.LongList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What {@code fence=CONTEXT:SEQNO} says of the fences that a trace names so. */
final class FenceIdentities {
    private record Identity(long context, long seqno) {}

    private final Map<Long, Identity> byFence = new LinkedHashMap<>();
    private @Nullable Identity latest;

    void name(long fence, long context, long seqno) {
        latest = new Identity(context, seqno);
        byFence.put(fence, latest);
    }

    /** Gives an init whose fence was just named CONTEXT:SEQNO the fields that the name states. */
    void complete(Event.Builder<?> init, EventType type, boolean[] stated) {
        FieldSpec context = Objects.requireNonNull(type.field("context"));
        FieldSpec seqno = Objects.requireNonNull(type.field("seqno"));
        if (latest != null && !stated[context.index()] && !stated[seqno.index()]) {
            init.setNumber(context.index(), latest.context());
            init.setNumber(seqno.index(), latest.seqno());
        }
    }

    /** Forgets which fence the line before named. */
    void nextLine() {
        latest = null;
    }

    /** Triples of fence, context, seqno, in the order of first mention; null if there are none. */
    @Nullable LongList triples() {
        if (byFence.isEmpty()) {
            return null;
        }
        long[] triples = new long[3 * byFence.size()];
        int next = 0;
        for (Map.Entry<Long, Identity> entry : byFence.entrySet()) {
            triples[next++] = entry.getKey();
            triples[next++] = entry.getValue().context();
            triples[next++] = entry.getValue().seqno();
        }
        return LongList.of(triples);
    }
}

package dev.fenceline.simulator.kernel;

import dev.fenceline.event.Event;
import dev.fenceline.event.SessionEnd;
import dev.fenceline.event.Source;
import dev.fenceline.event.WireBuffer;
import dev.fenceline.wire.EventCodec;
import dev.fenceline.wire.SessionDigest;
import java.util.function.Consumer;

/** The recorder: numbers what happens, hands it on, and closes the session with its count and digest. */
public final class Trace {
    private final Consumer<? super Event> sink;
    private final long limit;
    private final EventCodec codec = new EventCodec();
    private final WireBuffer wire = new WireBuffer();
    private final SessionDigest digest = new SessionDigest();
    private long seq;
    private long lastNs;

    /** A recorder that writes at most {@code limit} events, the end of the session included. */
    public Trace(Consumer<? super Event> sink, long limit) {
        this.sink = sink;
        this.limit = limit;
    }

    /** The number of events so far: the {@code seq} of the last one. */
    public long seq() {
        return seq;
    }

    /** When the last event happened. */
    public long lastNs() {
        return lastNs;
    }

    /** Whether only the end of the session still fits. What happens after that is not recorded. */
    public boolean isFull() {
        return seq >= limit - 1;
    }

    /** Records that something happened at {@code ns} in {@code context}. */
    public void emit(Event.Builder<?> happened, long ns, Context context) {
        if (isFull()) {
            return;
        }
        Event event = build(happened, ns, context);
        codec.encode(event, wire.clear());
        digest.add(event.eventType(), wire.array(), 0, wire.size());
        sink.accept(event);
    }

    /** Closes the session. */
    public void end(long ns, Context context) {
        sink.accept(build(SessionEnd.builder().events(seq + 1).digest(digest.digest()), ns, context));
    }

    private Event build(Event.Builder<?> happened, long ns, Context context) {
        lastNs = ns;
        return happened.build(++seq, ns, context.cpu(), context.tid(), context.tgid(), Source.SIMULATOR);
    }
}

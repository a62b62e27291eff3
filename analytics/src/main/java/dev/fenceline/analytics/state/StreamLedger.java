package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.event.LongList;
import java.io.IOException;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the recording can know: which streams it holds completely, what was lost, and where it contradicts itself.
 *
 * <p>A contradiction is the recording's fault and not the kernel's; it closes the streams it touches for good. A loss closes
 * all streams for everything that existed before it; objects created after it are known again.
 */
public final class StreamLedger implements StatePart {
    private static final Stream[] STREAMS = Stream.values();

    private final EnumSet<Stream> complete = EnumSet.noneOf(Stream.class);
    private final EnumSet<Stream> corrupt = EnumSet.noneOf(Stream.class);
    private final EnumSet<Stream> unclear = EnumSet.noneOf(Stream.class);
    private boolean fragment;
    private boolean started;
    private boolean ended;
    private long lastSeq = Event.ABSENT;
    private long nowNs = Event.ABSENT;
    private long lossSeq;
    private long lossCount;
    private long corruptSeq;
    private @Nullable String corruption;
    private @Nullable String unclarity;
    private int revision;

    StreamLedger() {}

    /** Whether the event is the next one of the session: its seq follows the last without a hole. */
    public boolean follows(Event event) {
        return lastSeq == Event.ABSENT || event.seq() == lastSeq + 1;
    }

    /** Counts up whenever something changed that decides which rules can judge. */
    public int revision() {
        return revision;
    }

    /** Whether all events of the stream are in the recording (losses are told by {@link #lossSeq()}). */
    public boolean holds(Stream stream) {
        return complete.contains(stream) && !corrupt.contains(stream) && !unclear.contains(stream);
    }

    /** The first of these streams that the recording does not hold; null if it holds all. */
    public @Nullable Stream missing(Set<Stream> needed) {
        for (Stream stream : STREAMS) {
            if (needed.contains(stream) && !complete.contains(stream)) {
                return stream;
            }
        }
        return null;
    }

    /** Whether the recording contradicts itself in one of these streams. */
    public boolean isCorrupt(Set<Stream> needed) {
        for (Stream stream : STREAMS) {
            if (needed.contains(stream) && corrupt.contains(stream)) {
                return true;
            }
        }
        return false;
    }

    /** Whether an event of one of these streams did not say what it is about: nobody can tell what it changed. */
    public boolean isUnclear(Set<Stream> needed) {
        for (Stream stream : STREAMS) {
            if (needed.contains(stream) && unclear.contains(stream)) {
                return true;
            }
        }
        return false;
    }

    /** The first event that did not say what it is about, in words; null if there is none. */
    public @Nullable String unclarity() {
        return unclarity;
    }

    /** Whether the recording contradicts itself anywhere. */
    public boolean isCorrupt() {
        return corruption != null;
    }

    /** The streams in which the recording contradicts itself, in their order. */
    public Set<Stream> corruptStreams() {
        return Collections.unmodifiableSet(corrupt);
    }

    /** What the first contradiction is; null if there is none. */
    public @Nullable String corruption() {
        return corruption;
    }

    /** Where the first contradiction showed; 0 if there is none. */
    public long corruptSeq() {
        return corruptSeq;
    }

    /** The last {@code trace_lost}; 0 if nothing was lost. */
    public long lossSeq() {
        return lossSeq;
    }

    /** How many events were lost in all, as far as the recording knows. */
    public long lossCount() {
        return lossCount;
    }

    /** Whether the session is a fragment: what it uses without creating it existed before, healthy. */
    public boolean isFragment() {
        return fragment;
    }

    /** Whether {@code session_start} was seen. */
    public boolean hasStarted() {
        return started;
    }

    /** Whether {@code session_end} was seen. */
    public boolean hasEnded() {
        return ended;
    }

    /** The seq of the last event; {@link Event#ABSENT} before the first. */
    public long lastSeq() {
        return lastSeq;
    }

    /** The running maximum of event times in ns: what deadlines are judged by. {@link Event#ABSENT} before the first. */
    public long nowNs() {
        return nowNs;
    }

    /**
     * From when an object first mentioned at {@code seq} without a create is known: from there in a fragment, which says it
     * was made just before; not at all (0) otherwise, or after a loss.
     */
    long knownFrom(long seq) {
        return fragment && lossSeq == 0 ? seq : 0;
    }

    /** Whether a use without a create proves that the recording contradicts itself. */
    boolean mustHaveSeenCreate(Stream creator) {
        return !fragment && lossSeq == 0 && holds(creator);
    }

    void advance(Event event) {
        boolean admittedLoss = event.eventType() == EventType.TRACE_LOST && event.seq() > lastSeq;
        if (!follows(event) && !admittedLoss) {
            corruptAll(
                    event.seq(),
                    event.seq() > lastSeq
                            ? "seq " + (lastSeq + 1) + " is missing"
                            : "seq " + event.seq() + " comes after seq " + lastSeq);
        }
        lastSeq = event.seq();
        nowNs = Math.max(nowNs, event.ts());
    }

    void start(Event event, boolean isFragment, @Nullable List<String> names) {
        if (started) {
            corruptAll(event.seq(), "a second session_start");
            return;
        }
        started = true;
        fragment = isFragment;
        if (!isFragment && event.seq() != 1) {
            corruptAll(event.seq(), "the recording begins at seq " + event.seq());
        }
        if (names == null) {
            if (isFragment) {
                complete.addAll(EnumSet.allOf(Stream.class));
            }
        } else {
            for (String name : names) {
                Stream stream = Stream.named(name);
                if (stream != null) {
                    complete.add(stream);
                }
            }
            // One stream under two names: the contract says so.
            if (complete.contains(Stream.CLOCK) || complete.contains(Stream.TIME)) {
                complete.add(Stream.CLOCK);
                complete.add(Stream.TIME);
            }
        }
        revision++;
    }

    void end(Event event, long declaredEvents) {
        // The contract leaves open whether the end counts itself.
        boolean agrees = declaredEvents == event.seq() || declaredEvents == event.seq() - 1;
        if (declaredEvents != Event.ABSENT && !fragment && !agrees) {
            corruptAll(event.seq(), "session_end counts " + declaredEvents + " events, there are " + event.seq());
        }
        ended = true;
        revision++;
    }

    void lose(long seq, long count) {
        lossSeq = seq;
        lossCount += count == Event.ABSENT ? 1 : count;
        revision++;
    }

    void requireStart(Event event) {
        if (!started) {
            started = true;
            corruptAll(event.seq(), "the recording does not begin with session_start");
        }
        if (ended) {
            corruptAll(event.seq(), "an event after session_end");
        }
    }

    void corruptAll(long seq, String what) {
        corrupt.addAll(EnumSet.allOf(Stream.class));
        note(seq, what);
    }

    /**
     * The events of that type contradict each other: in every stream that they belong to and that the recording holds. What
     * is not held completely may lack the event that explains it.
     */
    void corrupt(EventType type, long seq, String what) {
        boolean news = false;
        for (String name : type.streams()) {
            Stream stream = Stream.named(name);
            news |= stream != null && holds(stream) && corrupt.add(stream);
        }
        if (news) {
            note(seq, what);
        }
    }

    /** The event does not state a relation without which it cannot be folded. */
    void leaveUnclear(Event event, String relation) {
        for (String name : event.eventType().streams()) {
            Stream stream = Stream.named(name);
            if (stream != null) {
                unclear.add(stream);
            }
        }
        if (unclarity == null) {
            unclarity = "seq " + event.seq() + ": " + event.eventType().eventName() + " does not say which " + relation;
        }
        revision++;
    }

    private void note(long seq, String what) {
        if (corruption == null) {
            corruption = what;
            corruptSeq = seq;
        }
        revision++;
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        out.numbers(positions(complete));
        out.numbers(positions(corrupt));
        out.numbers(positions(unclear));
        out.flag(fragment);
        out.flag(started);
        out.flag(ended);
        out.number(lastSeq);
        out.number(nowNs);
        out.number(lossSeq);
        out.number(lossCount);
        out.number(corruptSeq);
        out.text(corruption);
        out.text(unclarity);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        addAll(complete, in.numbers());
        addAll(corrupt, in.numbers());
        addAll(unclear, in.numbers());
        fragment = in.flag();
        started = in.flag();
        ended = in.flag();
        lastSeq = in.number();
        nowNs = in.number();
        lossSeq = in.number();
        lossCount = in.number();
        corruptSeq = in.number();
        corruption = in.text();
        unclarity = in.text();
        revision++;
    }

    private static LongList positions(EnumSet<Stream> streams) {
        return LongList.of(streams.stream().mapToLong(Enum::ordinal).toArray());
    }

    private static void addAll(EnumSet<Stream> streams, @Nullable LongList positions) throws IOException {
        if (positions == null) {
            return;
        }
        for (int i = 0; i < positions.size(); i++) {
            long position = positions.get(i);
            if (position < 0 || position >= STREAMS.length) {
                throw new IOException("the snapshot holds a stream that this version does not know");
            }
            streams.add(STREAMS[(int) position]);
        }
    }
}

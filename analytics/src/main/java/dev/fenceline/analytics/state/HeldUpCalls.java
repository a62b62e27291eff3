package dev.fenceline.analytics.state;

import dev.fenceline.event.DebugConnect;
import dev.fenceline.event.DebugDetach;
import dev.fenceline.event.DebugEvent;
import dev.fenceline.event.Event;
import dev.fenceline.event.Ioctl;
import dev.fenceline.event.IoctlEnter;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** When debuggers read what they are told, and the calls of their clients that wait for that. */
public final class HeldUpCalls implements StatePart {
    /** A pause between two reads that is worth remembering, shorter than what any rule takes for too long; ours. */
    private static final long PAUSE_NS = 10_000_000_000L;

    private final ObjectTable<Reader> readers = new ObjectTable<>(Reader::new);
    private final ObjectTable<HeldUpCall> calls = new ObjectTable<>(HeldUpCall::new);

    HeldUpCalls() {}

    /**
     * A time in which a debugger read nothing.
     *
     * @param ns how long it is, as far as it was asked for
     * @param sinceSeq the seq of the read before it; 0 if none was seen
     */
    public record Pause(long ns, long sinceSeq) {}

    /** The debugger's end of a connection. */
    private static final class Reader extends KernelObject {
        long readNs = Event.ABSENT;
        long readSeq;
        long pausedFromNs;
        long pausedFromSeq;
        long pausedToNs;
        long detachNs = Event.ABSENT;

        Reader(long connection) {
            super(connection);
        }

        private void read(long seq, long nowNs) {
            if (readNs != Event.ABSENT && nowNs - readNs > PAUSE_NS) {
                pausedFromNs = readNs;
                pausedFromSeq = readSeq;
                pausedToNs = nowNs;
            }
            readNs = nowNs;
            readSeq = seq;
        }

        /** The longest time between the two in which it was attached and read nothing, as far as it is remembered. */
        private Pause pause(long fromNs, long toNs) {
            long until = detachNs == Event.ABSENT ? toNs : Math.min(toNs, detachNs);
            long since = readNs == Event.ABSENT ? fromNs : Math.max(fromNs, readNs);
            Pause last = new Pause(until - since, readSeq);
            Pause earlier = new Pause(Math.min(until, pausedToNs) - Math.max(fromNs, pausedFromNs), pausedFromSeq);
            return earlier.ns > last.ns ? earlier : last;
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(readNs);
            out.number(readSeq);
            out.number(pausedFromNs);
            out.number(pausedFromSeq);
            out.number(pausedToNs);
            out.number(detachNs);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            readNs = in.number();
            readSeq = in.number();
            pausedFromNs = in.number();
            pausedFromSeq = in.number();
            pausedToNs = in.number();
            detachNs = in.number();
        }
    }

    /** A call that has not returned, of a recording that knows at its start what it will wait for. */
    public static final class HeldUpCall extends KernelObject {
        long connection = Event.ABSENT;
        long enteredNs;
        long enterSeq;

        HeldUpCall(long tid) {
            super(tid);
        }

        /** The connection of the debugger that it waits for. */
        public long connection() {
            return connection;
        }

        /** When it was entered, in ns of the session's clock. */
        public long enteredNs() {
            return enteredNs;
        }

        /** The seq of its {@code ioctl_enter}. */
        public long enterSeq() {
            return enterSeq;
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(connection);
            out.number(enteredNs);
            out.number(enterSeq);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            connection = in.number();
            enteredNs = in.number();
            enterSeq = in.number();
        }
    }

    /** The call that the thread has not returned from and that waits for a debugger; null if there is none. */
    public @Nullable HeldUpCall call(long tid) {
        return calls.get(tid);
    }

    /** The longest time between the two in which the connection was there and nobody read from it. */
    public Pause pause(long connection, long fromNs, long toNs) {
        Reader reader = readers.find(connection);
        return reader == null ? new Pause(toNs - fromNs, 0) : reader.pause(fromNs, toNs);
    }

    /** Whether the connection is known to have ended. */
    public boolean isDetached(long connection) {
        Reader reader = readers.find(connection);
        return reader != null && reader.detachNs != Event.ABSENT;
    }

    void apply(DebugConnect e) {
        if (e.hasConnection() && !(e.hasResult() && e.result() < 0)) {
            readers.create(e.connection(), e.seq());
        }
    }

    void apply(DebugEvent e, long nowNs) {
        Reader reader = reader(e.connection(), e.seq());
        if (reader != null) {
            reader.read(e.seq(), nowNs);
        }
    }

    void apply(DebugDetach e, long nowNs) {
        Reader reader = reader(e.connection(), e.seq());
        if (reader != null) {
            reader.detachNs = nowNs;
            readers.depart(reader, e.seq());
        }
    }

    private @Nullable Reader reader(long connection, long seq) {
        if (connection == Event.ABSENT || isDetached(connection)) {
            return null;
        }
        Reader reader = readers.get(connection);
        return reader != null ? reader : readers.create(connection, seq);
    }

    void apply(IoctlEnter e) {
        if (e.tid() == 0) {
            return;
        }
        leave(e.tid());
        if (e.hasBlockedBy()) {
            HeldUpCall call = calls.create(e.tid(), e.seq());
            call.connection = e.blockedBy();
            call.enteredNs = e.hasEnteredTs() ? e.enteredTs() : e.ts();
            call.enterSeq = e.seq();
        }
    }

    void apply(Ioctl e) {
        leave(e.tid());
    }

    /** The thread is gone, or in no call any more. */
    void leave(long tid) {
        HeldUpCall call = calls.get(tid);
        if (call != null) {
            calls.remove(call);
        }
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        readers.write(out);
        calls.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        readers.read(in);
        calls.read(in);
    }
}

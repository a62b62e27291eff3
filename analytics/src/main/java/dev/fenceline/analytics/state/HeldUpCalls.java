package dev.fenceline.analytics.state;

import dev.fenceline.event.DebugConnect;
import dev.fenceline.event.DebugDetach;
import dev.fenceline.event.DebugEvent;
import dev.fenceline.event.Event;
import dev.fenceline.event.Ioctl;
import dev.fenceline.event.IoctlEnter;
import dev.fenceline.event.TaskExit;
import java.io.IOException;
import org.agrona.collections.LongArrayList;
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
        private static final int PAUSE = 3;

        /** How many are remembered; ours. */
        private static final int PAUSES = 8;

        long readNs = Event.ABSENT;
        long readSeq;
        /**
         * Pauses: from and to in ns, and the seq of the read before, in turn. Each is longer than those after it, as a longer one hides
         * shorter ones before it from every call that has not returned.
         */
        final LongArrayList pauses = new LongArrayList();

        long detachNs = Event.ABSENT;

        Reader(long connection) {
            super(connection);
        }

        private void read(long seq, long nowNs) {
            if (readNs != Event.ABSENT && nowNs - readNs > PAUSE_NS) {
                remember(nowNs);
            }
            readNs = nowNs;
            readSeq = seq;
        }

        private void remember(long nowNs) {
            int last = pauses.size() - PAUSE;
            while (last >= 0 && pauses.getLong(last + 1) - pauses.getLong(last) <= nowNs - readNs) {
                DmaBuf.removeRange(pauses, last, PAUSE);
                last -= PAUSE;
            }
            if (pauses.size() == PAUSES * PAUSE) {
                DmaBuf.removeRange(pauses, 0, PAUSE);
            }
            pauses.addLong(readNs);
            pauses.addLong(nowNs);
            pauses.addLong(readSeq);
        }

        /** The longest time between the two in which it was attached and read nothing, as far as it is remembered. */
        private Pause pause(long fromNs, long toNs) {
            long until = detachNs == Event.ABSENT ? toNs : Math.min(toNs, detachNs);
            long since = readNs == Event.ABSENT ? fromNs : Math.max(fromNs, readNs);
            Pause longest = new Pause(until - since, readSeq);
            for (int i = 0; i < pauses.size(); i += PAUSE) {
                long ns = Math.min(until, pauses.getLong(i + 1)) - Math.max(fromNs, pauses.getLong(i));
                longest = ns > longest.ns ? new Pause(ns, pauses.getLong(i + 2)) : longest;
            }
            return longest;
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(readNs);
            out.number(readSeq);
            out.numbers(pauses);
            out.number(detachNs);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            readNs = in.number();
            readSeq = in.number();
            in.numbers(pauses);
            detachNs = in.number();
        }
    }

    /** A call that has not returned, of a recording that knows at its start what it will wait for. */
    public static final class HeldUpCall extends CallsInFlight.CallInFlight {
        long connection = Event.ABSENT;
        long enteredNs;

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

        @Override
        void write(SnapshotWriter out) throws IOException {
            super.write(out);
            out.number(connection);
            out.number(enteredNs);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            super.read(in);
            connection = in.number();
            enteredNs = in.number();
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
        CallsInFlight.leave(calls, e.tid());
        if (e.hasBlockedBy()) {
            HeldUpCall call = calls.create(e.tid(), e.seq());
            call.connection = e.blockedBy();
            call.tgid = e.tgid();
            call.enteredNs = e.hasEnteredTs() ? e.enteredTs() : e.ts();
        }
    }

    void apply(Ioctl e) {
        CallsInFlight.leave(calls, e.tid());
    }

    void apply(TaskExit e) {
        CallsInFlight.exit(calls, e);
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

package dev.fenceline.analytics.state;

import dev.fenceline.event.DebugEventType;
import dev.fenceline.event.Event;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.LongArrayList;
import org.jspecify.annotations.Nullable;

/** What one debugger connection was told: numbered events, handles, and binds whose user fences wait for it. */
public final class DebugProtocol extends KernelObject {
    /** How many delivered events, ended handles and finished binds are remembered; numbers of ours. */
    static final int EVENTS = 1024;

    static final int ENDED = 64;

    boolean shown;
    long detachSeq;
    long seenUpTo;
    long interruptSeq;
    final List<Delivered> events = new ArrayList<>(4);
    final List<Handle> handles = new ArrayList<>(4);
    final List<Bind> binds = new ArrayList<>(2);

    DebugProtocol(long connection) {
        super(connection);
    }

    /** An event that was read, or a number that a control call used up. */
    public static final class Delivered {
        long number;
        long seq;
        DebugEventType type = DebugEventType.UNKNOWN;
        boolean read;
        boolean needsAck;
        long ackSeq;
        long ref = Event.ABSENT;
        long n = Event.ABSENT;
        long extensions;

        /** The seq at which it was read. */
        public long seq() {
            return seq;
        }

        /** What it reports. */
        public DebugEventType type() {
            return type;
        }

        /** Whether it is an event rather than a number that a control call used up. */
        public boolean isRead() {
            return read;
        }

        /** Of an operation of a bind: how many images are attached to it; {@link Event#ABSENT} if not told. */
        public long n() {
            return n;
        }

        /** Of an operation of a bind: how many of those were told. */
        public long extensions() {
            return extensions;
        }

        /** Whether it must be acknowledged. */
        public boolean needsAck() {
            return needsAck;
        }

        /** The seq of its acknowledgement; 0 if there was none. */
        public long ackSeq() {
            return ackSeq;
        }
    }

    /** A number that stands for an object in this connection. */
    public static final class Handle {
        DebugEventType type = DebugEventType.UNKNOWN;
        long number = Event.ABSENT;
        long object = Event.ABSENT;
        long vm = Event.ABSENT;
        long createNumber = Event.ABSENT;
        long createSeq;
        long destroyNumber = Event.ABSENT;
        long destroySeq;

        /** The object; {@link Event#ABSENT} if not told. */
        public long object() {
            return object;
        }

        /** The VM that the object belongs to; {@link Event#ABSENT} if not told. */
        public long vm() {
            return vm;
        }

        /** The number of the event that announced it; {@link Event#ABSENT} if not told. */
        public long createNumber() {
            return createNumber;
        }

        /** The seq of the event that announced it; 0 if not seen. */
        public long createSeq() {
            return createSeq;
        }

        /** The number of the event that ended it; {@link Event#ABSENT} if not told. */
        public long destroyNumber() {
            return destroyNumber;
        }

        /** The seq of the event that ended it; 0 if none did. */
        public long destroySeq() {
            return destroySeq;
        }
    }

    /** The events of one bind: VM_BIND, its operations, its user fence. */
    public static final class Bind {
        long number = Event.ABSENT;
        long seq;
        long vm = Event.ABSENT;
        long n = Event.ABSENT;
        long ops;
        boolean fenced;
        long fence = Event.ABSENT;
        long fenceNumber = Event.ABSENT;
        long fenceSeq;
        long ackSeq;
        long signalSeq;
        final LongArrayList ranges = new LongArrayList();

        /** The seq of its VM_BIND event; 0 if not seen. */
        public long seq() {
            return seq;
        }

        /** The VM; {@link Event#ABSENT} if not told. */
        public long vm() {
            return vm;
        }

        /** How many operations it has; {@link Event#ABSENT} if not told. */
        public long n() {
            return n;
        }

        /** How many of them were told. */
        public long ops() {
            return ops;
        }

        /** Whether it is known to have a user fence. */
        public boolean isFenced() {
            return fenced;
        }

        /** The seq of the event of its user fence; 0 if not seen. */
        public long fenceSeq() {
            return fenceSeq;
        }

        /** Whether its user fence waits for the debugger. */
        public boolean isHeld() {
            return fenced && ackSeq == 0 && signalSeq == 0;
        }

        /** Whether the event of that number is the one of its user fence, or may be as no number was told. */
        public boolean isAwaiting(long number) {
            return number == Event.ABSENT || (fenceSeq > 0 && (fenceNumber == Event.ABSENT || fenceNumber == number));
        }

        /** How many ranges its operations named. */
        public int ranges() {
            return ranges.size() / 2;
        }

        /** The first address of range {@code i}. */
        public long start(int i) {
            return ranges.getLong(2 * i);
        }

        /** How many bytes range {@code i} has. */
        public long bytes(int i) {
            return ranges.getLong(2 * i + 1);
        }
    }

    /** Whether its connect was seen, so that nothing was announced that is not here. */
    public boolean isShown() {
        return shown;
    }

    /** The seq at which it was detached; 0 before. */
    public long detachSeq() {
        return detachSeq;
    }

    /** The seq at which all threads of a queue were interrupted last; 0 if they never were. */
    public long interruptSeq() {
        return interruptSeq;
    }

    /** The event of that number, if it was read lately or the number was used up; null otherwise. */
    public @Nullable Delivered event(long number) {
        for (int i = events.size() - 1; i >= 0; i--) {
            if (events.get(i).number == number) {
                return events.get(i);
            }
        }
        return null;
    }

    /** Whether no event is still to come that was made before the one of that number. */
    public boolean isComplete(long number) {
        return number == Event.ABSENT ? shown : seenUpTo >= number - 1;
    }

    /** Whether an event that was read before the one of number {@code later} is still known by its number. */
    public boolean remembers(long number, long later) {
        return later != Event.ABSENT && later - number < EVENTS;
    }

    /** Whether every number between the two was seen; also if the later event has no number, so that only reading orders them. */
    public boolean isAllSeenBetween(long first, long later) {
        if (later - first > EVENTS) {
            return false;
        }
        for (long number = first + 1; number < later; number++) {
            if (event(number) == null) {
                return false;
            }
        }
        return true;
    }

    /** The first operation of the bind {@code number} that has more images than were told before {@code later}; null if there is none. */
    public @Nullable Delivered operationWithoutImage(long number, long later) {
        for (Delivered event : events) {
            boolean ofBind = event.type == DebugEventType.VM_BIND_OP && event.ref == number && event.number < later;
            if (ofBind && event.n != Event.ABSENT && event.extensions < event.n) {
                return event;
            }
        }
        return null;
    }

    /** The handle of that kind, by its number or by its object; null if it was not announced. */
    public @Nullable Handle handle(DebugEventType type, long numberOrObject) {
        for (int i = handles.size() - 1; i >= 0; i--) {
            Handle handle = handles.get(i);
            if (handle.type == type && (handle.number == numberOrObject || handle.object == numberOrObject)) {
                return handle;
            }
        }
        return null;
    }

    /** The newest handle of that kind that stands for the object; null if there is none. */
    public @Nullable Handle handleOf(DebugEventType type, long object) {
        for (int i = handles.size() - 1; i >= 0; i--) {
            if (handles.get(i).type == type && handles.get(i).object == object) {
                return handles.get(i);
            }
        }
        return null;
    }

    /** Whether every handle of that kind is known to stand for some object, so that an object without one has none. */
    public boolean isEachNamed(DebugEventType type) {
        for (Handle handle : handles) {
            if (handle.type == type && handle.object == Event.ABSENT) {
                return false;
            }
        }
        return true;
    }

    /** The binds that are not long over. */
    public List<Bind> binds() {
        return binds;
    }

    /** A bind whose user fence waits for the debugger; null if there is none. */
    public @Nullable Bind heldBind() {
        for (Bind bind : binds) {
            if (bind.isHeld()) {
                return bind;
            }
        }
        return null;
    }

    /** The bind whose VM_BIND event has that number; null if it was not told. */
    public @Nullable Bind bind(long number) {
        for (int i = binds.size() - 1; i >= 0; i--) {
            if (number != Event.ABSENT && binds.get(i).number == number) {
                return binds.get(i);
            }
        }
        return null;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.flag(shown);
        out.number(detachSeq);
        out.number(seenUpTo);
        out.number(interruptSeq);
        out.number(events.size());
        for (Delivered event : events) {
            out.number(event.number);
            out.number(event.seq);
            out.symbol(event.type);
            out.flag(event.read);
            out.flag(event.needsAck);
            out.number(event.ackSeq);
            out.number(event.ref);
            out.number(event.n);
            out.number(event.extensions);
        }
        out.number(handles.size());
        for (Handle handle : handles) {
            out.symbol(handle.type);
            out.number(handle.number);
            out.number(handle.object);
            out.number(handle.vm);
            out.number(handle.createNumber);
            out.number(handle.createSeq);
            out.number(handle.destroyNumber);
            out.number(handle.destroySeq);
        }
        out.number(binds.size());
        for (Bind bind : binds) {
            writeBind(out, bind);
        }
    }

    private static void writeBind(SnapshotWriter out, Bind bind) throws IOException {
        out.number(bind.number);
        out.number(bind.seq);
        out.number(bind.vm);
        out.number(bind.n);
        out.number(bind.ops);
        out.flag(bind.fenced);
        out.number(bind.fence);
        out.number(bind.fenceNumber);
        out.number(bind.fenceSeq);
        out.number(bind.ackSeq);
        out.number(bind.signalSeq);
        out.numbers(bind.ranges);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        shown = in.flag();
        detachSeq = in.number();
        seenUpTo = in.number();
        interruptSeq = in.number();
        int eventCount = in.count();
        for (int i = 0; i < eventCount; i++) {
            Delivered event = new Delivered();
            event.number = in.number();
            event.seq = in.number();
            event.type = in.symbol(DebugEventType.values());
            event.read = in.flag();
            event.needsAck = in.flag();
            event.ackSeq = in.number();
            event.ref = in.number();
            event.n = in.number();
            event.extensions = in.number();
            events.add(event);
        }
        int handleCount = in.count();
        for (int i = 0; i < handleCount; i++) {
            Handle handle = new Handle();
            handle.type = in.symbol(DebugEventType.values());
            handle.number = in.number();
            handle.object = in.number();
            handle.vm = in.number();
            handle.createNumber = in.number();
            handle.createSeq = in.number();
            handle.destroyNumber = in.number();
            handle.destroySeq = in.number();
            handles.add(handle);
        }
        int bindCount = in.count();
        for (int i = 0; i < bindCount; i++) {
            binds.add(readBind(in));
        }
    }

    private static Bind readBind(SnapshotReader in) throws IOException {
        Bind bind = new Bind();
        bind.number = in.number();
        bind.seq = in.number();
        bind.vm = in.number();
        bind.n = in.number();
        bind.ops = in.number();
        bind.fenced = in.flag();
        bind.fence = in.number();
        bind.fenceNumber = in.number();
        bind.fenceSeq = in.number();
        bind.ackSeq = in.number();
        bind.signalSeq = in.number();
        in.numbers(bind.ranges);
        return bind;
    }
}

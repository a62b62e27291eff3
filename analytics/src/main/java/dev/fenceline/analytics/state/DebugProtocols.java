package dev.fenceline.analytics.state;

import dev.fenceline.event.DebugAck;
import dev.fenceline.event.DebugConnect;
import dev.fenceline.event.DebugDetach;
import dev.fenceline.event.DebugEuControl;
import dev.fenceline.event.DebugEvent;
import dev.fenceline.event.DebugEventFlag;
import dev.fenceline.event.DebugEventType;
import dev.fenceline.event.EuCommand;
import dev.fenceline.event.Event;
import dev.fenceline.event.UserFenceSignal;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the debugger connections were told, and what waits for them. */
public final class DebugProtocols implements StatePart {
    private final StreamLedger ledger;
    private final SessionFacts session;
    private final ObjectTable<DebugProtocol> table = new ObjectTable<>(DebugProtocol::new);

    DebugProtocols(StreamLedger ledger, SessionFacts session) {
        this.ledger = ledger;
        this.session = session;
    }

    /** What that connection was told; null if it was never mentioned. */
    public @Nullable DebugProtocol protocol(long connection) {
        return table.find(connectionOf(connection));
    }

    private long connectionOf(long stated) {
        return stated != Event.ABSENT ? stated : session.soleObject("connection");
    }

    /** The queue that a control call names; {@link Event#ABSENT} if its handle is not known to stand for one. */
    public long queueOf(DebugEuControl e) {
        DebugProtocol protocol = protocol(e.connection());
        DebugProtocol.Handle handle =
                protocol == null ? null : protocol.handle(DebugEventType.EXEC_QUEUE, e.queueHandle());
        return handle == null ? Event.ABSENT : handle.object;
    }

    /**
     * A bind whose user fence waits for the debugger and is the one that is signalled; null if there is none, or if an
     * acknowledged one is signalled by it.
     */
    public DebugProtocol.@Nullable Bind held(UserFenceSignal e) {
        DebugProtocol.Bind held = null;
        for (long id : table.ids()) {
            DebugProtocol protocol = table.get(id);
            for (int i = 0; protocol != null && i < protocol.binds.size(); i++) {
                DebugProtocol.Bind bind = protocol.binds.get(i);
                if (bind.signalSeq == 0 && bind.fenced && isFenceOf(bind, e)) {
                    if (bind.ackSeq > 0 || protocol.detachSeq > 0) {
                        return null;
                    }
                    held = held == null ? bind : held;
                }
            }
        }
        return held;
    }

    private boolean isFenceOf(DebugProtocol.Bind bind, UserFenceSignal e) {
        boolean otherVm = bind.vm != Event.ABSENT && e.hasVm() && bind.vm != e.vm();
        if (bind.fence != Event.ABSENT && e.hasAddress()) {
            return bind.fence == e.address() && !otherVm;
        }
        // A fragment that tells neither fence by its address speaks of one.
        return ledger.isFragment() && bind.fence == Event.ABSENT && !otherVm && heldBinds() == 1;
    }

    private int heldBinds() {
        int held = 0;
        for (long id : table.ids()) {
            DebugProtocol protocol = table.get(id);
            for (int i = 0; protocol != null && i < protocol.binds.size(); i++) {
                held += protocol.binds.get(i).signalSeq == 0 && protocol.binds.get(i).fenced ? 1 : 0;
            }
        }
        return held;
    }

    void apply(DebugConnect e) {
        if (e.hasConnection() && !(e.hasResult() && e.result() < 0)) {
            table.create(e.connection(), e.seq()).shown = true;
        }
    }

    void apply(DebugDetach e) {
        DebugProtocol protocol = touch(e.connection(), e.seq());
        if (protocol != null && protocol.detachSeq == 0) {
            protocol.detachSeq = e.seq();
            protocol.events.clear();
            protocol.handles.clear();
            protocol.binds.removeIf(bind -> !bind.isHeld());
            departIfOver(protocol, e.seq());
        }
    }

    void apply(DebugEvent e) {
        DebugProtocol protocol = touch(e.connection(), e.seq());
        if (protocol == null || protocol.detachSeq > 0) {
            return;
        }
        DebugProtocol.Delivered event = note(protocol, e.seqno(), e.seq());
        event.read = true;
        event.type = e.type();
        event.needsAck = has(e, DebugEventFlag.NEED_ACK) || e.type() == DebugEventType.VM_BIND_UFENCE;
        switch (e.type()) {
            case OPEN, VM, EXEC_QUEUE, METADATA -> handle(protocol, e);
            case VM_BIND -> bind(protocol, e);
            case VM_BIND_OP -> {
                event.ref = e.ref();
                event.n = e.n();
                operation(protocol, e);
            }
            case VM_BIND_OP_METADATA -> image(protocol, e);
            case VM_BIND_UFENCE -> userFence(protocol, e);
            case UNKNOWN, EU_ATTENTION, PAGEFAULT -> {}
        }
    }

    void apply(DebugEuControl e) {
        DebugProtocol protocol = touch(e.connection(), e.seq());
        boolean succeeded = !e.hasResult() || e.result() >= 0;
        if (protocol != null && e.command() == EuCommand.INTERRUPT_ALL && succeeded) {
            protocol.interruptSeq = e.seq();
        }
        if (protocol != null && e.hasSeqno() && protocol.detachSeq == 0 && protocol.event(e.seqno()) == null) {
            note(protocol, e.seqno(), e.seq());
        }
    }

    void apply(DebugAck e) {
        DebugProtocol protocol = touch(e.connection(), e.seq());
        if (protocol == null || protocol.detachSeq > 0 || (e.hasResult() && e.result() < 0)) {
            return;
        }
        DebugProtocol.Delivered event = e.hasSeqno() ? protocol.event(e.seqno()) : null;
        if (event == null && e.hasSeqno()) {
            event = note(protocol, e.seqno(), 0);
            event.needsAck = true;
            event.type = e.type();
        }
        if (event != null && event.ackSeq == 0) {
            event.ackSeq = e.seq();
        }
        for (DebugProtocol.Bind bind : protocol.binds) {
            if (bind.isHeld() && bind.isAwaiting(e.seqno())) {
                bind.ackSeq = e.seq();
                return;
            }
        }
    }

    void apply(UserFenceSignal e) {
        for (long id : table.ids()) {
            DebugProtocol protocol = table.get(id);
            for (int i = 0; protocol != null && i < protocol.binds.size(); i++) {
                DebugProtocol.Bind bind = protocol.binds.get(i);
                if (bind.signalSeq == 0 && bind.fenced && isFenceOf(bind, e)) {
                    bind.signalSeq = e.seq();
                    departIfOver(protocol, e.seq());
                    return;
                }
            }
        }
    }

    /** A detached connection is over once the user fences that it held are signalled. */
    private void departIfOver(DebugProtocol protocol, long seq) {
        if (protocol.detachSeq > 0 && protocol.heldBind() == null) {
            protocol.binds.clear();
            table.depart(protocol, seq);
        }
    }

    private static DebugProtocol.Delivered note(DebugProtocol protocol, long number, long seq) {
        DebugProtocol.Delivered event = new DebugProtocol.Delivered();
        event.number = number;
        event.seq = seq;
        if (number == Event.ABSENT) {
            return event;
        }
        if (protocol.events.size() == DebugProtocol.EVENTS) {
            protocol.events.remove(0);
        }
        protocol.events.add(event);
        while (protocol.event(protocol.seenUpTo + 1) != null) {
            protocol.seenUpTo++;
        }
        return event;
    }

    private static void handle(DebugProtocol protocol, DebugEvent e) {
        long number = numberOf(e);
        if (number == Event.ABSENT) {
            return;
        }
        DebugProtocol.Handle handle = null;
        for (DebugProtocol.Handle known : protocol.handles) {
            handle = known.type == e.type() && known.number == number ? known : handle;
        }
        boolean creates = has(e, DebugEventFlag.CREATE);
        if (handle == null || (creates && handle.destroySeq > 0 && handle.createSeq > 0)) {
            handle = new DebugProtocol.Handle();
            handle.type = e.type();
            handle.number = number;
            protocol.handles.add(handle);
        }
        if (handle.object == Event.ABSENT) {
            handle.object = objectOf(e);
        }
        if (handle.vm == Event.ABSENT) {
            handle.vm = e.vm();
        }
        if (creates && handle.createSeq == 0) {
            handle.createSeq = e.seq();
            handle.createNumber = e.seqno();
        }
        if (has(e, DebugEventFlag.DESTROY) && handle.destroySeq == 0) {
            handle.destroySeq = e.seq();
            handle.destroyNumber = e.seqno();
            forgetEnded(protocol);
        }
    }

    private static void forgetEnded(DebugProtocol protocol) {
        int ended = 0;
        for (DebugProtocol.Handle handle : protocol.handles) {
            ended += handle.destroySeq > 0 ? 1 : 0;
        }
        for (int i = 0; ended > DebugProtocol.ENDED; i++) {
            if (protocol.handles.get(i).destroySeq > 0) {
                protocol.handles.remove(i);
                return;
            }
        }
    }

    /** The number of the object of an event that creates or ends one. */
    public static long numberOf(DebugEvent e) {
        return e.type() == DebugEventType.EXEC_QUEUE && !e.hasHandle() ? e.queueHandle() : e.handle();
    }

    /** The object itself that an event creates or ends; {@link Event#ABSENT} if not told. */
    public static long objectOf(DebugEvent e) {
        if (e.hasObj()) {
            return e.obj();
        }
        return switch (e.type()) {
            case OPEN -> e.client();
            case VM -> e.vm();
            default -> Event.ABSENT;
        };
    }

    private static void bind(DebugProtocol protocol, DebugEvent e) {
        DebugProtocol.Bind bind = bindOf(protocol, e.seqno());
        bind.seq = e.seq();
        bind.vm = e.hasVm() ? e.vm() : bind.vm;
        bind.n = e.n();
        if (e.hasUserFence() || has(e, DebugEventFlag.NEED_ACK)) {
            bind.fenced = true;
            bind.fence = e.hasUserFence() ? e.userFence() : bind.fence;
        }
    }

    private static void operation(DebugProtocol protocol, DebugEvent e) {
        DebugProtocol.Bind bind = bindOf(protocol, e.ref());
        bind.ops++;
        if (e.hasAddress() && e.hasRange() && e.range() > 0) {
            bind.ranges.addLong(e.address());
            bind.ranges.addLong(e.range());
        }
        if (bind.vm == Event.ABSENT) {
            bind.vm = e.vm();
        }
    }

    private static void image(DebugProtocol protocol, DebugEvent e) {
        DebugProtocol.Delivered operation = e.hasRef() ? protocol.event(e.ref()) : null;
        if (operation != null) {
            operation.extensions++;
        }
    }

    private static void userFence(DebugProtocol protocol, DebugEvent e) {
        DebugProtocol.Bind bind = bindOf(protocol, e.ref());
        bind.fenced = true;
        bind.fenceSeq = e.seq();
        bind.fenceNumber = e.seqno();
        bind.fence = e.hasUserFence() ? e.userFence() : bind.fence;
        bind.vm = e.hasVm() ? e.vm() : bind.vm;
        bind.ranges.clear();
    }

    /** The bind of that number; a new one if it was not told. */
    private static DebugProtocol.Bind bindOf(DebugProtocol protocol, long number) {
        DebugProtocol.Bind bind = protocol.bind(number);
        if (bind != null) {
            return bind;
        }
        if (protocol.binds.size() >= DebugProtocol.ENDED) {
            forgetOver(protocol);
        }
        DebugProtocol.Bind made = new DebugProtocol.Bind();
        made.number = number;
        protocol.binds.add(made);
        return made;
    }

    private static void forgetOver(DebugProtocol protocol) {
        for (int i = 0; i < protocol.binds.size(); i++) {
            if (!protocol.binds.get(i).isHeld()) {
                protocol.binds.remove(i);
                return;
            }
        }
    }

    private static boolean has(DebugEvent e, DebugEventFlag flag) {
        Set<DebugEventFlag> flags = e.flags();
        return flags != null && flags.contains(flag);
    }

    private @Nullable DebugProtocol touch(long stated, long seq) {
        long id = connectionOf(stated);
        if (id == Event.ABSENT) {
            return null;
        }
        DebugProtocol protocol = table.find(id);
        if (protocol == null) {
            protocol = table.assume(id, ledger.knownFrom(seq));
        }
        return protocol;
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        table.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        table.read(in);
    }
}

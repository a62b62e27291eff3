package dev.fenceline.simulator.debug;

import dev.fenceline.event.DebugDetach;
import dev.fenceline.event.DebugEvent;
import dev.fenceline.event.DebugEventFlag;
import dev.fenceline.event.DebugEventType;
import dev.fenceline.event.LockClass;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.WaitList;
import dev.fenceline.simulator.kernel.Waits;
import dev.fenceline.simulator.vm.ExecQueue;
import dev.fenceline.simulator.vm.GpuVm;
import dev.fenceline.simulator.vm.Vma;
import dev.fenceline.simulator.vm.XeFile;
import java.util.ArrayDeque;
import java.util.EnumSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A debugger's connection to a process, or to one client of it where the ABI names clients: a queue of numbered events, and its end. */
public final class DebugConnection implements Waits {
    /** An event gets the number of the one before it (rule D04). */
    public static final Deviation REPEATS_NUMBER = new Deviation("event-number-is-given-twice", 3);

    /** A connection that was detached still hears of its clients (rule D19). */
    public static final Deviation STAYS_LINKED = new Deviation("detached-connection-goes-on-telling");

    /** How many events may wait to be read before those who make more have to wait; ours. */
    private static final int CAPACITY = 64;

    /** An event that waits to be read. */
    record Pending(
            DebugEvent.Builder event,
            long number,
            DebugEventType type,
            DebugEventFlag flag,
            long handle,
            @Nullable Vma mapping,
            boolean usable) {}

    private final Kernel kernel;
    private final EuDebug debug;
    private final long id;
    private final UserProcess debugger;
    private final UserProcess target;
    private final @Nullable XeFile client;
    private final ClientEvents clients;
    private final ArrayDeque<Pending> pending = new ArrayDeque<>();
    private final WaitList readers = new WaitList(this);
    private final WaitList writers = new WaitList(this);
    private final Lock euLock;
    private final WaitList faultsOver = new WaitList(this);
    private boolean discovered;
    private boolean faultPending;
    private long lastSeqno;
    private long reads;
    private boolean detached;

    /** {@code debugger} debugs all of {@code target}, or {@code client} alone. */
    DebugConnection(Kernel kernel, EuDebug debug, UserProcess debugger, UserProcess target, @Nullable XeFile client) {
        this.kernel = kernel;
        this.debug = debug;
        this.id = kernel.newId();
        this.debugger = debugger;
        this.target = target;
        this.client = client;
        this.clients = new ClientEvents(kernel, this);
        this.euLock = Lock.mutex(kernel, LockClass.EU_LOCK);
        debug.connections().add(this);
    }

    public long id() {
        return id;
    }

    EuDebug debug() {
        return debug;
    }

    UserProcess debugger() {
        return debugger;
    }

    UserProcess target() {
        return target;
    }

    /** Whether it is to one client, not to whatever a process opens. */
    boolean isToClient() {
        return client != null;
    }

    /** Whether {@code file} is what it debugs. */
    boolean isTo(XeFile file) {
        return client == null ? target == file.client().owner() : client == file;
    }

    /** What it tells of the clients. */
    ClientEvents clients() {
        return clients;
    }

    /** Whether it ended. */
    public boolean isDetached() {
        return detached;
    }

    /** What control calls, attention and page faults take, so that attention is told before a resume or not at all. */
    Lock euLock() {
        return euLock;
    }

    /** Whether it was shown what there was when it was made: until then it is told neither of attention nor of page faults. */
    boolean isDiscovered() {
        return discovered;
    }

    void setDiscovered() {
        discovered = true;
    }

    /** A page fault is being served for it; false if one is already. */
    boolean beginPageFault() {
        boolean first = !faultPending;
        faultPending = true;
        return first;
    }

    void endPageFault() {
        faultPending = false;
        faultsOver.wakeAll();
    }

    /** Whether no page fault is being served: until then control calls wait. */
    boolean areFaultsOver() {
        return !faultPending;
    }

    WaitList faultsOver() {
        return faultsOver;
    }

    /** The VM that {@code handle} names in this connection, or null. */
    @Nullable GpuVm vm(long handle) {
        return detached ? null : clients.vm(handle);
    }

    /** The queue that {@code handle} names in this connection, or null. */
    @Nullable ExecQueue queue(long handle) {
        return detached ? null : clients.queue(handle);
    }

    /** Where the debugger sleeps until there is an event to read. */
    WaitList readers() {
        return readers;
    }

    boolean hasPending() {
        return !pending.isEmpty();
    }

    Pending takePending() {
        reads++;
        writers.wakeAll();
        return pending.remove();
    }

    /** Where those sleep who made more events than may wait. */
    WaitList writers() {
        return writers;
    }

    /** Whether nobody has to wait for the debugger to read. */
    boolean hasRoom() {
        return detached || pending.size() <= CAPACITY;
    }

    /** How many events the debugger has read. */
    long reads() {
        return reads;
    }

    /** Takes the number of an event that is queued later, or of none at all: numbers say which came first and may be missing. */
    long takeNumber() {
        return ++lastSeqno;
    }

    /** Queues an event under the next number. */
    long queue(DebugEventType type, DebugEventFlag flag, Consumer<DebugEvent.Builder> body) {
        return queue(nextNumber(type), type, flag, 0, null, false, body);
    }

    /**
     * Queues an event under a number taken before, about what {@code handle} names or about {@code mapping}, which the debugger may
     * access from now on if it is {@code usable}.
     */
    long queue(
            long number,
            DebugEventType type,
            DebugEventFlag flag,
            long handle,
            @Nullable Vma mapping,
            boolean usable,
            Consumer<DebugEvent.Builder> body) {
        DebugEvent.Builder event = DebugEvent.builder()
                .connection(id)
                .seqno(number)
                .type(type)
                .flags(EnumSet.of(flag))
                .queuedTs(kernel.nowNs());
        body.accept(event);
        pending.add(new Pending(event, number, type, flag, handle, mapping, usable));
        readers.wakeAll();
        return number;
    }

    /** The number of an event of that kind: an operation of a bind is what nobody refers to. */
    long nextNumber(DebugEventType type) {
        boolean repeats = type == DebugEventType.VM_BIND_OP && kernel.deviates(REPEATS_NUMBER);
        return repeats ? lastSeqno : takeNumber();
    }

    /** {@code xe_eudebug_release}: the debugger closes it. */
    public void detach() {
        disconnect("closed");
    }

    /** {@code xe_eudebug_disconnect}, unless it ended before: the process may be debugged by somebody else from now on. */
    void disconnect(String reason) {
        if (detached) {
            return;
        }
        detached = true;
        kernel.emit(DebugDetach.builder().connection(id).reason(reason));
        if (kernel.deviates(STAYS_LINKED)) {
            return;
        }
        debug.connections().remove(this);
        clients.forget();
        pending.clear();
        readers.wakeAll();
        writers.wakeAll();
    }

    @Override
    public String label() {
        return "events of debug connection " + id;
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        // Events come when the target does something; nobody has to.
    }
}

package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The debugger connections, the handles announced to them, and the VM files opened through them. */
public final class Debuggers implements StatePart {
    private final StreamLedger ledger;
    private final SessionFacts session;
    private final ObjectTable<Connection> table = new ObjectTable<>(Connection::new);

    Debuggers(StreamLedger ledger, SessionFacts session) {
        this.ledger = ledger;
        this.session = session;
    }

    /** The connection; null if it was never mentioned. Detached ones stay: files opened through them do. */
    public @Nullable Connection connection(long id) {
        return id == Event.ABSENT ? null : table.find(id);
    }

    /** The connections that are not detached, in the order of their ids. */
    public List<Connection> attached() {
        List<Connection> attached = new ArrayList<>();
        for (long id : table.ids()) {
            Connection connection = table.get(id);
            if (connection != null && connection.detachSeq == 0) {
                attached.add(connection);
            }
        }
        return attached;
    }

    /** The connection an open or access goes through: as stated, or the only one of the fragment. */
    public @Nullable Connection connectionOf(DebugVmOpen e) {
        return connection(e.hasConnection() ? e.connection() : session.soleObject("connection"));
    }

    /** The connection an access goes through: as stated, or the one through which its file was opened. */
    public @Nullable Connection connectionOf(DebugVmAccess e) {
        if (e.hasConnection()) {
            return connection(e.connection());
        }
        return connectionWith(e.fd(), e.tgid());
    }

    /** The VM an access reaches: as stated, or that of its file or handle, or the only one of the fragment. */
    public long vmOf(DebugVmAccess e) {
        return e.hasVm() ? e.vm() : vmOf(e.connection(), e.fd(), e.tgid(), e.vmHandle());
    }

    /** The VM whose file is flushed, told as for an access. */
    public long vmOf(DebugVmFsync e) {
        return e.hasVm() ? e.vm() : vmOf(e.connection(), e.fd(), e.tgid(), e.vmHandle());
    }

    private long vmOf(long stated, long fd, long tgid, long vmHandle) {
        Connection connection = stated == Event.ABSENT ? connectionWith(fd, tgid) : connection(stated);
        if (connection == null) {
            return session.soleObject("vm");
        }
        boolean anyProcess = stated != Event.ABSENT;
        Connection.VmFile file = fd == Event.ABSENT ? null : connection.file(fd, tgid, anyProcess);
        if (file != null && file.vm() != Event.ABSENT) {
            return file.vm();
        }
        Connection.VmHandle handle = connection.handle(file == null ? vmHandle : file.handle());
        return handle != null && handle.vm() != Event.ABSENT ? handle.vm() : session.soleObject("vm");
    }

    private @Nullable Connection connectionWith(long fd, long tgid) {
        for (long id : table.ids()) {
            Connection connection = table.get(id);
            if (connection != null && fd != Event.ABSENT && connection.file(fd, tgid, false) != null) {
                return connection;
            }
        }
        return null;
    }

    /**
     * A connection that is not detached and debugs what the new one is to debug: the same client or, where the interface names
     * processes, the same process on the same device. Null if there is none.
     */
    public @Nullable Connection rivalOf(DebugConnect e) {
        for (long id : table.ids()) {
            Connection other = table.get(id);
            if (other != null && other.detachSeq == 0 && other.connectSeq > 0 && id != e.connection()) {
                boolean byClient = e.hasTargetClient() && other.targetClient != Event.ABSENT;
                boolean same = byClient
                        ? other.targetClient == e.targetClient()
                        : e.hasTarget() && other.target == e.target() && other.device == e.device();
                if (same) {
                    return other;
                }
            }
        }
        return null;
    }

    /** The file of an access; null if its opening was not seen. */
    public Connection.@Nullable VmFile fileOf(Connection connection, DebugVmAccess e) {
        return e.hasFd() ? connection.file(e.fd(), e.tgid(), e.hasConnection()) : null;
    }

    /** The connection other than this one to which the handle number was announced; null if there is none. */
    public @Nullable Connection otherWith(Connection connection, long handle) {
        for (long id : table.ids()) {
            Connection other = table.get(id);
            if (other != null && other != connection && other.handle(handle) != null) {
                return other;
            }
        }
        return null;
    }

    void apply(DebugConnect e) {
        if (!e.hasConnection() || (e.hasResult() && e.result() < 0)) {
            return;
        }
        Connection connection = table.create(e.connection(), e.seq());
        connection.connectSeq = e.seq();
        connection.tableShown = true;
        connection.target = e.target();
        connection.device = e.device();
        connection.debugger = e.hasByTgid() ? e.byTgid() : e.tgid();
        connection.targetClient = e.targetClient();
    }

    void apply(DebugDetach e) {
        Connection connection = touch(e.connection(), e.seq());
        if (connection != null && connection.detachSeq == 0) {
            connection.detachSeq = e.seq();
        }
    }

    void apply(DebugEvent e) {
        Connection connection = touch(e.connection(), e.seq());
        Set<DebugEventFlag> flags = e.flags();
        if (connection == null || e.type() != DebugEventType.VM || !e.hasHandle() || flags == null) {
            return;
        }
        connection.tableShown = true;
        Connection.VmHandle handle = connection.handle(e.handle());
        if (handle == null) {
            handle = new Connection.VmHandle(e.handle());
            connection.handles.add(handle);
        }
        if (handle.vm == Event.ABSENT) {
            handle.vm = e.hasVm() ? e.vm() : e.obj();
        }
        // Events are read in any order: their own numbers say which came first.
        if (flags.contains(DebugEventFlag.CREATE)) {
            handle.createSeq = e.seq();
            handle.createNumber = e.seqno();
            boolean createdAfter = handle.destroySeq > 0
                    && handle.createNumber != Event.ABSENT
                    && handle.destroyNumber != Event.ABSENT
                    && handle.createNumber > handle.destroyNumber;
            if (createdAfter) {
                // The number was given again: from here it stands for another VM.
                handle.destroySeq = 0;
                handle.vm = e.hasVm() ? e.vm() : e.obj();
            }
        }
        if (flags.contains(DebugEventFlag.DESTROY)) {
            boolean destroyedBefore = handle.createSeq > 0
                    && handle.createNumber != Event.ABSENT
                    && e.hasSeqno()
                    && e.seqno() < handle.createNumber;
            if (!destroyedBefore) {
                handle.destroySeq = e.seq();
                handle.destroyNumber = e.seqno();
            }
        }
    }

    void apply(DebugVmOpen e) {
        Connection connection = connectionOf(e);
        if (connection == null) {
            connection = touch(e.connection(), e.seq());
        }
        if (connection == null || (e.hasResult() && e.result() < 0)) {
            return;
        }
        long fd = e.hasFd() ? e.fd() : e.result();
        if (fd == Event.ABSENT) {
            return;
        }
        Connection.VmFile file = connection.file(fd, e.tgid(), false);
        if (file == null) {
            file = new Connection.VmFile(fd, e.tgid());
            connection.files.add(file);
        }
        file.handle = e.vmHandle();
        file.openSeq = e.seq();
        file.vm = e.vm();
        Connection.VmHandle handle = connection.handle(e.vmHandle());
        if (file.vm == Event.ABSENT && handle != null) {
            file.vm = handle.vm;
        }
    }

    private @Nullable Connection touch(long id, long seq) {
        if (id == Event.ABSENT) {
            return null;
        }
        Connection connection = table.find(id);
        if (connection == null) {
            if (ledger.mustHaveSeenCreate(Stream.DEBUG)) {
                ledger.corrupt(EventType.DEBUG_CONNECT, seq, "connection " + id + " is used without its debug_connect");
            }
            connection = table.assume(id, ledger.knownFrom(seq));
        }
        return connection;
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

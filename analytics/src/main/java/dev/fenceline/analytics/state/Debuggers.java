package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
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

    /** The connection an open or access goes through: as stated, or the only one of the fragment. */
    public @Nullable Connection connectionOf(DebugVmOpen e) {
        return connection(e.hasConnection() ? e.connection() : session.soleObject("connection"));
    }

    /** The connection an access goes through: as stated, or the one through which its file was opened. */
    public @Nullable Connection connectionOf(DebugVmAccess e) {
        if (e.hasConnection()) {
            return connection(e.connection());
        }
        for (long id : table.ids()) {
            Connection connection = table.get(id);
            if (connection != null && e.hasFd() && connection.file(e.fd(), e.tgid(), false) != null) {
                return connection;
            }
        }
        return null;
    }

    /** The VM an access reaches: as stated, or that of its file or handle, or the only one of the fragment. */
    public long vmOf(DebugVmAccess e) {
        if (e.hasVm()) {
            return e.vm();
        }
        Connection connection = connectionOf(e);
        Connection.VmFile file = connection == null ? null : fileOf(connection, e);
        if (file != null && file.vm() != Event.ABSENT) {
            return file.vm();
        }
        Connection.VmHandle handle =
                connection == null ? null : connection.handle(file == null ? e.vmHandle() : file.handle());
        return handle != null && handle.vm() != Event.ABSENT ? handle.vm() : session.soleObject("vm");
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
                ledger.corrupt(Stream.DEBUG, seq, "connection " + id + " is used without its debug_connect");
            }
            connection = table.create(id, ledger.knownFrom(seq));
            connection.assumed = true;
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

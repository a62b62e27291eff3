package dev.fenceline.simulator.debug;

import dev.fenceline.event.DebugCheck;
import dev.fenceline.event.DebugConnect;
import dev.fenceline.event.DebugDiscoveryEnd;
import dev.fenceline.event.DebugDiscoveryStart;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.vm.XeFile;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * xe_eudebug.c:xe_eudebug_connect: may this process debug that one? If so, what the target has is played back to it.
 *
 * <p>Where a debugger attaches to a client, the open file is the right: it got that by {@link PidfdGetfd}.
 */
public final class Connect extends Call {
    /** The connection is made without asking whether the debugger may look into the target (rule D01). */
    public static final Deviation UNCHECKED = new Deviation("debugger-attaches-unchecked");

    /** A process that is debugged already gets a second debugger (rule D02). */
    public static final Deviation SECOND = new Deviation("second-debugger-is-not-refused");

    private static final int ENOENT = -2;
    private static final int EACCES = -13;
    private static final int EBUSY = -16;

    private static final Path<Connect> PATH = Path.<Connect>named("xe_eudebug_connect")
            .spend(connect -> connect.kernel().costs().stepNs())
            .run(Connect::connect)
            .end();

    private final EuDebug debug;
    private final UserProcess debugger;
    private final @Nullable UserProcess target;
    private final long targetTgid;
    private final @Nullable XeFile client;
    private @Nullable DebugConnection connection;
    private int result;

    /** Connects {@code debugger} to a process (posted v1 to v3). */
    public Connect(EuDebug debug, UserProcess debugger, UserProcess target) {
        this(debug, debugger, target, target.tgid(), null);
    }

    /** Tries to connect {@code debugger} to a process that is not there. */
    public Connect(EuDebug debug, UserProcess debugger, long missingTgid) {
        this(debug, debugger, null, missingTgid, null);
    }

    /** Connects {@code debugger}, who got hold of the file, to a client (posted v4 to v8). */
    public Connect(EuDebug debug, UserProcess debugger, XeFile client) {
        this(debug, debugger, client.client().owner(), client.client().owner().tgid(), client);
    }

    private Connect(
            EuDebug debug,
            UserProcess debugger,
            @Nullable UserProcess target,
            long targetTgid,
            @Nullable XeFile client) {
        this.debug = debug;
        this.debugger = debugger;
        this.target = target;
        this.targetTgid = targetTgid;
        this.client = client;
    }

    /** The connection, or null if it was refused. */
    public @Nullable DebugConnection connection() {
        return connection;
    }

    /** 0 or a negative errno. */
    public int result() {
        return result;
    }

    private void connect() {
        boolean mayConnect = client != null || (target != null && debugger.mayRead(target));
        boolean debugged = target != null && debug.isDebugged(target, client);
        boolean unchecked = target != null && !mayConnect && !debugged && kernel().deviates(UNCHECKED);
        if (target == null) {
            result = ENOENT;
        } else if (!mayConnect && !unchecked) {
            result = EACCES;
        } else if (debugged && !kernel().deviates(SECOND)) {
            result = EBUSY;
        }
        if (target != null && result == 0) {
            connection = new DebugConnection(kernel(), debug, debugger, target, client);
        }
        record(unchecked ? DebugCheck.NONE : client == null ? DebugCheck.READ : DebugCheck.ATTACH);
        if (connection != null) {
            debug.device().unorderedWorkqueue().queue(new Discover(connection));
        }
    }

    private void record(DebugCheck check) {
        DebugConnect.Builder event = DebugConnect.builder()
                .device(debug.device().id())
                .byTgid(debugger.tgid())
                .check(check)
                .result(result);
        if (client == null) {
            event.target(targetTgid);
        } else {
            event.targetClient(client.client().id());
        }
        if (connection != null) {
            event.connection(connection.id());
        }
        kernel().emit(event);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }

    /**
     * xe_eudebug.c:discovery_work_fn: nobody makes or destroys anything meanwhile, so each object is shown once, by the playback or by
     * the ioctl that makes it.
     */
    private static final class Discover extends Call {
        private static final Path<Discover> DISCOVER = Path.<Discover>named("discovery_work_fn")
                .lock(Discover::discoveryLock, Lock.Mode.W)
                .when(
                        work -> !work.connection.isDetached(),
                        attached -> attached.run(Discover::begin)
                                .repeat(each -> each.leaveIf(
                                                work -> !work.files.hasNext() || work.connection.isDetached())
                                        .run(Discover::next)
                                        .call(work -> work.connection.clients().awaitReader())
                                        .spend(work -> work.kernel().costs().stepNs()))
                                .when(work -> !work.connection.isDetached(), done -> done.run(Discover::end)))
                .unlock(Discover::discoveryLock)
                .end();

        private final DebugConnection connection;
        private Iterator<XeFile> files = List.<XeFile>of().iterator();

        Discover(DebugConnection connection) {
            this.connection = connection;
        }

        private Lock discoveryLock() {
            return Objects.requireNonNull(connection.debug().device().discoveryLock());
        }

        private void begin() {
            kernel().emit(DebugDiscoveryStart.builder().connection(connection.id()));
            files = connection.debug().filesOf(connection).iterator();
        }

        /** A file that was opened since the connection was made has been shown then. */
        private void next() {
            XeFile file = files.next();
            if (!connection.clients().observes(file)) {
                connection.clients().discover(file);
            }
        }

        private void end() {
            connection.setDiscovered();
            kernel().emit(DebugDiscoveryEnd.builder().connection(connection.id()));
        }

        @Override
        protected Path<?> path() {
            return DISCOVER;
        }
    }
}

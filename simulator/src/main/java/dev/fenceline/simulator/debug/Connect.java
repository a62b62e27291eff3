package dev.fenceline.simulator.debug;

import dev.fenceline.event.DebugCheck;
import dev.fenceline.event.DebugConnect;
import dev.fenceline.event.DebugDiscoveryEnd;
import dev.fenceline.event.DebugDiscoveryStart;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.vm.XeFile;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** xe_eudebug.c:xe_eudebug_connect: may this process debug that one? If so, what the target has is played back to it. */
public final class Connect extends Call {
    /** The connection is made without asking whether the debugger may look into the target (rule D01). */
    public static final Deviation UNCHECKED = new Deviation("debugger-attaches-unchecked");

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
    private @Nullable DebugConnection connection;
    private int result;

    /** Connects {@code debugger} to a process. */
    public Connect(EuDebug debug, UserProcess debugger, UserProcess target) {
        this.debug = debug;
        this.debugger = debugger;
        this.target = target;
        this.targetTgid = target.tgid();
    }

    /** Tries to connect {@code debugger} to a process that is not there. */
    public Connect(EuDebug debug, UserProcess debugger, long missingTgid) {
        this.debug = debug;
        this.debugger = debugger;
        this.target = null;
        this.targetTgid = missingTgid;
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
        DebugCheck check = DebugCheck.READ;
        if (target == null) {
            result = ENOENT;
        } else if (!debugger.mayRead(target)) {
            boolean unchecked = debug.connectionTo(target) == null && kernel().deviates(UNCHECKED);
            check = unchecked ? DebugCheck.NONE : check;
            result = unchecked ? 0 : EACCES;
        } else if (debug.connectionTo(target) != null) {
            result = EBUSY;
        }
        DebugConnect.Builder event = DebugConnect.builder()
                .device(debug.device().id())
                .target(targetTgid)
                .byTgid(debugger.tgid())
                .check(check)
                .result(result);
        if (target != null && result == 0) {
            connection = new DebugConnection(kernel(), debug, target);
            event.connection(connection.id());
        }
        kernel().emit(event);
        if (connection != null) {
            debug.device().unorderedWorkqueue().queue(new Discover(connection));
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }

    /** xe_eudebug.c:discovery_work_fn. */
    private static final class Discover extends Call {
        private static final Path<Discover> DISCOVER = Path.<Discover>named("discovery_work_fn")
                .returnIf(work -> work.connection.isDetached())
                .run(Discover::begin)
                .repeat(each -> each.leaveIf(work -> !work.files.hasNext() || work.connection.isDetached())
                        .run(work -> work.connection.discover(work.files.next()))
                        .spend(work -> work.kernel().costs().stepNs()))
                .returnIf(work -> work.connection.isDetached())
                .run(Discover::end)
                .end();

        private final DebugConnection connection;
        private Iterator<XeFile> files = List.<XeFile>of().iterator();

        Discover(DebugConnection connection) {
            this.connection = connection;
        }

        private void begin() {
            kernel().emit(DebugDiscoveryStart.builder().connection(connection.id()));
            files = connection.debug().filesOf(connection.target()).iterator();
        }

        private void end() {
            connection.discovered();
            kernel().emit(DebugDiscoveryEnd.builder().connection(connection.id()));
        }

        @Override
        protected Path<?> path() {
            return DISCOVER;
        }
    }
}

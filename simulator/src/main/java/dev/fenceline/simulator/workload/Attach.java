package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.debug.Connect;
import dev.fenceline.simulator.debug.DebugConnection;
import dev.fenceline.simulator.debug.PidfdGetfd;
import dev.fenceline.simulator.drm.Ioctl;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/** What a debugger does to attach: names the process, or takes the process's file and names that. */
final class Attach extends Call {
    private static final Path<Attach> PATH = Path.<Attach>named("attach")
            .when(
                    attach -> attach.world.debug().attachesToClients(),
                    byFile -> byFile.call(attach ->
                            attach.file.set(new PidfdGetfd(attach.world.debug(), attach.debugger, attach.target))))
            .call(Attach::connect)
            .end();

    private final World world;
    private final UserProcess debugger;
    private final UserProcess target;
    private final Local<PidfdGetfd> file = new Local<>();
    private @Nullable Connect connect;

    /** Attaches {@code debugger} to {@code target}. */
    Attach(World world, UserProcess debugger, UserProcess target) {
        this.world = world;
        this.debugger = debugger;
        this.target = target;
    }

    /** The connection, or null if it was refused. */
    @Nullable DebugConnection connection() {
        return connect == null ? null : connect.connection();
    }

    private @Nullable Call connect() {
        Connect call;
        if (!world.debug().attachesToClients()) {
            call = new Connect(world.debug(), debugger, target);
        } else if (file.get().file() != null) {
            call = new Connect(world.debug(), debugger, file.get().file());
        } else {
            return null;
        }
        connect = call;
        return ioctl(call);
    }

    /** The ioctl that {@code call} is the body of. */
    static Call ioctl(Connect call) {
        return new Ioctl("DRM_IOCTL_XE_EUDEBUG_CONNECT", null, call, call::result);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

package dev.fenceline.simulator.debug;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.vm.XeFile;
import org.jspecify.annotations.Nullable;

/**
 * kernel/pid.c:__pidfd_fget: a file of another process, for who may attach to it as a ptracer. Credentials decide; Yama, which would ask
 * for a child, is off on this host.
 */
public final class PidfdGetfd extends Call {
    private static final Path<PidfdGetfd> PATH = Path.<PidfdGetfd>named("pidfd_getfd")
            .spend(get -> get.kernel().costs().ioctlNs())
            .run(PidfdGetfd::get)
            .end();

    private final EuDebug debug;
    private final UserProcess debugger;
    private final UserProcess target;
    private @Nullable XeFile file;

    /** {@code debugger} asks for the first GPU file of {@code target}. */
    public PidfdGetfd(EuDebug debug, UserProcess debugger, UserProcess target) {
        this.debug = debug;
        this.debugger = debugger;
        this.target = target;
    }

    /** The file, or null if it was refused or there is none. */
    public @Nullable XeFile file() {
        return file;
    }

    private void get() {
        file = debugger.mayRead(target) ? debug.fileOf(target) : null;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

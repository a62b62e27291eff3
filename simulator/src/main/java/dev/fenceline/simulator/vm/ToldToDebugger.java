package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/**
 * xe_eudebug.h:xe_eudebug_discovery_lock around an ioctl that makes or destroys what a debugger is told of: it waits while a debugger is
 * shown what there is.
 */
public final class ToldToDebugger extends Call {
    private static final Path<ToldToDebugger> PATH = Path.<ToldToDebugger>named("xe_drm_ioctl")
            .lock(ioctl -> ioctl.lock, Lock.Mode.R)
            .call(ioctl -> ioctl.body)
            .unlock(ioctl -> ioctl.lock)
            .end();

    private final Lock lock;
    private final Call body;

    private ToldToDebugger(Lock lock, Call body) {
        this.lock = lock;
        this.body = body;
    }

    /** {@code body} under {@code lock}, or by itself if the driver has no debugger support and hence no lock. */
    public static Call under(@Nullable Lock lock, Call body) {
        return lock == null ? body : new ToldToDebugger(lock, body);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.drm.Ioctl;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/**
 * xe_eudebug.h:xe_eudebug_discovery_lock around an ioctl that makes or destroys what a debugger is told of: it waits while a debugger is
 * shown what there is, and while one that is told does not read.
 *
 * <p>The kernel waits for the reader event by event, inside the ioctl; here the ioctl waits once, for all that it told.
 */
public final class ToldToDebugger extends Call implements Ioctl.HeldUp {
    private static final Path<ToldToDebugger> PATH = Path.<ToldToDebugger>named("xe_drm_ioctl")
            .lock(ioctl -> ioctl.lock, Lock.Mode.R)
            .call(ioctl -> ioctl.body)
            .call(ToldToDebugger::awaitReader)
            .unlock(ioctl -> ioctl.lock)
            .end();

    private final XeFile file;
    private final Lock lock;
    private final Call body;
    private long heldUpBy;

    private ToldToDebugger(XeFile file, Lock lock, Call body) {
        this.file = file;
        this.lock = lock;
        this.body = body;
    }

    /** {@code body}, an ioctl on {@code file}: by itself if the driver has no debugger support. */
    public static Call on(XeFile file, Call body) {
        Lock lock = file.client().device().discoveryLock();
        return lock == null ? body : new ToldToDebugger(file, lock, body);
    }

    private @Nullable Call awaitReader() {
        XeFile.Observer debugger = file.observer();
        Call wait = debugger == null ? null : debugger.awaitReader();
        if (debugger != null && wait != null) {
            heldUpBy = debugger.connection();
        }
        return wait;
    }

    @Override
    public long heldUpBy() {
        return heldUpBy;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

package dev.fenceline.simulator.kfd;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;

/** kfd_chardev.c:kfd_ioctl_create_queue. */
public final class CreateQueue extends Call {
    private static final Path<CreateQueue> PATH = Path.<CreateQueue>named("kfd_ioctl_create_queue")
            .lock(create -> create.process.notifierLock(), Lock.Mode.X)
            .run(create -> new KfdQueue(create.process))
            .unlock(create -> create.process.notifierLock())
            .end();

    private final KfdProcess process;

    /** A compute queue of {@code process}, which runs at once unless memory of the process is evicted. */
    public CreateQueue(KfdProcess process) {
        this.process = process;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

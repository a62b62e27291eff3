package dev.fenceline.simulator.userq;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.vm.CloseVm;

/** amdgpu_kms.c:amdgpu_driver_postclose_kms: no queue comes back to the hardware, all are destroyed, then their VM goes. */
public final class CloseUserQueues extends Call {
    private static final Path<CloseUserQueues> PATH = Path.<CloseUserQueues>named("amdgpu_driver_postclose_kms")
            .run(close -> close.queues.shutDown())
            .repeat(each -> each.leaveIf(close -> close.queues.all().isEmpty())
                    .call(close -> new FreeUserQueue(close.queues.all().get(0))))
            .call(close -> new CloseVm(close.queues.vm()))
            .run(close -> close.queues.evictions().fini())
            .end();

    private final UserQueues queues;

    /** Closes all of {@code queues}. */
    public CloseUserQueues(UserQueues queues) {
        this.queues = queues;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

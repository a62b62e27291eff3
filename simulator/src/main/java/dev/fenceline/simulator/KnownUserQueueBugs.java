package dev.fenceline.simulator;

import dev.fenceline.simulator.userq.FenceDriver;
import dev.fenceline.simulator.userq.FreeUserQueue;
import dev.fenceline.simulator.userq.ResumeWork;
import java.util.List;

/** What amdgpu itself does with user-mode queues against the rules: as we read amdgpu_userq.c and amdgpu_userq_fence.c, on no hardware. */
final class KnownUserQueueBugs {
    static final List<Fault> ALL = List.of(
            Fault.of(
                    FreeUserQueue.CANCELS_FIRST,
                    "A-Q04",
                    "amdgpu_userq_destroy cancels the hang timer and then waits for the last fence, without a bound.",
                    UserQueueScenarios.USER_QUEUES),
            Fault.of(
                    ResumeWork.TAKES_ONE_ADDRESS,
                    "A-Q08",
                    "amdgpu_userq_buffer_vas_mapped is content when one of the addresses is mapped, and the queue runs without a ring.",
                    UserQueueScenarios.USER_QUEUES),
            Fault.of(
                    FenceDriver.MARKS_LAST,
                    "A-Q09",
                    "amdgpu_userq_fence_driver_force_completion sets the error on the last fence only.",
                    UserQueueScenarios.USER_QUEUE_HANG));

    private KnownUserQueueBugs() {}
}

package dev.fenceline.simulator;

import dev.fenceline.simulator.userq.CreateUserQueue;
import dev.fenceline.simulator.userq.EvictionFences;
import dev.fenceline.simulator.userq.FenceDriver;
import dev.fenceline.simulator.userq.FreeUserQueue;
import dev.fenceline.simulator.userq.ResumeWork;
import dev.fenceline.simulator.userq.Signal;
import dev.fenceline.simulator.userq.SuspendWork;
import dev.fenceline.simulator.userq.UserQueue;
import dev.fenceline.simulator.vm.Unbind;
import java.util.List;

/** The ways in which user-mode queues break A-Q01 to A-Q09. */
final class UserQueueFaults {
    static final List<Fault> ALL = List.of(
            Fault.of(
                            EvictionFences.MISSES_VM,
                            "A-Q01",
                            "The buffers of a VM do not get the new eviction fence, and move under the queue.",
                            UserQueueScenarios.USER_QUEUES)
                    .alsoBreaks("A-Q08"),
            Fault.of(
                            SuspendWork.SIGNALS_EARLY,
                            "A-Q02",
                            "The eviction fence signals before the queues are off the hardware.",
                            UserQueueScenarios.USER_QUEUES)
                    .alsoBreaks("A-Q01", "A-Q08"),
            Fault.of(
                    SuspendWork.SIGNALS_UNLOCKED,
                    "A-Q02",
                    "The userq_mutex is given back before the eviction fence signals.",
                    UserQueueScenarios.USER_QUEUES),
            Fault.of(
                    ResumeWork.MAPS_UNGUARDED,
                    "A-Q03",
                    "The restore worker maps the queues before it arms the new eviction fence.",
                    UserQueueScenarios.USER_QUEUES),
            Fault.of(
                    UserQueue.STARTS_NO_TIMER,
                    "A-Q04",
                    "A fence is made and no hang timer started.",
                    UserQueueScenarios.USER_QUEUES),
            Fault.of(
                    UserQueue.RESTARTS_NO_TIMER,
                    "A-Q04",
                    "The hang timer stops with the first of two fences.",
                    UserQueueScenarios.USER_QUEUES),
            Fault.of(
                    Signal.ALLOCATES_LATE,
                    "A-Q05",
                    "The signal ioctl allocates under the userq_mutex.",
                    UserQueueScenarios.USER_QUEUES),
            Fault.of(
                    Signal.LOCKS_LATE,
                    "A-Q05",
                    "The signal ioctl locks a buffer under the userq_mutex.",
                    UserQueueScenarios.USER_QUEUES),
            Fault.of(
                    CreateUserQueue.SKIPS_PERMISSION,
                    "A-Q06",
                    "A program gets a high priority that it may not have.",
                    UserQueueScenarios.USER_QUEUES),
            Fault.of(
                    CreateUserQueue.SKIPS_DOMAIN,
                    "A-Q06",
                    "A buffer that is no page of doorbells is pinned for one.",
                    UserQueueScenarios.USER_QUEUES),
            Fault.of(
                    CreateUserQueue.SKIPS_RANGE,
                    "A-Q06",
                    "A program gets a doorbell behind the page it owns.",
                    UserQueueScenarios.USER_QUEUES),
            Fault.of(
                    FreeUserQueue.UNPINS_EARLY,
                    "A-Q06",
                    "The doorbell is unpinned while its queue is on the hardware.",
                    UserQueueScenarios.USER_QUEUES),
            Fault.of(
                    FenceDriver.WRITTEN_BY_USER,
                    "A-Q07",
                    "A program writes the value that its fences are read from.",
                    UserQueueScenarios.USER_QUEUES,
                    UserQueueScenarios.KERNEL_SUBMITS),
            Fault.of(
                    FenceDriver.GOES_BACK,
                    "A-Q07",
                    "The value that fences are read from gets smaller.",
                    UserQueueScenarios.USER_QUEUES),
            Fault.of(
                    Unbind.SKIPS_EVICTION,
                    "A-Q08",
                    "A ring is unmapped without a wait for the queue to leave the hardware.",
                    UserQueueScenarios.USER_QUEUES),
            Fault.of(
                    FenceDriver.FORCES_SILENTLY,
                    "A-Q09",
                    "Fences of a queue that hung signal as if their work were done.",
                    UserQueueScenarios.USER_QUEUE_HANG));

    private UserQueueFaults() {}
}

package dev.fenceline.simulator;

import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.workload.Conditions;
import dev.fenceline.simulator.workload.Programs;
import dev.fenceline.simulator.workload.Stories;
import java.util.List;

/** Programs that feed queues of the hardware themselves. */
final class UserQueueScenarios {
    /** Queues that leave the hardware whenever memory under them moves. */
    static final Scenario USER_QUEUES = ScenarioDraft.named("user-queues", """
            A window and a compositor on amdgpu write their work to rings of their own and ring doorbells; the kernel sees of it what they
            ask fences for. The compositor waits, in its ring, for the value that the window's queue will write. A visitor on queues of
            the kernel wants VRAM each frame: the copy of a buffer waits for the eviction fence of each program that has it
            mapped, whose queues then leave the hardware, all of them; the memory comes back, a new fence is put on it, and the queues are
            mapped again. A careless program asks for priorities that it may not have and unmaps the ring under its queue, which never runs
            again.
            """)
            .with(
                    new Actor("desktop", "a window and a compositor on user-mode queues", Programs::ringDesktop),
                    new Actor("resizer", "replaces its queue all the time", Programs::ringResizer),
                    new Actor(
                            "visitor", "comes and goes with a large buffer, on queues of the kernel", Stories::visitor))
            .adversity("VRAM is short", Conditions.SHORT_OF_VRAM.with(Conditions.Option.USER_QUEUES))
            .on(Variant.AMDGPU_7_3)
            .takesMs(300)
            .clean();

    /** A queue that hangs under its eviction fence. */
    static final Scenario USER_QUEUE_HANG = ScenarioDraft.named("user-queue-hang", """
            A program's work hangs in its user-mode queue, with more work and its fence behind it, while a visitor needs memory that it has
            mapped: the visitor waits for the eviction fence, the worker that is to signal that for the last fence of the queue, and that
            for the hang timer. After two seconds the firmware takes the queue off the hardware, the kernel completes its fences with an
            error, and everybody goes on. The program makes another queue. A second program's queue is none the worse for it.
            """)
            .with(
                    new Actor("hanging-worker", "hangs", Programs::hangingWorker),
                    new Actor("worker", "does not", Programs::ringWorker),
                    new Actor("visitor", "comes and goes with a large buffer", Stories::visitor))
            .adversity("work hangs, and VRAM is short", Conditions.SHORT_OF_VRAM.with(Conditions.Option.USER_QUEUES))
            .on(Variant.AMDGPU_7_3)
            .takesMs(9_000)
            .finiteMs(5_000)
            .clean();

    static final List<Scenario> ALL = List.of(USER_QUEUES, USER_QUEUE_HANG);

    private UserQueueScenarios() {}
}

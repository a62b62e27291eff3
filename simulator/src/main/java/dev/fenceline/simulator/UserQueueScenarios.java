package dev.fenceline.simulator;

import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.workload.Conditions;
import dev.fenceline.simulator.workload.Programs;
import dev.fenceline.simulator.workload.Stories;
import java.util.List;

/** Programs that feed queues of the hardware themselves. */
final class UserQueueScenarios {
    /** Not enough for a window, a compositor and a visitor. */
    private static final long VRAM_BYTES = 60L << 20;

    /** Not enough for a decoder, an encoder and a visitor. */
    private static final long SMALL_VRAM_BYTES = 24L << 20;

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

    /** A fence before there is work: the first proposal of thread 003. */
    static final Scenario NEXT_SERIAL_FENCE =
            design("next-serial-fence", Conditions.Option.NEXT_SERIAL, """
            The window and the compositor of user-queues on a kernel that gives a program the fence of its next serial before the work is
            written, and trusts it to write it. Once the program loses the CPU in between, for 400 ms. Everybody who finds the fence waits
            for that, and so does the eviction fence of its queues, and whoever wants its memory. Or the program stands in that very
            ioctl, for a reservation whose holder waits for the eviction fence: then nobody ever goes on.
            """).breaking("A-F07", "A-F16");

    /** The same with a limit, which is what the thread comes to next. */
    static final Scenario NEXT_SERIAL_TIMES_OUT = design(
                    "next-serial-times-out", Conditions.Option.NEXT_SERIAL_TIMES_OUT, """
            The same, and the kernel signals a fence with an error that the program has not completed in 60 ms. Memory management goes on in
            time. But who waits for the fence takes a frame that is not drawn, and a fence of the kernel still stands for what a program
            decides.
            """)
            .breaking("A-F16");

    /** The kernel submits, to a ring that the program could write to. */
    static final Scenario KERNEL_SUBMITS = design("kernel-submits-to-user-ring", Conditions.Option.KERNEL_SUBMITS, """
            The same programs on a kernel that writes their work to their rings itself, in the ioctl that makes the fence, when all that it
            needs is allocated. The rings stay mapped for the programs, which leave them alone. That keeps every promise of a fence; what a
            program could break by writing there is its own fences, and the hang timer bounds those.
            """)
            .clean();

    /** A device with user-mode queues and one with kernel queues, on the same buffers. */
    static final Scenario MIXED_QUEUES = ScenarioDraft.named("mixed-queues", """
            amdgpu with user-mode queues decodes frames that xe encodes, and encodes frames that xe decodes; they share the buffers as
            dma-bufs. The program on xe takes the fence of the user-mode queue out of the buffer as a sync file and gives it to a job, and
            leaves the job's fence there; the program on amdgpu waits for that in an ioctl, because no packet in its ring can. The eviction
            fence of its queues lies in reservations of buffers that are xe's. A visitor takes VRAM of amdgpu, so the queues leave the
            hardware while xe's jobs wait for them.
            """)
            .with(
                    new Actor("ring-decoder", "decodes on amdgpu for an encoder on xe", Programs::ringDecoder),
                    new Actor("ring-encoder", "encodes on amdgpu what xe decodes", Programs::ringEncoder),
                    new Actor("visitor", "comes and goes with a large buffer", Stories::visitor))
            .adversity(
                    "neither GPU knows when the other is done, and VRAM is short",
                    Conditions.SHORT_OF_VRAM.withVram(SMALL_VRAM_BYTES).with(Conditions.Option.USER_QUEUES))
            .on(Variant.AMDGPU_7_3)
            .beside("xe")
            .takesMs(200)
            .clean();

    static final List<Scenario> ALL = List.of(
            USER_QUEUES, USER_QUEUE_HANG, NEXT_SERIAL_FENCE, NEXT_SERIAL_TIMES_OUT, KERNEL_SUBMITS, MIXED_QUEUES);

    private static ScenarioDraft design(String name, Conditions.Option option, String story) {
        return ScenarioDraft.named(name, story)
                .with(
                        new Actor("desktop", "a window and a compositor on user-mode queues", Programs::ringDesktop),
                        new Actor("visitor", "comes and goes with a large buffer", Stories::lateVisitor))
                .adversity(
                        "VRAM is short, and the window loses the CPU at the wrong moment",
                        Conditions.SHORT_OF_VRAM
                                .withVram(VRAM_BYTES)
                                .with(Conditions.Option.USER_QUEUES)
                                .with(option))
                .on(Variant.AMDGPU_7_3)
                .takesMs(700);
    }

    private UserQueueScenarios() {}
}

package dev.fenceline.simulator;

import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.workload.Conditions;
import dev.fenceline.simulator.workload.Programs;
import java.util.List;

/** User memory that goes in every way there is, while the GPU works on it. */
final class UserptrScenarios {
    /** A process dies with work on the GPU. */
    static final Scenario KILLED_COMPUTE = ScenarioDraft.named("killed-compute", """
            A compute program uses more and more memory, unmaps batches from the GPU while they are in use, and maps over others. A daemon
            kills it, and has the kernel take its memory at once: of what a notifier watches nothing can be taken without sleeping, so
            that is left to the exit. The exit releases the address space with the queue still on the hardware. Whoever wants its pages
            from then on gets none, and takes the mappings from the GPU instead. Then the file is closed, and somebody starts the program
            again.
            """)
            .with(
                    new Actor("leaky-trainer", "a long-running VM whose process is killed", Programs::leakyTrainer),
                    new Actor("oomd", "kills it, and takes its memory with process_mrelease", Programs::oomDaemon))
            .adversity("the process is killed whatever it is doing", Conditions.AMPLE)
            .on(Variant.XE_7_3, Variant.XE_6_12)
            .clean();

    /** Pages that move although nobody unmaps anything. */
    static final Scenario COLLAPSED_USERPTR = ScenarioDraft.named("collapsed-userptr", """
            Jobs of a program read from an array in its memory. khugepaged makes large pages of it, one after the other: each time the
            array's notifier waits for the job that runs, and the next submission fetches the pages again, only to find that the next
            collapse came between. So it does five times, and no page was unmapped.
            """)
            .with(
                    new Actor("uploader", "jobs on a userptr of 320 KiB", Programs::uploader),
                    new Actor("khugepaged", "collapses it into pages of 64 KiB", Programs::khugepaged))
            .adversity("the pages move while they are fetched", Conditions.AMPLE)
            .on(Variant.XE_7_3)
            .clean();

    static final List<Scenario> ALL = List.of(KILLED_COMPUTE, COLLAPSED_USERPTR);

    private UserptrScenarios() {}
}

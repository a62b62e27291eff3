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

    /** Rights and pages that go by the program's own doing. */
    static final Scenario FORKING_COMPUTE = ScenarioDraft.named("forking-compute", """
            A long-running compute program works on arrays in its memory. It forks workers: from then on nobody may write the pages, so the
            driver fetches them anew, and the fetch itself makes the copy that invalidates it. It write-protects a table that the GPU
            reads, and is refused a mapping through which the GPU would write it. It unmaps an array while the GPU works on it: the queue
            leaves the hardware, the rebind worker finds no memory and takes the mapping away, and the queue goes on without it; a bind of
            what is not there fails and leaves the address space as it was. A second program write-protects what its kernel writes: its
            address space cannot be made valid any more and is killed. Somebody else gets each page that comes free.
            """)
            .with(
                    new Actor(
                            "data-loader",
                            "a long-running VM on memory that it forks, protects and unmaps",
                            Programs::dataLoader),
                    new Actor("careless", "write-protects what its kernel writes", Programs::careless),
                    new Actor("memory-user", "gets the pages that are freed", Programs::memoryUser))
            .adversity("memory goes, or may not be written, while the GPU works on it", Conditions.AMPLE)
            .on(Variant.XE_7_3, Variant.XE_6_12)
            .clean();

    /** The memory goes with the last queue, and the next queue comes. */
    static final Scenario RELAUNCHED_COMPUTE = ScenarioDraft.named("relaunched-compute", """
            A compute program makes a queue for each kernel, and none is there between two. While one goes, a thread of the program maps new
            memory over what the kernel worked on. The rebind worker fetches the new pages, finds no queue to put back, and writes no
            entries: whoever makes the next queue has to see that. Somebody else gets the pages that were there before.
            """)
            .with(
                    new Actor("relauncher", "a queue for each kernel, in one long-running VM", Programs::relauncher),
                    new Actor("memory-user", "gets the pages that are freed", Programs::memoryUser))
            .adversity("memory goes while no queue is there to be put back", Conditions.AMPLE)
            .on(Variant.XE_7_3, Variant.XE_6_12)
            .clean();

    /** Memory of the system's allocator, by shared addresses. */
    static final Scenario SYSTEM_ALLOCATOR = ScenarioDraft.named("system-allocator", """
            A program maps its own addresses for the GPU as they are, and hands its kernels pointers to what malloc gave it. Each first
            access is a page fault, at which the driver makes a range as large as the allocation allows, fetches its pages and binds it.
            Reclaim and migration invalidate ranges, which the next access binds again. What the program frees, all of it or half, or maps
            something over, takes the whole range with it: a worker, or the next page fault before it does anything else, destroys what
            is left, and what is touched again becomes a new range, smaller perhaps. After a fork the GPU's own page faults copy what it
            writes. The mirror cannot be unmapped while there are ranges. The program exits with all of it in place, and starts again.
            """)
            .with(
                    new Actor("allocator", "a fault-mode VM that mirrors its address space", Programs::allocator),
                    new Actor("neighbour", "drives reclaim and migration", Programs::allocatorsNeighbour),
                    new Actor("memory-user", "gets the pages that are freed", Programs::memoryUser))
            .adversity("memory goes in parts, while the GPU works on the rest", Conditions.AMPLE)
            .on(Variant.XE_7_3)
            .takesMs(400)
            .clean();

    static final List<Scenario> ALL =
            List.of(KILLED_COMPUTE, COLLAPSED_USERPTR, FORKING_COMPUTE, RELAUNCHED_COMPUTE, SYSTEM_ALLOCATOR);

    private UserptrScenarios() {}
}

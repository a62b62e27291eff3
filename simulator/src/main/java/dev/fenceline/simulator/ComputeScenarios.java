package dev.fenceline.simulator;

import dev.fenceline.event.NotifierModel;
import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.workload.Conditions;
import dev.fenceline.simulator.workload.Programs;
import dev.fenceline.simulator.workload.Stories;
import java.util.List;

/** Programs that compute on memory of their own. */
final class ComputeScenarios {
    /** Long-running compute on user memory that others want. */
    static final Scenario COMPUTE_UNDER_PRESSURE = ScenarioDraft.named("compute-under-pressure", """
            A trainer runs one compute kernel that never ends, on weights in VRAM and on batches in its own memory, which it maps anew
            for each batch. A neighbour needs memory, so the kernel reclaims and migrates pages of the trainer. Each time an interval
            notifier takes the queue off the hardware, and the rebind worker fetches the pages again and puts it back. A game competes
            for VRAM, so the weights move too.
            """)
            .with(
                    new Actor("trainer", "a long-running VM with userptr batches", Programs::trainer),
                    new Actor("neighbour", "drives reclaim and migration", Programs::neighbour),
                    new Actor("game", "competes for VRAM", Programs::game))
            .adversity("CPU pages and VRAM are both short", Conditions.SHORT_OF_VRAM)
            .on(Variant.XE_7_3, Variant.XE_6_12)
            .clean();

    /** The kernel looks for memory in everything that has some. */
    static final Scenario OUT_OF_MEMORY = ScenarioDraft.named("out-of-memory", """
            A program touches more and more memory on a host that has little. Its page faults reclaim: pages of a trainer go to swap, whose
            interval notifiers wait until the trainer's queue is off the hardware; buffers of a game go to swap. When nothing is left to
            take, the kernel kills the program, and somebody starts it again. So allocations of everybody, while they hold what they hold,
            wait for fences of others.
            """)
            .with(
                    new Actor("administrator", "sets most memory aside as huge pages", Programs::hugePages),
                    new Actor("trainer", "a long-running VM with userptr batches", Programs::trainer),
                    new Actor("game", "more textures than fit", Programs::game),
                    new Actor("memory-hog", "takes all memory and is killed for it", Programs::memoryHog))
            .adversity(
                    "CPU pages and VRAM are both short, and every allocation may have to reclaim",
                    Conditions.SHORT_OF_VRAM)
            .on(Variant.XE_7_3, Variant.XE_6_12)
            .clean();

    /** Compute whose accesses may fault, on user memory that others want. */
    static final Scenario FAULT_MODE_COMPUTE = ScenarioDraft.named("fault-mode-compute", """
            The trainer of compute-under-pressure in an address space whose accesses may fault. Nothing is bound before it is touched. An
            interval notifier and the eviction of a buffer zap the entries, have the TLBs of both GTs forget them and wait for that; no
            fence waits for the queue, which runs into a page fault when it needs the memory again, and stands still until the driver has
            fetched or moved it and answers.
            """)
            .with(
                    new Actor("trainer", "a fault-mode VM with userptr batches", Programs::faultingTrainer),
                    new Actor("neighbour", "drives reclaim and migration", Programs::neighbour),
                    new Actor("game", "competes for VRAM", Programs::game))
            .adversity("CPU pages and VRAM are both short", Conditions.SHORT_OF_VRAM)
            .on(Variant.XE_7_3, Variant.XE_6_12)
            .clean();

    /** Queues without fences, stopped and started by notifiers. */
    static final Scenario KFD_COMPUTE = ScenarioDraft.named("kfd-compute", """
            A solver computes on the KFD, on matrices in its own memory, parts of which it maps anew. A neighbour needs memory, so the
            kernel reclaims and migrates its pages. The first notifier takes the queue off the hardware, and all count; a worker fetches
            the pages, writes the page tables, and lets the queue run if no notifier has counted meanwhile, else it tries again. A debugger
            that traces the solver looks at its queues. A child of the solver uses the file of /dev/kfd that it inherited, and tries to
            debug its parent, and is refused both.
            """)
            .with(
                    new Actor("solver", "a KFD process with userptr BOs and a queue", Programs::solver),
                    new Actor("neighbour", "drives reclaim and migration", Programs::solversNeighbour),
                    new Actor("rocgdb", "debugs the solver", Programs::solversDebugger),
                    new Actor("child", "is refused", Programs::solversChild))
            .adversity("CPU pages are short", Conditions.AMPLE)
            .notifiers(NotifierModel.UNPINNED_QUIESCE)
            .on(Variant.AMDGPU_7_3, Variant.AMDGPU_6_12)
            .clean();

    /** Address spaces come and go. */
    static final Scenario ADDRESS_SPACES = ScenarioDraft.named("address-spaces", """
            A program makes address spaces of each kind, runs something in them and destroys them, and asks for what the driver has to
            refuse: to destroy one under a queue with preempt fences, to destroy one twice, to run a job in one that is destroyed, to make
            one in which jobs may fault.
            """)
            .with(new Actor("prober", "asks for what has to be refused", Programs::prober))
            .adversity("none but its own haste", Conditions.SHORT_OF_VRAM)
            .on(Variant.XE_7_3, Variant.XE_6_12)
            .takesMs(250)
            .clean();

    /** Mappings that come and go in parts. */
    static final Scenario SPARSE_AND_SPLIT = ScenarioDraft.named("sparse-and-split", """
            Three programs, one for each kind of address space, have an array of which only some blocks have memory: the rest is a sparse
            mapping that reads as zeros. They map blocks of a buffer into it, several with one ioctl, and unmap parts of blocks and of
            memory of their own again while the GPU works on the rest: what is left becomes mappings of its own, which begin in the middle of
            the buffer. Now and then an array of binds names memory that is not there, and nothing of it happens. The one whose accesses may
            fault prefetches. A debugger of the long-running one reads across all of it: what lies before and behind a hole, and nothing
            where nothing is.
            """)
            .with(
                    new Actor("renderer", "jobs on a sparse array", Programs::sparseRenderer),
                    new Actor("debuggee", "a long-running queue on a sparse array", Programs::sparseDebuggee),
                    new Actor("faulter", "a sparse array whose accesses may fault", Programs::sparseFaulter),
                    new Actor("kcompactd", "migrates the debuggee's pages", Programs::balancing),
                    new Actor("gdb", "debugs the debuggee", Programs::debugger))
            .adversity("memory is unmapped in part while it is in use", Conditions.SHORT_OF_VRAM)
            .on(Variant.XE_7_3, Variant.XE_6_12)
            .takesMs(250)
            .clean();

    /** Jobs on user memory, each of which looks whether it is still the same. */
    static final Scenario USERPTR_JOBS = ScenarioDraft.named("userptr-jobs", """
            An image filter on amdgpu has images in its own memory. Each job names all of them: the submission fetches their pages, has the
            page tables show them, and compares under the mutex of the device, which every notifier holds while it waits for the jobs that
            use its image. A neighbour needs memory, so the kernel reclaims and migrates pages, and now and then a submission starts anew.
            A game on the same device waits for the same mutex.
            """)
            .with(
                    new Actor("image-filter", "jobs on userptr BOs", Programs::imageFilter),
                    new Actor("neighbour", "drives reclaim and migration", Programs::filtersNeighbour),
                    new Actor("game", "submits on the same device", Programs::game))
            .adversity("CPU pages and VRAM are both short", Conditions.SHORT_OF_VRAM)
            .on(Variant.AMDGPU_7_3, Variant.AMDGPU_6_12)
            .clean();

    /** Jobs on user memory that is pinned for them. */
    static final Scenario PINNED_USERPTR = ScenarioDraft.named("pinned-userptr", """
            An image filter on i915 has images in its own memory, over which another thread maps files while the GPU works on them. The
            driver has the pages pinned: the notifier stores its number and waits for nobody, and jobs that run work on the old pages. The
            next execbuf finds the number changed, gives the old pages back when nobody uses them, pins the new ones and binds them; and if
            the number changes meanwhile, it starts anew. Its jobs go through the model's scheduler in place of i915's own, of which the
            recording therefore tells nothing.
            """)
            .with(
                    new Actor("image-filter", "jobs on pinned userptr objects", Programs::imageFilter),
                    new Actor("image-loader", "maps files over the images", Programs::imageLoader))
            .adversity("memory is mapped anew while jobs run on it", Conditions.AMPLE)
            .on(Variant.I915_6_12)
            .takesMs(220)
            .clean();

    /** TLBs that do not answer. */
    static final Scenario TLB_TIMEOUT = ScenarioDraft.named("tlb-timeout", """
            Two programs launch kernels, one whose accesses may fault and one with preempt fences, a third submits jobs, and pages of the
            first are reclaimed and migrated. Now and then the firmware of the primary GT stops answering. A notifier waits for TLBs that
            will never forget; after 250 ms the driver resets the GT, or earlier if it noticed otherwise, and what was asked of the TLBs
            is done with that. The kernels that ran are lost, and launched again; a job that ran ends with an error; jobs behind it run.
            """)
            .with(
                    new Actor("debuggee", "launches kernels in a VM with faults", Programs::faultingLauncher),
                    new Actor("bystander", "launches kernels in a VM with preempt fences", Programs::bystander),
                    new Actor("render-farm", "submits long jobs, two at a time", Stories::renderFarm),
                    new Actor("neighbour", "drives reclaim and migration", Programs::reclaimer),
                    new Actor("firmware", "hangs", Programs::hangingFirmware))
            .adversity("requests to the TLBs are not answered", Conditions.AMPLE)
            .on(Variant.XE_7_3, Variant.XE_6_12)
            .takesMs(4_000)
            .finiteMs(1_000)
            .clean();

    static final List<Scenario> ALL = List.of(
            COMPUTE_UNDER_PRESSURE,
            OUT_OF_MEMORY,
            FAULT_MODE_COMPUTE,
            KFD_COMPUTE,
            ADDRESS_SPACES,
            SPARSE_AND_SPLIT,
            USERPTR_JOBS,
            PINNED_USERPTR,
            TLB_TIMEOUT);

    private ComputeScenarios() {}
}

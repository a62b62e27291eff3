package dev.fenceline.simulator;

import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.workload.Conditions;
import dev.fenceline.simulator.workload.Programs;
import java.util.List;

/** Fences in the hands of programs, and what becomes of them when jobs hang and programs die. */
final class SyncScenarios {
    private static final long FRAME_NS = 14_000_000;
    private static final long SLOW_FRAME_NS = 200_000_000;

    /** Timelines, sync files and implicit synchronisation side by side. */
    static final Scenario EXPLICIT_SYNC = ScenarioDraft.named("explicit-sync", """
            A renderer and the process that shows its frames share two timeline sync objects, as Wayland's explicit synchronisation does:
            jobs wait for points, signal points, and threads wait for points that nobody has submitted yet. The presenter's buffer is read
            by a recorder with implicit synchronisation, and its fences leave and come back as sync files, merged into arrays. Beside them
            a video decoder's program looks at fences out of order and closes files before they are done, and programs exit with work
            queued. Two more share buffers that each locks in its own order.
            """)
            .with(
                    new Actor(
                            "swapchain",
                            "renders, shows and records frames",
                            world -> Programs.swapchain(world, FRAME_NS)),
                    new Actor("decoder", "merges files and looks at fences out of order", Programs::decoder),
                    new Actor("sharers", "lock the same buffers in opposite order", Programs::sharers),
                    new Actor(
                            "quitters",
                            "exit without waiting",
                            world -> Programs.quitters(world, 8, 50_000_000, 1_000_000)))
            .adversity("programs die while their jobs are queued", Conditions.AMPLE)
            .clean();

    /** A ring that hangs and is reset. */
    static final Scenario GPU_HANG = ScenarioDraft.named("gpu-hang", """
            A program's shader loops for ever now and then. The scheduler notices after its timeout, the driver resets the ring, the
            guilty job ends with an error, and what waited behind it, of this program and of others, is brought to its end as the driver
            does it: with new fences, or by writing the rest to the ring again. (amdgpu of 6.12 renumbers the old fences; a fault shows
            that.)
            """)
            .with(
                    new Actor("bad-shader", "hangs", Programs::badShader),
                    new Actor(
                            "swapchain",
                            "has to wait for the reset",
                            world -> Programs.swapchain(world, SLOW_FRAME_NS)))
            .adversity("a shader hangs", Conditions.AMPLE)
            .on(Variant.XE_7_3, Variant.XE_6_12, Variant.AMDGPU_7_3)
            .takesMs(45_000)
            .finiteMs(12_000)
            .clean();

    /** The driver goes when nobody uses it. */
    static final Scenario DRIVER_UNLOAD = ScenarioDraft.named("driver-unload", """
            Programs submit work, close the GPU and keep a file with the fence of a job for a while. When the last of them has let go, the
            administrator removes the driver: schedulers and rings end, their memory goes a grace period later, and then the modules.
            """)
            .with(
                    new Actor("quitters", "keep fences", world -> Programs.quitters(world, 8, 30_000_000, 90_000_000)),
                    new Actor("rmmod", "removes the driver", world -> Programs.moduleRemover(world, 250_000_000)))
            .adversity("fences outlive the files they came from", Conditions.AMPLE)
            .clean();

    static final List<Scenario> ALL = List.of(EXPLICIT_SYNC, GPU_HANG, DRIVER_UNLOAD);

    private SyncScenarios() {}
}

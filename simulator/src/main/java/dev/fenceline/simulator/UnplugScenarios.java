package dev.fenceline.simulator;

import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.workload.Conditions;
import dev.fenceline.simulator.workload.Programs;
import java.util.List;

/** GPUs that go while they are used, and come back (IGT core_hotunplug, amd_pci_unplug). */
final class UnplugScenarios {
    /** A GPU with AMD's driver in the dock of a machine with Intel's. */
    static final Scenario EGPU_PULLED_OUT = pulled("egpu-pulled-out", "amdgpu", Variant.XE_7_3, Variant.XE_6_12);

    /** The same the other way round. */
    static final Scenario EGPU_PULLED_OUT_BACK =
            pulled("egpu-pulled-out-back", "xe", Variant.AMDGPU_7_3, Variant.AMDGPU_6_12);

    /** The driver of the only GPU is unbound under its users. */
    static final Scenario DRIVER_UNBOUND = ScenarioDraft.named("driver-unbound", """
            The administrator unbinds the driver of a GPU while a program paints with it and the console of the kernel is on it, and binds it
            again. The engines are stopped in order; what was submitted fails. The painter learns from its next ioctl that the device is gone,
            sees a page of zeroes where its canvas was, and closes its file late; then it opens the new device.
            """)
            .with(
                    new Actor(
                            "painter", "maps each canvas and looks at it at once", world -> Programs.painter(world, 0)),
                    new Actor("console", "keeps a pinned frame buffer mapped", world -> Programs.console(world, 0)),
                    new Actor("unbinder", "unbinds and binds the driver", Programs::unbinder))
            .adversity("the device goes and comes back twice", Conditions.AMPLE.with(Conditions.Option.HOT_PLUG))
            .takesMs(560)
            .clean();

    /** The same without a console, and others look at the memory of the painter meanwhile. */
    static final Scenario MEMORY_READ_THROUGH_UNBIND = ScenarioDraft.named("memory-read-through-unbind", """
            A debugger of CPU programs reads and writes, through ptrace, the palette and the canvas of a program that paints with a GPU, and
            somebody else looks at them, too, while the administrator unbinds the driver and binds it again. As long as the painter has
            its mappings after that, what lay in VRAM is refused with -ENODEV.
            """)
            .with(
                    new Actor(
                            "painter",
                            "maps each canvas and looks at it at once; is looked at by gdb and an inspector",
                            Programs::inspectedPainter),
                    new Actor("unbinder", "unbinds and binds the driver", Programs::unbinder))
            .adversity("the device goes and comes back twice", Conditions.AMPLE.with(Conditions.Option.HOT_PLUG))
            .takesMs(560)
            .clean();

    /** The module is to go, too. */
    static final Scenario DRIVER_RELOADED = ScenarioDraft.named("driver-reloaded", """
            The administrator unbinds the driver of the only GPU, removes its module, and loads it again. A program still has a file of the
            GPU, a dma-buf that the driver exported, and a sync file with the fence of a job: the module is refused with -EWOULDBLOCK until the
            last of them is closed, each time another one, long after the device is gone.
            """)
            .with(
                    new Actor("keeper", "closes a file, a dma-buf and a fence late", Programs::moduleUser),
                    new Actor("modprobe", "unbinds, removes and loads the driver", Programs::driverReloader))
            .adversity("the driver is replaced again and again", Conditions.AMPLE.with(Conditions.Option.HOT_PLUG))
            .takesMs(760)
            .clean();

    static final List<Scenario> ALL =
            List.of(EGPU_PULLED_OUT, EGPU_PULLED_OUT_BACK, DRIVER_UNBOUND, MEMORY_READ_THROUGH_UNBIND, DRIVER_RELOADED);

    private UnplugScenarios() {}

    private static Scenario pulled(String name, String egpu, Variant... displays) {
        return ScenarioDraft.named(name, """
            A GPU in a dock decodes a video into buffers of its own, which the GPU with the display imports and shows; a program paints with it,
            and the kernel's console is on it. Somebody pulls it out of the dock: nothing of it works any more, and the kernel notices a while
            later. Its fences fail, wherever they are by then; the buffers stay as long as the display has them; files and mappings are closed
            late; and when the card is back in the dock it is another device.
            """)
                .with(
                        new Actor("docked-player", "decodes in the dock, for the display", Programs::dockedPlayer),
                        new Actor(
                                "painter",
                                "maps each canvas and looks at it at once",
                                world -> Programs.painter(world, Programs.DOCK)),
                        new Actor(
                                "console",
                                "keeps a pinned frame buffer mapped",
                                world -> Programs.console(world, Programs.DOCK)),
                        new Actor("dock", "loses the card and gets it back", Programs::dock))
                .adversity("the card is pulled out twice", Conditions.AMPLE.with(Conditions.Option.HOT_PLUG))
                .on(displays)
                .beside(egpu)
                .takesMs(560)
                .clean();
    }
}

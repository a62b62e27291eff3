package dev.fenceline.simulator;

import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.workload.Conditions;
import dev.fenceline.simulator.workload.Programs;
import dev.fenceline.simulator.workload.Stories;
import java.util.List;

/** Work that may fault and jobs with fences on the same engines (xe_hw_engine_group.c, xe_exec_mix_modes of IGT). */
final class EngineGroupScenarios {
    /** Compute that faults and a game take turns. */
    static final Scenario SHARED_ENGINES = ScenarioDraft.named("shared-engines", """
            A trainer and a program that launches one kernel after the other compute in address spaces whose accesses may fault, and a game
            draws on the same group of engines. The game's submission takes the compute queues off the hardware, each when its last fault is
            answered, and waits for that; a worker waits until all jobs of the group are done and puts the queues back. The service of a
            fault evicts what the game has in VRAM and waits for its jobs, none of which can then be waiting for the engine on which the
            fault stands.
            """)
            .with(
                    new Actor("trainer", "a fault-mode VM with userptr batches", Programs::faultingTrainer),
                    new Actor("debuggee", "launches kernels in a VM with faults", Programs::faultingLauncher),
                    new Actor("bystander", "launches kernels in a VM with preempt fences", Programs::bystander),
                    new Actor("neighbour", "drives reclaim and migration", Programs::neighbour),
                    new Actor("game", "draws on the same engines", Programs::game))
            .adversity(
                    "VRAM is short, and compute and graphics share their engines",
                    Conditions.SHORT_OF_VRAM.with(Conditions.Option.ENGINE_GROUPS))
            .on(Variant.XE_7_3, Variant.XE_6_12)
            .clean();

    /** A debugger, whose debuggee is off the hardware half of the time. */
    static final Scenario DEBUGGED_ON_SHARED_ENGINES = ScenarioDraft.named("debugged-on-shared-engines", """
            A debugger halts the kernels of a program whose accesses may fault, on a group of engines on which a render farm of another user
            submits jobs. While a job runs, the program's queue is off the hardware, and the debugger's interrupt is refused: it would halt
            whoever is there. While threads stand still, their queue cannot leave, and the next submission of the render farm waits for
            the person at the prompt; but it waits before its job has a fence, so nobody was promised anything.
            """)
            .with(
                    new Actor("debuggee", "launches kernels in a VM with faults", Programs::faultingLauncher),
                    new Actor("render-farm", "submits long jobs, two at a time", Stories::renderFarm),
                    new Actor("neighbour", "drives reclaim and migration", Programs::reclaimer),
                    new Actor("gdb", "halts, looks, resumes", Programs::kernelDebugger))
            .adversity(
                    "a debuggee that is suspended whenever others draw",
                    Conditions.AMPLE
                            .with(Conditions.Option.DEBUGS_FAULT_MODE_ONLY)
                            .with(Conditions.Option.ENGINE_GROUPS))
            .on(Variant.XE_7_3, Variant.XE_6_12)
            .takesMs(3_000)
            .finiteMs(2_000)
            .clean();

    static final List<Scenario> ALL = List.of(SHARED_ENGINES, DEBUGGED_ON_SHARED_ENGINES);

    private EngineGroupScenarios() {}
}

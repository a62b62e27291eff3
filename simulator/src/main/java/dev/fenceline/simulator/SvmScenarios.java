package dev.fenceline.simulator;

import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.workload.Conditions;
import dev.fenceline.simulator.workload.Programs;
import java.util.List;

/** Programs whose memory wanders between the system and their GPU, at the same addresses. */
final class SvmScenarios {
    private static final long VRAM_BYTES = 1L << 20;

    /** Memory of the system's allocator that page faults bring into VRAM. */
    static final Scenario ALLOCATOR_IN_VRAM = ScenarioDraft.named("system-allocator-in-vram", """
            Page faults of a program's kernels bring what malloc gave it into VRAM, by the copy engine, and bind it there: its pages are then
            memory of the device that shows at its own addresses. A look at it by the CPU is a fault that copies the whole allocation back,
            and the next access by the GPU brings it again. VRAM is short: what was not used for long is evicted page by page, whoever has it
            mapped, to make room for what is wanted now. What is partly swapped out, or freed meanwhile, is bound where it is. Memory is
            freed in parts, mapped over and given back by an exit while it is in VRAM, which the last of its pages gives back.
            """)
            .with(
                    new Actor("allocator", "a fault-mode VM that mirrors its address space", Programs::allocatorInVram),
                    new Actor("neighbour", "drives reclaim and migration", Programs::allocatorsNeighbour),
                    new Actor("memory-user", "gets the pages that are freed", Programs::memoryUser))
            .adversity("VRAM for half of what is used at a time", Conditions.AMPLE.withVram(VRAM_BYTES))
            .on(Variant.XE_7_3)
            .takesMs(400)
            .clean();

    static final List<Scenario> ALL = List.of(ALLOCATOR_IN_VRAM);

    private SvmScenarios() {}
}

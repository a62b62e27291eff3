package dev.fenceline.simulator;

import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.workload.Conditions;
import dev.fenceline.simulator.workload.Programs;
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

    static final List<Scenario> ALL = List.of(COMPUTE_UNDER_PRESSURE);

    private ComputeScenarios() {}
}

package dev.fenceline.simulator;

import dev.fenceline.simulator.workload.Conditions;
import dev.fenceline.simulator.workload.Programs;
import java.util.List;

/** Programs that draw: a compositor and those beside it. */
final class DesktopScenarios {
    /** Page flips while VRAM is short. */
    static final Scenario COMPOSITOR = ScenarioDraft.named("compositor", """
            A compositor shows sixty frames a second: it draws into one of three buffers, pins it in VRAM for scanout, waits for the
            drawing, flips, and unpins the buffer shown before. Beside it a game uses more textures than VRAM holds and throws scratch
            buffers away while its jobs still run. So buffers are evicted by the copy engine and moved back all the time, and buffers
            die while fences of their VM are pending.
            """)
            .with(
                    new Actor("compositor", "draws, pins and flips at 60 Hz", Programs::compositor),
                    new Actor("game", "more textures than fit, scratch buffers that come and go", Programs::game))
            .adversity("VRAM is short: every frame evicts what another needs", Conditions.SHORT_OF_VRAM)
            .clean();

    static final List<Scenario> ALL = List.of(COMPOSITOR);

    private DesktopScenarios() {}
}

package dev.fenceline.simulator;

import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.workload.Conditions;
import dev.fenceline.simulator.workload.Programs;
import dev.fenceline.simulator.workload.Stories;
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

    /** VRAM that is wiped when it is given back, so that who gets it next need not clear it. */
    static final Scenario RECYCLED_VRAM = ScenarioDraft.named("recycled-vram", """
            A compositor and a game share a card whose driver wipes VRAM when it is given back and after each move out of it; each frame
            another user needs a quarter of it for a moment. The manager tracks which blocks are clean, so most new buffers need no clear, and the first thing that anybody does to their
            memory may come while the copy out of it and the wipe after that are still to be done: only the fences that the manager
            remembers of the evictions keep them apart.
            """)
            .with(
                    new Actor("compositor", "draws, pins and flips at 60 Hz", Programs::compositor),
                    new Actor("game", "more textures than fit, scratch buffers that come and go", Programs::game),
                    new Actor("visitor", "another user, who needs much of VRAM for a moment", Stories::visitor))
            .adversity("VRAM changes hands all the time", Conditions.SHORT_OF_VRAM)
            .on(Variant.AMDGPU_7_3, Variant.AMDGPU_6_12)
            .takesMs(300)
            .clean();

    /** A game whose world is larger than VRAM. */
    static final Scenario OPEN_WORLD = ScenarioDraft.named("open-world", """
            A game draws a frame in bursts of three jobs on the textures near the player, who moves on: every third frame the texture
            farthest behind is thrown away while jobs still read it, and one that was never seen is loaded. Its world is larger than
            VRAM, and a compositor wants its share at sixty frames a second. So nearly every frame evicts, and the evicted comes back.
            """)
            .with(
                    new Actor("compositor", "draws, pins and flips at 60 Hz", Programs::compositor),
                    new Actor("open-world-game", "streams its world through VRAM", Programs::openWorldGame))
            .adversity("the world does not fit into VRAM", Conditions.SHORT_OF_VRAM)
            .takesMs(300)
            .clean();

    /** Two dozen small clients and one who shows them all. */
    static final Scenario BROWSER = ScenarioDraft.named("browser", """
            A browser has two dozen pages, each a process with a small context of its own: some tiles and one surface. Most pages sleep
            most of the time, then scroll for some frames. The compositor imports each surface and blends all of them into every frame,
            waiting for the sync file that a page commits with its surface. So one reservation is locked by two processes, jobs have
            dependencies from many contexts, and the compositor's address space holds buffers of all the others.
            """)
            .with(
                    new Actor("compositor", "imports, blends and flips at 60 Hz", Programs::surfaceCompositor),
                    new Actor("pages", "two dozen processes that sleep and scroll", Programs::browser))
            .adversity(
                    "VRAM is short, and everybody shares with the compositor",
                    Conditions.SHORT_OF_VRAM.withVram(54L << 20))
            .takesMs(60)
            .clean();

    static final List<Scenario> ALL = List.of(COMPOSITOR, RECYCLED_VRAM, OPEN_WORLD, BROWSER);

    private DesktopScenarios() {}
}

package dev.fenceline.simulator;

import dev.fenceline.simulator.workload.Conditions;
import dev.fenceline.simulator.workload.Programs;
import java.util.List;

/** Many objects at a time, to see what each costs. */
final class ScaleScenarios {
    private static final long OBJECTS = 200;

    /** As many live objects as one wants. */
    static final Scenario MANY_OBJECTS = ScenarioDraft.named("many-objects", """
            A server keeps as many small buffers in system memory, and the fences of as many of its jobs, as the scale says; when it has
            them, each new one takes the place of an old one. A compositor flips beside it. What is alive is bounded, what has been is
            not: the longer it runs, the more would be lost to anybody who remembers the dead.
            """)
            .with(
                    new Actor("buffer-cache", "keeps buffers and fences", Programs::bufferCache),
                    new Actor("compositor", "draws, pins and flips at 60 Hz", Programs::compositor))
            .adversity("the number of live objects", Conditions.AMPLE.scaledTo(OBJECTS))
            .takesMs(10)
            .clean();

    static final List<Scenario> ALL = List.of(MANY_OBJECTS);

    private ScaleScenarios() {}
}

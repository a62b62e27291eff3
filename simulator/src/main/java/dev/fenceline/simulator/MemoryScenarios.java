package dev.fenceline.simulator;

import dev.fenceline.simulator.workload.Conditions;
import dev.fenceline.simulator.workload.Stories;
import java.util.List;

/** Short stories of buffers: how they get memory, lose it and die. */
final class MemoryScenarios {
    /** Memory that was one user's becomes another's. */
    static final Scenario VRAM_HANDED_ON = ScenarioDraft.named("vram-handed-on", """
            One user fills most of VRAM, works on it and gives it back while the work still runs; another user asks for as much at the
            same time. So the same range goes from hand to hand: the first must have been evicted or destroyed, and the second sees
            cleared memory.
            """)
            .with(
                    new Actor("owner", "fills VRAM and gives it back", Stories::owner),
                    new Actor("heir", "another user, who gets it", Stories::heir))
            .adversity("VRAM has room for one of them", Conditions.SHORT_OF_VRAM)
            .takesMs(40)
            .clean();

    /** A buffer dies while its address space is busy. */
    static final Scenario DELAYED_DESTROY = ScenarioDraft.named("delayed-destroy", """
            A program throws a scratch buffer away that shares the reservation of its address space, in which later jobs are still
            pending. The buffer takes a copy of the fences with it and waits for them in a worker; the address space goes on.
            """)
            .with(new Actor("litterer", "throws away what its jobs may still use", Stories::litterer))
            .adversity("none but its own haste", Conditions.SHORT_OF_VRAM)
            .takesMs(60)
            .clean();

    /** Two working sets that do not fit together. */
    static final Scenario EVICTION_PING_PONG = ScenarioDraft.named("eviction-ping-pong", """
            Two programs use more memory in turn than VRAM has, so each job brings back what the other's evicted. A range is given
            away before the copy out of it is done; who gets it inherits the fence of the eviction.
            """)
            .with(
                    new Actor("thrasher", "three buffers, two of which fit", Stories::thrasher),
                    new Actor("other-thrasher", "two buffers of another user", Stories::otherThrasher))
            .adversity("the working sets are twice the VRAM", Conditions.SHORT_OF_VRAM)
            .takesMs(60)
            .clean();

    static final List<Scenario> ALL = List.of(VRAM_HANDED_ON, DELAYED_DESTROY, EVICTION_PING_PONG);

    private MemoryScenarios() {}
}

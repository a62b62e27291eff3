package dev.fenceline.simulator.kernel;

import dev.fenceline.event.ReclaimBegin;
import dev.fenceline.event.ReclaimEnd;
import java.util.Iterator;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * page_alloc.c:__perform_reclaim: the task itself frees memory of others, in whose notifiers and shrinkers it may wait for fences.
 */
public final class Reclaim extends Call {
    private static final String DIRECT = "direct";

    private static final Path<Reclaim> PATH = Path.<Reclaim>named("__perform_reclaim")
            .run(Reclaim::begin)
            .repeat(each -> each.leaveIf(reclaim -> reclaim.enough.getAsBoolean() || !reclaim.victims.hasNext())
                    .spend(reclaim -> reclaim.kernel().costs().stepNs())
                    .call(reclaim -> reclaim.victims.next()))
            .run(Reclaim::end)
            .end();

    private final Iterator<? extends Call> victims;
    private final BooleanSupplier enough;

    /** Takes from one of {@code victims} after the other until it is {@code enough}. */
    Reclaim(Iterator<? extends Call> victims, BooleanSupplier enough) {
        this.victims = victims;
        this.enough = enough;
    }

    /** Takes memory by {@code victim} alone. */
    public static Reclaim from(Call victim) {
        return new Reclaim(List.of(victim).iterator(), () -> false);
    }

    /** Looks for memory where there is none to be had. */
    public static Reclaim ofNothing() {
        return from(new Inline(() -> {}));
    }

    private void begin() {
        kernel().emit(ReclaimBegin.builder().reason(DIRECT));
        kernel().memory().reclaim().enter(task());
    }

    private void end() {
        kernel().memory().reclaim().leave(task());
        kernel().emit(ReclaimEnd.builder().reason(DIRECT));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

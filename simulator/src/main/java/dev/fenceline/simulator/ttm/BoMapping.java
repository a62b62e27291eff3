package dev.fenceline.simulator.ttm;

import dev.fenceline.simulator.kernel.Call;
import org.jspecify.annotations.Nullable;

/** A GPU mapping of a BO. */
public interface BoMapping {
    /**
     * The BO's memory is about to lie elsewhere, or to be gone: the mapping must be bound again before its VM runs. What comes back has
     * to be done before the memory moves; null is nothing.
     */
    @Nullable Call boMoves();
}

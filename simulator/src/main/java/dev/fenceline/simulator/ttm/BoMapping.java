package dev.fenceline.simulator.ttm;

/** A GPU mapping of a BO. */
public interface BoMapping {
    /** The BO's memory is about to lie elsewhere, or to be gone: the mapping must be bound again before its VM runs. */
    void boMoves();
}

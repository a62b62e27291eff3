package dev.fenceline.simulator;

import java.util.List;

/** The ways in which threads break the lock order and wait for each other: A-L01 to A-L04. */
final class LockFaults {
    static final List<Fault> ALL = List.of();

    private LockFaults() {}
}

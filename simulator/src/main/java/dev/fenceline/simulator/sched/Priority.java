package dev.fenceline.simulator.sched;

/** {@code drm_sched_priority}: the run queues of a scheduler; a ready job of a queue goes before all of the queues after it. */
public enum Priority {
    KERNEL,
    HIGH,
    NORMAL,
    LOW
}

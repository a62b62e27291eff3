package dev.fenceline.simulator.sched;

/** What the hardware does for a job. */
public interface Work {
    /** How long the engine is busy with it, in ns. */
    long durationNs();

    /** The engine begins; {@code job} is the job it does this for. */
    void begin(Job job);

    /** The engine is done, before anybody is told. */
    default void finish(Job job) {}
}

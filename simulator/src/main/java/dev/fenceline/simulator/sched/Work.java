package dev.fenceline.simulator.sched;

/** What the hardware does for a job. */
public interface Work {
    /** The duration of work that hangs: the engine never gets to its end. */
    long NEVER = Long.MAX_VALUE;

    /** How long the engine is busy with it, in ns. */
    long durationNs();

    /** The engine begins; {@code job} is the job it does this for. */
    void begin(Job job);

    /** The engine is done, before anybody is told. */
    default void finish(Job job) {}

    /** How much of the ring the job takes ({@code drm_sched_job_init}). */
    default int credits() {
        return 1;
    }
}

package dev.fenceline.simulator.vm;

/** Work that a queue submitted: who looks at a job that hangs wants to know whose. */
public interface OfQueue {
    /** The queue. */
    ExecQueue queue();
}

package dev.fenceline.simulator.kernel;

import java.util.function.Consumer;

/** A node of the wait-for graph: something that cannot go on before others do. */
public interface Waits {
    /** What a report calls it, such as {@code "task 1201 compositor"} or {@code "fence 7:12"}. */
    String label();

    /** Names what it waits for now: none if it runs, sleeps for a time, or is completed by the hardware. */
    void eachAwaited(Consumer<? super Waits> visitor);
}

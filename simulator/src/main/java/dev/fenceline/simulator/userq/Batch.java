package dev.fenceline.simulator.userq;

import dev.fenceline.simulator.vm.BoVma;
import java.util.List;

/**
 * What a program writes to its ring at a time: packets that wait for other queues, packets that work, and the protected packet behind
 * them that says how far the queue is.
 *
 * @param after what the hardware waits for first
 * @param used what the work reads; it writes the first of it
 * @param durationNs how long it takes, in ns
 * @param hangs whether it never ends
 */
public record Batch(List<WaitInfo> after, List<BoVma> used, long durationNs, boolean hangs) {
    /** Keeps copies of the lists. */
    public Batch {
        after = List.copyOf(after);
        used = List.copyOf(used);
    }

    /** Work on {@code used}, the first of which it writes. */
    public static Batch of(List<BoVma> used, long durationNs) {
        return new Batch(List.of(), used, durationNs, false);
    }

    /** The same, behind packets that wait. */
    public Batch waitingFor(List<WaitInfo> those) {
        return new Batch(those, used, durationNs, hangs);
    }

    /** The same, with a loop in it that does not end. */
    public Batch thatHangs() {
        return new Batch(after, used, durationNs, true);
    }
}

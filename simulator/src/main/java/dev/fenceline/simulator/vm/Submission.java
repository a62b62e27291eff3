package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.sched.Work;
import dev.fenceline.simulator.sync.SyncPoint;
import java.util.List;

/**
 * What a program asks for in one exec.
 *
 * @param used the mappings the job accesses, the first of which it writes
 * @param durationNs how long the engine needs for it, or {@link Work#NEVER}
 * @param credits how much of the ring it takes
 * @param fences what it waits for besides what guards the memory; the references are the program's
 * @param in the points it waits for
 * @param out what it signals
 * @param implicit how it takes part in the implicit synchronisation of the first BO it uses
 */
public record Submission(
        List<Vma> used,
        long durationNs,
        int credits,
        List<DmaFence> fences,
        List<SyncPoint> in,
        List<SyncPoint> out,
        Implicit implicit) {
    /** The part a job takes in implicit synchronisation. */
    public enum Implicit {
        NONE,
        READS,
        WRITES
    }

    /** Keeps copies of the lists. */
    public Submission {
        used = List.copyOf(used);
        fences = List.copyOf(fences);
        in = List.copyOf(in);
        out = List.copyOf(out);
    }

    /** A job without sync objects. */
    public static Submission of(List<? extends Vma> used, long durationNs) {
        return new Submission(List.copyOf(used), durationNs, 1, List.of(), List.of(), List.of(), Implicit.NONE);
    }

    /** The same, waiting for these fences. */
    public Submission waitingFor(List<DmaFence> these) {
        return new Submission(used, durationNs, credits, these, in, out, implicit);
    }

    /** The same, with sync objects. */
    public Submission syncing(List<SyncPoint> waitsFor, List<SyncPoint> signals) {
        return new Submission(used, durationNs, credits, fences, waitsFor, signals, implicit);
    }

    /** The same, taking part in implicit synchronisation. */
    public Submission syncing(Implicit how) {
        return new Submission(used, durationNs, credits, fences, in, out, how);
    }

    /** The same, of that size. */
    public Submission taking(int size) {
        return new Submission(used, durationNs, size, fences, in, out, implicit);
    }
}

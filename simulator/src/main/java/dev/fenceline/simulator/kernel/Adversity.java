package dev.fenceline.simulator.kernel;

import java.util.List;

/** Which deviations are switched on in a run, and when each of them strikes: at its first opportunities after a drawn instant. */
public final class Adversity {
    private static final long EARLIEST_NS = 50_000_000;
    private static final long LATEST_NS = 150_000_000;

    private final Deviation[] pending;
    private final long[] notBeforeNs;
    private final int[] strikesLeft;
    private int left;

    /** Draws the earliest instant for each deviation. */
    public Adversity(List<Deviation> deviations, Chance chance) {
        left = deviations.size();
        pending = deviations.toArray(new Deviation[0]);
        notBeforeNs = new long[left];
        strikesLeft = new int[left];
        for (int i = 0; i < left; i++) {
            strikesLeft[i] = pending[i].strikes();
            notBeforeNs[i] = chance.split(pending[i].name()).between(EARLIEST_NS, LATEST_NS);
        }
    }

    /** Whether {@code deviation} would strike at {@code nowNs}. */
    boolean looms(Deviation deviation, long nowNs) {
        return indexOf(deviation, nowNs) >= 0;
    }

    /** Whether {@code deviation} strikes at {@code nowNs}, which uses up one of its strikes. */
    boolean strikes(Deviation deviation, long nowNs) {
        int at = indexOf(deviation, nowNs);
        if (at < 0) {
            return false;
        }
        if (--strikesLeft[at] > 0) {
            return true;
        }
        left--;
        System.arraycopy(strikesLeft, at + 1, strikesLeft, at, left - at);
        System.arraycopy(pending, at + 1, pending, at, left - at);
        System.arraycopy(notBeforeNs, at + 1, notBeforeNs, at, left - at);
        return true;
    }

    private int indexOf(Deviation deviation, long nowNs) {
        for (int i = 0; i < left; i++) {
            if (pending[i].equals(deviation) && nowNs >= notBeforeNs[i]) {
                return i;
            }
        }
        return -1;
    }
}

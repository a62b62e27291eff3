package dev.fenceline.simulator.kernel;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What will happen, in virtual nanoseconds: the only clock of a simulation.
 *
 * <p>Cues of the same instant act in the order in which they were added, so a run depends on nothing but its inputs.
 */
public final class Agenda {
    private long nowNs;
    private long added;
    private final long endNs;
    private int size;
    private long[] dueNs = new long[256];
    private long[] order = new long[256];
    private @Nullable Cue[] cues = new Cue[256];

    /** An empty agenda whose clock starts at 0 and never passes {@code endNs}. */
    public Agenda(long endNs) {
        this.endNs = endNs;
    }

    /** The instant it is. */
    public long nowNs() {
        return nowNs;
    }

    /** The last instant there is. */
    public long endNs() {
        return endNs;
    }

    /** The number of cues that have not acted. */
    public int size() {
        return size;
    }

    /** When the next cue is due, or {@link Long#MAX_VALUE} if there is none. */
    public long nextDueNs() {
        return size == 0 ? Long.MAX_VALUE : dueNs[0];
    }

    /** Lets {@code cue} act {@code delayNs} from now. */
    public void after(long delayNs, Cue cue) {
        if (delayNs < 0) {
            throw new IllegalArgumentException("a cue cannot be due " + -delayNs + " ns ago");
        }
        if (size == dueNs.length) {
            dueNs = Arrays.copyOf(dueNs, 2 * size);
            order = Arrays.copyOf(order, 2 * size);
            cues = Arrays.copyOf(cues, 2 * size);
        }
        siftUp(size++, nowNs + delayNs, added++, cue);
    }

    /** Takes the next cue and sets the clock to its instant. */
    public Cue take() {
        Cue first = cues[0];
        if (size == 0 || first == null) {
            throw new IllegalStateException("nothing is on the agenda");
        }
        nowNs = dueNs[0];
        size--;
        Cue last = cues[size];
        cues[size] = null;
        if (size > 0 && last != null) {
            siftDown(dueNs[size], order[size], last);
        }
        return first;
    }

    /** Lets {@code ns} pass if nothing is due until then, and says whether it did; saves a cue that would act next anyway. */
    public boolean pass(long ns) {
        long untilNs = nowNs + ns;
        if (untilNs >= nextDueNs() || untilNs > endNs) {
            return false;
        }
        nowNs = untilNs;
        return true;
    }

    /** Moves the clock on to {@code atNs}, while nothing is due before it. */
    public void idleUntil(long atNs) {
        if (atNs < nowNs || atNs > nextDueNs()) {
            throw new IllegalArgumentException("cannot idle from " + nowNs + " to " + atNs);
        }
        nowNs = atNs;
    }

    private void siftUp(int from, long due, long number, Cue cue) {
        int at = from;
        while (at > 0) {
            int parent = (at - 1) >>> 1;
            if (!before(due, number, parent)) {
                break;
            }
            move(parent, at);
            at = parent;
        }
        put(at, due, number, cue);
    }

    private void siftDown(long due, long number, Cue cue) {
        int at = 0;
        int half = size >>> 1;
        while (at < half) {
            int child = 2 * at + 1;
            if (child + 1 < size && before(dueNs[child + 1], order[child + 1], child)) {
                child++;
            }
            if (before(due, number, child)) {
                break;
            }
            move(child, at);
            at = child;
        }
        put(at, due, number, cue);
    }

    private boolean before(long due, long number, int slot) {
        return due < dueNs[slot] || (due == dueNs[slot] && number < order[slot]);
    }

    private void move(int from, int to) {
        dueNs[to] = dueNs[from];
        order[to] = order[from];
        cues[to] = cues[from];
    }

    private void put(int slot, long due, long number, Cue cue) {
        dueNs[slot] = due;
        order[slot] = number;
        cues[slot] = cue;
    }
}

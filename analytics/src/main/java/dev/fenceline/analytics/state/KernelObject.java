package dev.fenceline.analytics.state;

/** What every object of the fold has: an id, and the events between which it lives. */
public abstract class KernelObject {
    final long id;
    long born;
    boolean assumed;
    long departed;

    KernelObject(long id) {
        this.id = id;
    }

    /** The session-unique id; one incarnation, never reused. */
    public final long id() {
        return id;
    }

    /**
     * The seq from which everything about the object is known: its creation, or, in a fragment, its first mention. 0 if it
     * has a past that the recording does not hold.
     */
    public final long born() {
        return born;
    }

    /** Whether the object was mentioned before any event created it. */
    public final boolean isAssumed() {
        return assumed;
    }

    /** The seq at which it ceased to exist; 0 while it is alive. */
    public final long departed() {
        return departed;
    }

    abstract void write(SnapshotWriter out) throws java.io.IOException;

    abstract void read(SnapshotReader in) throws java.io.IOException;

    final void writeLife(SnapshotWriter out) throws java.io.IOException {
        out.number(born);
        out.flag(assumed);
        out.number(departed);
    }

    final void readLife(SnapshotReader in) throws java.io.IOException {
        born = in.number();
        assumed = in.flag();
        departed = in.number();
    }
}

package dev.fenceline.analytics.state;

import java.io.IOException;

/** A part of the fold that a snapshot holds. */
interface StatePart {
    /** Writes it; the same bytes for equal states. */
    void write(SnapshotWriter out) throws IOException;

    /** Reads what {@link #write} wrote, into a part to which nothing has happened. */
    void read(SnapshotReader in) throws IOException;
}

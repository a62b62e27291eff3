package dev.fenceline.analytics.state;

import dev.fenceline.event.DmaDirection;
import dev.fenceline.event.Event;
import dev.fenceline.event.LongList;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One mapping of an attachment: the scatter-gather table that the importer was handed, until it gives it back. */
public final class SgMapping {
    long sgTable = Event.ABSENT;
    long original = Event.ABSENT;
    DmaDirection direction = DmaDirection.UNKNOWN;
    long mapSeq;
    LongList movesAtMap = LongList.of();
    long invalidateSeq;
    long invalidateNs = Event.ABSENT;
    LongList fencesAtInvalidation = LongList.of();

    /** The table the importer got; {@link Event#ABSENT} if not stated. */
    public long sgTable() {
        return sgTable;
    }

    /** The table the exporter returned; {@link Event#ABSENT} if its callback did not run, or it is not stated. */
    public long original() {
        return original;
    }

    /** Which way data may go, seen from the device. */
    public DmaDirection direction() {
        return direction;
    }

    /** The seq of the map. */
    public long mapSeq() {
        return mapSeq;
    }

    /** The KERNEL fences that were pending in the reservation when it was mapped. */
    public LongList movesAtMap() {
        return movesAtMap;
    }

    /** The seq at which the exporter invalidated it; 0 while it did not. */
    public long invalidateSeq() {
        return invalidateSeq;
    }

    /** The session's running time in ns at that seq; {@link Event#ABSENT} while it was not invalidated. */
    public long invalidateNs() {
        return invalidateNs;
    }

    /** The fences of all usages that were pending in the reservation then. */
    public LongList fencesAtInvalidation() {
        return fencesAtInvalidation;
    }

    boolean isOf(long table) {
        return table == sgTable || (table != Event.ABSENT && table == original);
    }

    void write(SnapshotWriter out) throws IOException {
        out.number(sgTable);
        out.number(original);
        out.symbol(direction);
        out.number(mapSeq);
        out.numbers(movesAtMap);
        out.number(invalidateSeq);
        out.number(invalidateNs);
        out.numbers(fencesAtInvalidation);
    }

    void read(SnapshotReader in) throws IOException {
        sgTable = in.number();
        original = in.number();
        direction = in.symbol(DmaDirection.values());
        mapSeq = in.number();
        movesAtMap = orEmpty(in.numbers());
        invalidateSeq = in.number();
        invalidateNs = in.number();
        fencesAtInvalidation = orEmpty(in.numbers());
    }

    private static LongList orEmpty(@Nullable LongList list) {
        return list == null ? LongList.of() : list;
    }
}

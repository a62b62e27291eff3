package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.LongList;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A range of a GPU address space whose page table entries were cleared, as long as a TLB may still translate it. */
public final class StaleTranslation {
    final long vm;
    final long start;
    final long end;
    /** The tile whose page table had it; {@link Event#ABSENT} if it may be any. */
    final long tile;

    final @Nullable LongList pages;
    final long fence;
    final long writtenSeq;
    /** The seq at which the entries were cleared, or the job was that clears them. */
    long zapSeq;

    final List<Flush> flushes = new ArrayList<>(2);

    StaleTranslation(
            long vm,
            long start,
            long end,
            long tile,
            @Nullable LongList pages,
            long fence,
            long writtenSeq,
            long zapSeq) {
        this.vm = vm;
        this.start = start;
        this.end = end;
        this.tile = tile;
        this.pages = pages;
        this.fence = fence;
        this.writtenSeq = writtenSeq;
        this.zapSeq = zapSeq;
    }

    /** What is known of the TLBs of one GT. */
    static final class Flush {
        final long gt;
        long sendSeq;
        long earlySeq;
        long failedSeq;
        boolean done;

        Flush(long gt) {
            this.gt = gt;
        }
    }

    /** Why a TLB may still hold it. */
    public enum Gap {
        /** Nothing was asked, or the answer is not there. */
        NOT_FLUSHED,
        /** What was asked was sent before the entries were cleared. */
        SENT_EARLY,
        /** What was asked timed out or failed. */
        FAILED
    }

    /** The address space. */
    public long vm() {
        return vm;
    }

    /** The seq at which the entries were cleared. */
    public long zapSeq() {
        return zapSeq;
    }

    /** The seq at which they had been written; 0 if that was not seen. */
    public long writtenSeq() {
        return writtenSeq;
    }

    /** The seq of the last request to a TLB that has not forgotten it; 0 if none was sent. */
    public long sendSeq() {
        Flush flush = open();
        return flush == null ? 0 : flush.sendSeq;
    }

    /** The seq at which a request was sent too early for a TLB that has not forgotten it; 0 if none was. */
    public long earlySeq() {
        Flush flush = open();
        return flush == null ? 0 : flush.earlySeq;
    }

    /** The seq at which a request failed to a TLB that has not forgotten it; 0 if none did. */
    public long failedSeq() {
        Flush flush = open();
        return flush == null ? 0 : flush.failedSeq;
    }

    /** Why a TLB may still hold it: the first of the GTs that has not forgotten it decides. */
    public Gap gap() {
        Flush flush = open();
        if (flush == null || flush.sendSeq > Math.max(flush.failedSeq, flush.earlySeq)) {
            return Gap.NOT_FLUSHED;
        }
        return flush.failedSeq > 0 ? Gap.FAILED : flush.earlySeq > 0 ? Gap.SENT_EARLY : Gap.NOT_FLUSHED;
    }

    private @Nullable Flush open() {
        for (Flush flush : flushes) {
            if (!flush.done) {
                return flush;
            }
        }
        return null;
    }

    boolean overlaps(long from, long to) {
        return Long.compareUnsigned(start, to) < 0 && Long.compareUnsigned(from, end) < 0;
    }

    /** What is known of [from, to), a part of it. */
    StaleTranslation part(long from, long to) {
        StaleTranslation part = new StaleTranslation(
                vm, from, to, tile, MappedPages.part(pages, start, end, from, to), fence, writtenSeq, zapSeq);
        for (Flush flush : flushes) {
            Flush copy = part.of(flush.gt);
            copy.sendSeq = flush.sendSeq;
            copy.earlySeq = flush.earlySeq;
            copy.failedSeq = flush.failedSeq;
            copy.done = flush.done;
        }
        return part;
    }

    /** Whether the TLB of the GT may hold it, where that is the tile of each GT of the device; null if unknown. */
    boolean mayBeHeldBy(long gt, @Nullable LongList gtTiles) {
        if (gtTiles == null || gt == Event.ABSENT) {
            return true;
        }
        boolean exists = gt >= 0 && gt < gtTiles.size();
        return exists && (tile == Event.ABSENT || gtTiles.get((int) gt) == tile);
    }

    Flush of(long gt) {
        for (Flush flush : flushes) {
            if (flush.gt == gt) {
                return flush;
            }
        }
        Flush flush = new Flush(gt);
        flushes.add(flush);
        return flush;
    }

    /** Whether every TLB has forgotten it that may hold it, or, where it is not known which do, every one that was asked. */
    boolean isGone(@Nullable LongList gtTiles) {
        int forgotten = 0;
        for (Flush flush : flushes) {
            forgotten += flush.done ? 1 : 0;
        }
        return forgotten > 0 && forgotten == flushes.size() && forgotten >= holders(gtTiles);
    }

    /** How many GTs have a TLB that may hold it, at least. */
    private int holders(@Nullable LongList gtTiles) {
        int onTile = 0;
        boolean oneTile = true;
        for (int gt = 0; gtTiles != null && gt < gtTiles.size(); gt++) {
            onTile += gtTiles.get(gt) == tile ? 1 : 0;
            oneTile &= gtTiles.get(gt) == gtTiles.get(0);
        }
        if (gtTiles != null && tile == Event.ABSENT && oneTile) {
            return gtTiles.size();
        }
        return onTile;
    }

    void write(SnapshotWriter out) throws IOException {
        out.number(vm);
        out.number(start);
        out.number(end);
        out.number(tile);
        out.numbers(pages);
        out.number(fence);
        out.number(writtenSeq);
        out.number(zapSeq);
        out.number(flushes.size());
        for (Flush flush : flushes) {
            out.number(flush.gt);
            out.number(flush.sendSeq);
            out.number(flush.earlySeq);
            out.number(flush.failedSeq);
            out.flag(flush.done);
        }
    }

    static StaleTranslation read(SnapshotReader in) throws IOException {
        StaleTranslation each = new StaleTranslation(
                in.number(),
                in.number(),
                in.number(),
                in.number(),
                in.numbers(),
                in.number(),
                in.number(),
                in.number());
        int size = in.count();
        for (int i = 0; i < size; i++) {
            Flush flush = new Flush(in.number());
            flush.sendSeq = in.number();
            flush.earlySeq = in.number();
            flush.failedSeq = in.number();
            flush.done = in.flag();
            each.flushes.add(flush);
        }
        return each;
    }

    /** Whether the request, one for its address space or for all, is about all of its addresses. */
    boolean isCoveredBy(TlbInvalidation request) {
        boolean allAddresses = request.start == Event.ABSENT || request.end == Event.ABSENT;
        return allAddresses
                || (Long.compareUnsigned(request.start, start) <= 0 && Long.compareUnsigned(request.end, end) >= 0);
    }
}

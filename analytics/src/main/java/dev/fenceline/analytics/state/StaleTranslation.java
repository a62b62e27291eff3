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
    final @Nullable LongList pages;
    final long fence;
    final long writtenSeq;
    /** The seq at which the entries were cleared, or the job was that clears them. */
    long zapSeq;

    final List<Flush> flushes = new ArrayList<>(2);

    StaleTranslation(
            long vm, long start, long end, @Nullable LongList pages, long fence, long writtenSeq, long zapSeq) {
        this.vm = vm;
        this.start = start;
        this.end = end;
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

    boolean mayHold(long page) {
        for (int i = 0; pages != null && i < pages.size(); i++) {
            if (pages.get(i) == page) {
                return true;
            }
        }
        return false;
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

    /** Whether every TLB has forgotten it, of {@code gts} GTs, or of those that are known to have been asked if that is 0. */
    boolean isGone(int gts) {
        int forgotten = 0;
        for (Flush flush : flushes) {
            forgotten += flush.done ? 1 : 0;
        }
        return forgotten > 0 && forgotten == flushes.size() && forgotten >= gts;
    }

    void write(SnapshotWriter out) throws IOException {
        out.number(vm);
        out.number(start);
        out.number(end);
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
                in.number(), in.number(), in.number(), in.numbers(), in.number(), in.number(), in.number());
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

    /** Whether the request is about it: one without an address space is about all of them. */
    boolean isCoveredBy(TlbInvalidation request) {
        boolean sameVm = request.vm == vm || request.vm == Event.ABSENT;
        boolean allAddresses = request.start == Event.ABSENT || request.end == Event.ABSENT;
        return sameVm
                && (allAddresses
                        || (Long.compareUnsigned(request.start, start) <= 0
                                && Long.compareUnsigned(request.end, end) >= 0));
    }
}

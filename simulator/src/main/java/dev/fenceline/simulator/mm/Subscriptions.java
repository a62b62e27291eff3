package dev.fenceline.simulator.mm;

import dev.fenceline.event.Event;
import dev.fenceline.event.NotifierInsert;
import dev.fenceline.event.NotifierRemove;
import dev.fenceline.event.NotifierRemoveDone;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.WaitList;
import dev.fenceline.simulator.kernel.Waits;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * {@code mmu_notifier_subscriptions} of one address space: one sequence number for all its interval notifiers.
 *
 * <p>The number is odd while ranges that hit a notifier are being invalidated. Ranges that overlap in time share it, whatever
 * addresses they cover; only when the last of them ends it becomes even, and what was inserted or removed meanwhile takes effect.
 */
public final class Subscriptions implements Waits {
    private final Kernel kernel;
    private final long mm;
    private final WaitList waiters = new WaitList(this);
    private final List<IntervalNotifier> inserted = new ArrayList<>();
    private final List<IntervalNotifier> insertLater = new ArrayList<>();
    private final List<IntervalNotifier> removeLater = new ArrayList<>();
    private final List<Waits> invalidators = new ArrayList<>();
    private long invalidateSeq = 2;
    private int activeRanges;

    Subscriptions(Kernel kernel, long mm) {
        this.kernel = kernel;
        this.mm = mm;
    }

    /** The sequence number: odd while something that was subscribed to is being invalidated. */
    public long invalidateSeq() {
        return invalidateSeq;
    }

    /** How many invalidations have begun and not ended. */
    public int activeRanges() {
        return activeRanges;
    }

    boolean isInvalidating() {
        return (invalidateSeq & 1) != 0;
    }

    WaitList waiters() {
        return waiters;
    }

    /** {@code mn_itree_inv_start_range}: the notifiers hit; if there are any the number is odd now. */
    List<IntervalNotifier> beginRange(long start, long end, Waits invalidator) {
        activeRanges++;
        invalidators.add(invalidator);
        List<IntervalNotifier> hit = new ArrayList<>(2);
        for (IntervalNotifier notifier : inserted) {
            if (notifier.overlaps(start, end)) {
                hit.add(notifier);
            }
        }
        if (!hit.isEmpty()) {
            invalidateSeq |= 1;
        }
        return hit;
    }

    /** {@code mn_itree_inv_end}. */
    void endRange(Waits invalidator) {
        invalidators.remove(invalidator);
        if (--activeRanges > 0 || !isInvalidating()) {
            return;
        }
        invalidateSeq++;
        inserted.addAll(insertLater);
        insertLater.clear();
        inserted.removeAll(removeLater);
        removeLater.clear();
        waiters.wakeAll();
    }

    /** {@code mmu_interval_notifier_insert}: deferred while an invalidation runs, which might cover the new range. */
    public void insert(IntervalNotifier notifier) {
        if (activeRanges == 0) {
            inserted.add(notifier);
            notifier.initSeq(invalidateSeq - 1);
        } else if (isInvalidating()) {
            insertLater.add(notifier);
            notifier.initSeq(invalidateSeq);
        } else {
            invalidateSeq |= 1;
            inserted.add(notifier);
            notifier.initSeq(invalidateSeq);
        }
        NotifierInsert.Builder event = NotifierInsert.builder()
                .notifier(notifier.id())
                .mm(mm)
                .vm(notifier.vm())
                .start(notifier.start())
                .end(notifier.end())
                .seqValue(notifier.seq());
        kernel.emit(notifier.vma() == Event.ABSENT ? event : event.vma(notifier.vma()));
        kernel.enrol(notifier);
    }

    /** The first half of {@code mmu_interval_notifier_remove}: the number to wait out, or 0 if there is nothing to wait for. */
    long beginRemove(IntervalNotifier notifier) {
        kernel.emit(NotifierRemove.builder().notifier(notifier.id()).mm(mm));
        if (!isInvalidating()) {
            inserted.remove(notifier);
            return 0;
        }
        if (insertLater.remove(notifier)) {
            return 0;
        }
        removeLater.add(notifier);
        return invalidateSeq;
    }

    void endRemove(IntervalNotifier notifier) {
        kernel.emit(NotifierRemoveDone.builder().notifier(notifier.id()).mm(mm));
        kernel.strike(notifier);
    }

    @Override
    public String label() {
        return "invalidations of mm " + mm;
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        invalidators.forEach(visitor);
    }
}

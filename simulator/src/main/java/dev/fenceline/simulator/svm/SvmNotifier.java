package dev.fenceline.simulator.svm;

import dev.fenceline.event.Event;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Inline;
import dev.fenceline.simulator.mm.IntervalNotifier;
import dev.fenceline.simulator.mm.MmuRange;
import dev.fenceline.simulator.mm.NotifierOps;

/** A {@code drm_gpusvm_notifier}: one interval notifier for all ranges in a large piece of the address space. */
final class SvmNotifier implements NotifierOps {
    private final GpuSvm svm;
    private final long start;
    private final IntervalNotifier notifier;
    private boolean removed;

    SvmNotifier(GpuSvm svm, long start, long end) {
        this.svm = svm;
        this.start = start;
        this.notifier = new IntervalNotifier(svm.kernel(), svm.vm().id(), Event.ABSENT, start, end, this);
    }

    GpuSvm svm() {
        return svm;
    }

    long start() {
        return start;
    }

    IntervalNotifier notifier() {
        return notifier;
    }

    /** {@code flags.removed}: nobody is told of anything any more, while there are ranges still. */
    boolean isRemoved() {
        return removed;
    }

    void setRemoved() {
        removed = true;
    }

    @Override
    public boolean hasTwoPasses() {
        return false;
    }

    @Override
    public StartPass start(MmuRange range, long curSeq) {
        return range.isBlockable() ? new InvalidateRanges(this, range, curSeq) : new Refusal();
    }

    @Override
    public Call finish() {
        return new Inline(() -> {
            throw new IllegalStateException("the notifiers of ranges have one pass");
        });
    }
}

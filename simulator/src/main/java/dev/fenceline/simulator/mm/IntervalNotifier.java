package dev.fenceline.simulator.mm;

import dev.fenceline.event.Event;
import dev.fenceline.event.NotifierCheckRetry;
import dev.fenceline.event.NotifierReadRetry;
import dev.fenceline.event.NotifierSetSeq;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;

/** A {@code mmu_interval_notifier}: its owner learns about every invalidation that overlaps its range. */
public final class IntervalNotifier implements Census.Member {
    private final Kernel kernel;
    private final long id;
    private final long vm;
    private final long vma;
    private final long start;
    private final long end;
    private final NotifierOps ops;
    private long seq;

    /** A notifier on {@code [start, end)} for a userptr mapping, or for {@link Event#ABSENT} if it is for none, not inserted yet. */
    public IntervalNotifier(Kernel kernel, long vm, long vma, long start, long end, NotifierOps ops) {
        this.kernel = kernel;
        this.id = kernel.newId();
        this.vm = vm;
        this.vma = vma;
        this.start = start;
        this.end = end;
        this.ops = ops;
    }

    public long id() {
        return id;
    }

    long vm() {
        return vm;
    }

    long vma() {
        return vma;
    }

    long start() {
        return start;
    }

    long end() {
        return end;
    }

    NotifierOps ops() {
        return ops;
    }

    @Override
    public void tell(Facts facts) {
        facts.of("notifier", id).with("vm", vm).with("vma", vma).with("seq", seq);
    }

    long seq() {
        return seq;
    }

    void initSeq(long first) {
        seq = first;
    }

    boolean overlaps(long from, long to) {
        return start < to && from < end;
    }

    /** {@code mmu_interval_set_seq}: under the driver's lock. */
    public void setSeq(long curSeq) {
        seq = curSeq;
        kernel.emit(NotifierSetSeq.builder().notifier(id).seqValue(curSeq));
    }

    /** {@code mmu_interval_read_retry}: under the driver's lock; true if the pages must be fetched again. */
    public boolean readRetry(long begun) {
        boolean collided = seq != begun;
        kernel.emit(NotifierReadRetry.builder().notifier(id).seqValue(begun).collided(collided));
        return collided;
    }

    /** {@code mmu_interval_check_retry}: without the lock only a hint. */
    public boolean checkRetry(long begun) {
        boolean collided = seq != begun;
        kernel.emit(NotifierCheckRetry.builder().notifier(id).seqValue(begun).collided(collided));
        return collided;
    }
}

package dev.fenceline.simulator.mm;

import dev.fenceline.event.NotifierReadBegin;
import dev.fenceline.event.NotifierReadBeginDone;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;

/** mmu_notifier.c:mmu_interval_read_begin: waits while an invalidation covers the range, then gives the number to compare later. */
public final class ReadBegin extends Call {
    /** The number of an invalidation that still runs is given out at once (rule U04). */
    public static final Deviation DOES_NOT_WAIT = new Deviation("fetch-begins-in-invalidation");

    private static final Path<ReadBegin> PATH = Path.<ReadBegin>named("mmu_interval_read_begin")
            .run(ReadBegin::readSeq)
            .run(read -> read.waits = read.isInvalidated() && !read.kernel().deviates(DOES_NOT_WAIT))
            .await(read -> read.subscriptions.waiters(), read -> !read.waits || !read.isInvalidated())
            .run(read -> read.kernel()
                    .emit(NotifierReadBeginDone.builder()
                            .notifier(read.notifier.id())
                            .seqValue(read.seq)))
            .end();

    private final Subscriptions subscriptions;
    private final IntervalNotifier notifier;
    private long seq;
    private boolean waits;

    /** Begins a fetch of pages that {@code notifier} of {@code mm} guards. */
    public ReadBegin(Mm mm, IntervalNotifier notifier) {
        this.subscriptions = mm.subscriptions();
        this.notifier = notifier;
    }

    /** The number to compare with. */
    public long seq() {
        return seq;
    }

    /** Whether the invalidation that gave the notifier its number still runs. */
    private boolean isInvalidated() {
        return subscriptions.invalidateSeq() == seq;
    }

    private void readSeq() {
        kernel().emit(NotifierReadBegin.builder().notifier(notifier.id()));
        seq = notifier.seq();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

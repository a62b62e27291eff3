package dev.fenceline.simulator.mm;

import dev.fenceline.event.NotifierReadBegin;
import dev.fenceline.event.NotifierReadBeginDone;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/** mmu_notifier.c:mmu_interval_read_begin: waits while an invalidation covers the range, then gives the number to compare later. */
public final class ReadBegin extends Call {
    private static final Path<ReadBegin> PATH = Path.<ReadBegin>named("mmu_interval_read_begin")
            .run(ReadBegin::readSeq)
            .await(read -> read.subscriptions.waiters(), read -> read.subscriptions.invalidateSeq() != read.seq)
            .run(read -> read.kernel()
                    .emit(NotifierReadBeginDone.builder()
                            .notifier(read.notifier.id())
                            .seqValue(read.seq)))
            .end();

    private final Subscriptions subscriptions;
    private final IntervalNotifier notifier;
    private long seq;

    /** Begins a fetch of pages that {@code notifier} of {@code mm} guards. */
    public ReadBegin(Mm mm, IntervalNotifier notifier) {
        this.subscriptions = mm.subscriptions();
        this.notifier = notifier;
    }

    /** The number to compare with. */
    public long seq() {
        return seq;
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

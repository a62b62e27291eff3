package dev.fenceline.simulator.mm;

import dev.fenceline.event.LongList;
import dev.fenceline.simulator.kernel.AllocatePages;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/**
 * hmm.c:hmm_range_fault, with the {@code mmap_lock} its callers take: which pages a range shows now.
 *
 * <p>It pins nothing. What it returns is true only as long as the notifier's sequence number does not change.
 */
public final class HmmRangeFault extends Call {
    private static final int EBUSY = -16;

    private static final Path<HmmRangeFault> PATH = Path.<HmmRangeFault>named("hmm_range_fault")
            .lock(fault -> fault.mm.mmapLock(), Lock.Mode.R)
            .call(HmmRangeFault::allocateMissing)
            .spend(fault -> fault.kernel().costs().hmmFaultNs() * fault.count())
            .run(HmmRangeFault::fault)
            .unlock(fault -> fault.mm.mmapLock())
            .end();

    private final Mm mm;
    private final IntervalNotifier notifier;
    private final long seq;
    private final boolean write;
    private LongList pages = LongList.of();
    private int result;
    private long invalidSampled;

    /** Fetches the whole range of {@code notifier}, whose fetch began with {@code seq}. */
    public HmmRangeFault(Mm mm, IntervalNotifier notifier, long seq, boolean write) {
        this.mm = mm;
        this.notifier = notifier;
        this.seq = seq;
        this.write = write;
    }

    /** Records that the fetch began when the BO had been invalidated so often since it was valid (KFD); 0 is not recorded. */
    public HmmRangeFault countedFrom(long invalid) {
        invalidSampled = invalid;
        return this;
    }

    /** The pages found, in address order; empty unless the result is 0. */
    public LongList pages() {
        return pages;
    }

    /** 0, or -EBUSY if an invalidation came between. */
    public int result() {
        return result;
    }

    private @Nullable Call allocateMissing() {
        long missing = mm.missing(notifier.start(), notifier.end());
        return missing == 0 ? null : new AllocatePages(Gfp.HIGHUSER, missing);
    }

    private long count() {
        return (notifier.end() - notifier.start()) / Mm.PAGE_BYTES;
    }

    private void fault() {
        if (notifier.checkRetry(seq)) {
            result = EBUSY;
        } else {
            mm.faultIn(notifier.start(), notifier.end());
            pages = mm.pages(notifier.start(), notifier.end());
        }
        dev.fenceline.event.HmmRangeFault.Builder event = dev.fenceline.event.HmmRangeFault.builder()
                .notifier(notifier.id())
                .mm(mm.id())
                .start(notifier.start())
                .end(notifier.end())
                .seqValue(seq)
                .write(write)
                .pages(pages)
                .result(result);
        kernel().emit(invalidSampled == 0 ? event : event.invalidSampled(invalidSampled));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

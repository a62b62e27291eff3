package dev.fenceline.simulator.mm;

import dev.fenceline.event.Event;
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
    private static final int EPERM = -1;
    private static final int EFAULT = -14;
    private static final int EBUSY = -16;

    private static final Path<HmmRangeFault> PATH = Path.<HmmRangeFault>named("hmm_range_fault")
            .lock(fault -> fault.mm.mmapLock(), Lock.Mode.R)
            .run(HmmRangeFault::checkAreas)
            .when(fault -> fault.result == 0, HmmRangeFault::faultIn)
            .run(HmmRangeFault::record)
            .unlock(fault -> fault.mm.mmapLock())
            .end();

    private final Mm mm;
    private final IntervalNotifier notifier;
    private final long start;
    private final long end;
    private final long seq;
    private final boolean write;
    private LongList pages = LongList.of();
    private int result;
    private long invalidSampled;
    private long owner = Event.ABSENT;

    /** Fetches the whole range of {@code notifier}, whose fetch began with {@code seq}. */
    public HmmRangeFault(Mm mm, IntervalNotifier notifier, long seq, boolean write) {
        this(mm, notifier, notifier.start(), notifier.end(), seq, write);
    }

    /** Fetches {@code [start, end)}, a part of what {@code notifier} watches. */
    public HmmRangeFault(Mm mm, IntervalNotifier notifier, long start, long end, long seq, boolean write) {
        this.mm = mm;
        this.notifier = notifier;
        this.start = start;
        this.end = end;
        this.seq = seq;
        this.write = write;
    }

    /** Records that the fetch began when the BO had been invalidated so often since it was valid (KFD); 0 is not recorded. */
    public HmmRangeFault countedFrom(long invalid) {
        invalidSampled = invalid;
        return this;
    }

    /** Takes memory of the device {@code owner} as it is: {@code hmm_range.dev_private_owner}. */
    public HmmRangeFault ownedBy(long device) {
        owner = device;
        return this;
    }

    /** The pages found, in address order; empty unless the result is 0. */
    public LongList pages() {
        return pages;
    }

    /** 0, -EBUSY if an invalidation came between, -EFAULT if nothing is mapped there, or -EPERM if it may not be written. */
    public int result() {
        return result;
    }

    /** What the fetch itself copies because of a fork invalidates it, and it has to begin anew. */
    private static Path.Builder<HmmRangeFault> faultIn(Path.Builder<HmmRangeFault> path) {
        return path.call(HmmRangeFault::bringBack)
                .call(fault -> fault.mm.awaitMigrations(fault.start, fault.end))
                .call(HmmRangeFault::allocateMissing)
                .call(HmmRangeFault::copyOnWrite)
                .spend(fault -> fault.kernel().costs().hmmFaultNs() * fault.count())
                .run(HmmRangeFault::fault);
    }

    /** {@code hmm_vma_fault}, {@code hmm_vma_walk_hole}. */
    private void checkAreas() {
        if (!mm.areas().isMapped(start, end)) {
            result = EFAULT;
        } else if (write && !mm.areas().isWritable(start, end)) {
            result = EPERM;
        }
    }

    /** The first page that only another device reaches; the callback that its move brings about makes the caller come again. */
    private @Nullable Call bringBack() {
        Long address = mm.firstOfDevice(start, end, owner);
        DeviceMemory memory = address == null ? null : mm.deviceMemoryAt(address);
        return address == null || memory == null ? null : memory.migrateToRam(address);
    }

    private @Nullable Call copyOnWrite() {
        boolean copies = write && mm.firstWriteProtected(start, end) != null;
        return copies ? new CopyOnWrite(mm, start, end) : null;
    }

    private @Nullable Call allocateMissing() {
        long missing = mm.missing(start, end);
        return missing == 0 ? null : new AllocatePages(Gfp.HIGHUSER, missing);
    }

    private long count() {
        return (end - start) / Mm.PAGE_BYTES;
    }

    private void fault() {
        if (notifier.checkRetry(seq) || isMoving()) {
            result = EBUSY;
        } else {
            mm.faultIn(start, end);
            pages = mm.pages(start, end);
        }
    }

    /** Whether some of it goes elsewhere just now, or has to. */
    private boolean isMoving() {
        return mm.migrations().isAny(start, end) || mm.firstOfDevice(start, end, owner) != null;
    }

    private void record() {
        dev.fenceline.event.HmmRangeFault.Builder event = dev.fenceline.event.HmmRangeFault.builder()
                .notifier(notifier.id())
                .mm(mm.id())
                .start(start)
                .end(end)
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

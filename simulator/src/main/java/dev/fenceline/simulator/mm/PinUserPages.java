package dev.fenceline.simulator.mm;

import dev.fenceline.event.LongList;
import dev.fenceline.simulator.kernel.AllocatePages;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/**
 * gup.c:pin_user_pages_fast, by its slow path: which pages a range shows now, and a pin on each, so that none of them is given back before
 * it is unpinned, whatever the program does with its addresses.
 */
public final class PinUserPages extends Call {
    private static final Path<PinUserPages> PATH = Path.<PinUserPages>named("pin_user_pages_fast")
            .lock(pin -> pin.mm.mmapLock(), Lock.Mode.R)
            .call(PinUserPages::allocateMissing)
            .spend(pin -> pin.kernel().costs().hmmFaultNs() * pin.count())
            .run(pin -> pin.pages = pin.mm.pin(pin.notifier, pin.seq))
            .unlock(pin -> pin.mm.mmapLock())
            .end();

    private final Mm mm;
    private final IntervalNotifier notifier;
    private final long seq;
    private LongList pages = LongList.of();

    /** Pins the whole range of {@code notifier}, in a fetch that began with {@code seq}. */
    public PinUserPages(Mm mm, IntervalNotifier notifier, long seq) {
        this.mm = mm;
        this.notifier = notifier;
        this.seq = seq;
    }

    /** The pages pinned, in address order. */
    public LongList pages() {
        return pages;
    }

    private @Nullable Call allocateMissing() {
        long missing = mm.missing(notifier.start(), notifier.end());
        return missing == 0 ? null : new AllocatePages(Gfp.HIGHUSER, missing);
    }

    private long count() {
        return (notifier.end() - notifier.start()) / Mm.PAGE_BYTES;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

package dev.fenceline.simulator.kernel;

import java.util.Iterator;

/**
 * page_alloc.c:__alloc_pages: sees to it that pages are free, by direct reclaim if {@code gfp} allows it, and by the OOM killer if that
 * finds nothing. Whoever called takes the pages afterwards.
 */
public final class AllocatePages extends Call {
    private static final int ENOMEM = -12;
    private static final long WATERMARK_PAGES = 32;
    private static final long BATCH_PAGES = 32;
    private static final long OOM_WAIT_NS = 200_000;

    private static final Path<AllocatePages> PATH = Path.<AllocatePages>named("__alloc_pages")
            .repeat(attempt -> attempt.leaveIf(AllocatePages::isDone)
                    .run(alloc -> alloc.before = alloc.kernel().memory().free())
                    .call(alloc -> new Reclaim(alloc.victims(), alloc::isEnough))
                    .leaveIf(AllocatePages::isDone)
                    .againIf(alloc -> alloc.kernel().memory().free() > alloc.before)
                    .leaveIf(alloc -> !alloc.killOne())
                    .sleep(alloc -> OOM_WAIT_NS))
            .run(AllocatePages::record)
            .end();

    private final Gfp gfp;
    private final long pages;
    private long before;
    private int result;

    /** Makes {@code pages} pages available. */
    public AllocatePages(Gfp gfp, long pages) {
        this.gfp = gfp;
        this.pages = pages;
    }

    /** 0, or -ENOMEM. */
    public int result() {
        return result;
    }

    private boolean isEnough() {
        return kernel().memory().free() >= pages + WATERMARK_PAGES;
    }

    /** A task that reclaims already may use the reserves, or else reclaim would need reclaim. */
    private boolean isDone() {
        return isEnough() || !gfp.reclaims() || kernel().memory().reclaim().holds(task()) || task().isKilled();
    }

    private Iterator<Call> victims() {
        Iterator<Shrinker> victims = kernel().memory().victims().iterator();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return victims.hasNext();
            }

            @Override
            public Call next() {
                return victims.next().scan(Math.max(pages, BATCH_PAGES));
            }
        };
    }

    /** {@code out_of_memory}: false if there is nobody to kill, so that the reserves have to do. */
    private boolean killOne() {
        Memory.Resident bad = kernel().memory().badProcess();
        if (bad == null) {
            return false;
        }
        bad.kill();
        return true;
    }

    private void record() {
        boolean failed = !isEnough() && (task().isKilled() || !gfp.reclaims());
        result = failed ? ENOMEM : 0;
        kernel().memory().record(gfp, pages * Memory.PAGE_BYTES, result);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

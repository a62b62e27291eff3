package dev.fenceline.simulator.mm;

import dev.fenceline.event.RangeReason;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * fork.c:dup_mmap and memory.c:copy_page_range: the child shows the pages of the parent, which nobody may write from here, so that whoever
 * does gets a copy. Who watches the parent's memory is told that rights are taken away.
 */
public final class Fork extends Call {
    private static final Path<Fork> PATH = Path.<Fork>named("dup_mmap")
            .lock(fork -> fork.parent.mmapLock(), Lock.Mode.W)
            .lock(fork -> fork.child.mmapLock(), Lock.Mode.W)
            .run(fork -> fork.runs.addAll(fork.parent.runs()))
            .repeat(each -> each.leaveIf(fork -> fork.runs.isEmpty())
                    .call(Fork::invalidate)
                    .spend(Fork::pageWork)
                    .run(Fork::share))
            .unlock(fork -> fork.child.mmapLock())
            .unlock(fork -> fork.parent.mmapLock())
            .end();

    private final Mm parent;
    private final Mm child;
    private final Deque<Mm.PageRun> runs = new ArrayDeque<>();
    private final Local<InvalidateRange> range = new Local<>();

    /** Lets {@code child}, which is empty, have what {@code parent} has. */
    public Fork(Mm parent, Mm child) {
        this.parent = parent;
        this.child = child;
    }

    private InvalidateRange invalidate() {
        Mm.PageRun run = runs.element();
        return range.set(new InvalidateRange(parent, run.start(), run.end(), RangeReason.PROTECTION_PAGE));
    }

    private long pageWork() {
        Mm.PageRun run = runs.element();
        return kernel().costs().mapPageNs() * parent.present(run.start(), run.end());
    }

    private void share() {
        Mm.PageRun run = runs.remove();
        parent.share(run.start(), run.end(), child);
        range.get().end();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

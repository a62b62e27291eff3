package dev.fenceline.simulator.mm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/** oom_kill.c:process_mrelease: takes the memory of a process that is being killed without waiting for its exit, as far as that goes. */
public final class ReleaseMemory extends Call {
    private static final int EAGAIN = -11;

    private static final Path<ReleaseMemory> PATH = Path.<ReleaseMemory>named("process_mrelease")
            .lock(release -> release.mm.mmapLock(), Lock.Mode.R)
            .run(release -> release.areas.addAll(release.mm.runs()))
            .repeat(each -> each.leaveIf(release -> release.mm.isReleased() || release.areas.isEmpty())
                    .call(ReleaseMemory::reap))
            .unlock(release -> release.mm.mmapLock())
            .end();

    private final Mm mm;
    private final Deque<Mm.PageRun> areas = new ArrayDeque<>();

    /** Takes the memory of {@code mm}. */
    public ReleaseMemory(Mm mm) {
        this.mm = mm;
    }

    /** 0, or -EAGAIN if some of it has to wait for the exit. */
    public long result() {
        return mm.pages() == 0 ? 0 : EAGAIN;
    }

    private Unmap reap() {
        Mm.PageRun area = areas.remove();
        return Unmap.reap(mm, area.start(), area.end());
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

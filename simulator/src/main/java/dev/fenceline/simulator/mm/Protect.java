package dev.fenceline.simulator.mm;

import dev.fenceline.event.RangeReason;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;

/** mprotect.c:mprotect_fixup: the rights of a range change; pages stay where they are. */
public final class Protect extends Call {
    private static final Path<Protect> PATH = Path.<Protect>named("change_protection")
            .lock(protect -> protect.mm.mmapLock(), Lock.Mode.W)
            .run(protect -> protect.mm.areas().protect(protect.start, protect.end, protect.writable))
            .call(protect -> protect.range.set(
                    new InvalidateRange(protect.mm, protect.start, protect.end, RangeReason.PROTECTION_VMA)))
            .spend(protect -> protect.kernel().costs().mapPageNs() * protect.mm.present(protect.start, protect.end))
            .run(protect -> protect.range.get().end())
            .unlock(protect -> protect.mm.mmapLock())
            .end();

    private final Mm mm;
    private final long start;
    private final long end;
    private final boolean writable;
    private final Local<InvalidateRange> range = new Local<>();

    /** {@code [start, end)} may be read, and written if {@code writable}. */
    public Protect(Mm mm, long start, long end, boolean writable) {
        this.mm = mm;
        this.start = start;
        this.end = end;
        this.writable = writable;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

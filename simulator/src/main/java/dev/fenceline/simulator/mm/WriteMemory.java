package dev.fenceline.simulator.mm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;

/** A program writes its memory: memory.c:handle_mm_fault with FAULT_FLAG_WRITE for what is missing or must be copied first. */
public final class WriteMemory extends Call {
    private static final Path<WriteMemory> PATH = Path.<WriteMemory>named("handle_mm_fault")
            .call(write -> new FaultIn(write.mm, write.start, write.end))
            .lock(write -> write.mm.mmapLock(), Lock.Mode.R)
            .call(write -> new CopyOnWrite(write.mm, write.start, write.end))
            .unlock(write -> write.mm.mmapLock())
            .end();

    private final Mm mm;
    private final long start;
    private final long end;

    /** Writes {@code [start, end)} of the task's own memory. */
    public WriteMemory(Mm mm, long start, long end) {
        this.mm = mm;
        this.start = start;
        this.end = end;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

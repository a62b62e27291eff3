package dev.fenceline.simulator.mm;

import dev.fenceline.event.Event;
import dev.fenceline.simulator.kernel.AllocatePages;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/** memory.c:handle_mm_fault, for each page of a range that a program touches. */
public final class FaultIn extends Call {
    private static final Path<FaultIn> PATH = Path.<FaultIn>named("handle_mm_fault")
            .lock(fault -> fault.mm.mmapLock(), Lock.Mode.R)
            .repeat(again -> again.call(FaultIn::bringBack)
                    .call(fault -> fault.mm.awaitMigrations(fault.start, fault.end))
                    .againIf(FaultIn::isOfDevice)
                    .call(FaultIn::allocateMissing)
                    .spend(fault -> fault.kernel().costs().mapPageNs() * fault.mm.missing(fault.start, fault.end))
                    .run(FaultIn::insert)
                    .leaveIf(fault -> fault.task().isKilled() || fault.isReached()))
            .unlock(fault -> fault.mm.mmapLock())
            .end();

    private final Mm mm;
    private final long start;
    private final long end;
    private final Local<AllocatePages> allocation = new Local<>();

    /** Touches the pages of {@code [start, end)} of the task's own memory. */
    public FaultIn(Mm mm, long start, long end) {
        this.mm = mm;
        this.start = start;
        this.end = end;
    }

    /** {@code do_swap_page} of a device-private entry. */
    private @Nullable Call bringBack() {
        Long address = mm.firstOfDevice(start, end, Event.ABSENT);
        DeviceMemory memory = address == null ? null : mm.deviceMemoryAt(address);
        return address == null || memory == null ? null : memory.migrateToRam(address);
    }

    private boolean isOfDevice() {
        return !task().isKilled() && mm.firstOfDevice(start, end, Event.ABSENT) != null;
    }

    /** The access finds nothing that another fault would be needed for. */
    private boolean isReached() {
        return !isOfDevice() && !mm.migrations().isAny(start, end);
    }

    private @Nullable Call allocateMissing() {
        long missing = mm.missing(start, end);
        return missing == 0 ? null : allocation.set(new AllocatePages(Gfp.HIGHUSER, missing));
    }

    /** A task that is being killed gets no more pages. */
    private void insert() {
        AllocatePages allocated = allocation.orNull();
        if (allocated == null || allocated.result() == 0) {
            mm.faultIn(start, end);
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

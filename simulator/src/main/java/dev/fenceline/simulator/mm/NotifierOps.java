package dev.fenceline.simulator.mm;

import dev.fenceline.simulator.kernel.Call;

/** What a driver does when the CPU mapping of a range it watches goes away: {@code mmu_interval_notifier_ops}. */
public interface NotifierOps {
    /** The first pass: must store the sequence number, and start what takes long without waiting for it. */
    abstract class StartPass extends Call {
        /** Whether the second pass has to finish what this one started. */
        public abstract boolean isDeferred();
    }

    /** Whether the driver splits the callback; if not, the first pass does everything and is {@code invalidate}. */
    boolean hasTwoPasses();

    /** {@code invalidate_start}: {@code curSeq} is the sequence number to store. */
    StartPass start(long curSeq);

    /** {@code invalidate_finish}: after it nobody may use the old pages. */
    Call finish();
}

package dev.fenceline.simulator.mm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/** What a driver does when the CPU mapping of a range it watches goes away: {@code mmu_interval_notifier_ops}. */
public interface NotifierOps {
    /** The first pass: must store the sequence number, and start what takes long without waiting for it. */
    abstract class StartPass extends Call {
        /** Whether the second pass has to finish what this one started. */
        public boolean isDeferred() {
            return false;
        }

        /** Whether the callback returned false: it would have had to sleep in a range that must not. */
        public boolean isRefused() {
            return false;
        }
    }

    /** What unpinned drivers do first if the range is not {@code mmu_notifier_range_blockable}. */
    final class Refusal extends StartPass {
        private static final Path<Refusal> PATH =
                Path.<Refusal>named("mmu_notifier_range_blockable").end();

        @Override
        public boolean isRefused() {
            return true;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    /** Whether the driver splits the callback; if not, the first pass does everything and is {@code invalidate}. */
    boolean hasTwoPasses();

    /** {@code invalidate_start}: {@code curSeq} is the sequence number to store; without sleeping unless {@code range} may block. */
    StartPass start(MmuRange range, long curSeq);

    /** {@code invalidate_finish}: after it nobody may use the old pages. */
    Call finish();
}

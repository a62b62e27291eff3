package dev.fenceline.simulator.mm;

import dev.fenceline.event.RangeReason;

/**
 * A {@code mmu_notifier_range}: what is about to change, as callbacks are told of it.
 *
 * @param start the first CPU address
 * @param end the first CPU address after it
 * @param reason why
 * @param isBlockable whether callbacks may sleep
 */
public record MmuRange(long start, long end, RangeReason reason, boolean isBlockable) {
    /** Whether {@code [from, to)} has an address of it. */
    public boolean overlaps(long from, long to) {
        return start < to && from < end;
    }
}

package dev.fenceline.simulator.sched;

import dev.fenceline.event.TimeoutStatus;
import dev.fenceline.simulator.driver.Variant;

/** What a driver does about a ring that hangs. */
public enum Recovery {
    /** The ring is stopped and reset; what was on it but for the guilty job is submitted again, with new hardware fences (7.x). */
    RESUBMIT(TimeoutStatus.RESET),
    /** The same with the old hardware fences, which get new seqnos (amdgpu up to 6.12). */
    RENUMBER(TimeoutStatus.RESET),
    /** The queue is reset, the guilty job completed with an error, and the rest written to the ring again (amdgpu 7.3). */
    COMPLETE_GUILTY(TimeoutStatus.NO_HANG);

    private final TimeoutStatus status;

    Recovery(TimeoutStatus status) {
        this.status = status;
    }

    /** What the driver of {@code variant} does. */
    public static Recovery of(Variant variant) {
        if (variant.renumbersOnResubmit()) {
            return RENUMBER;
        }
        return variant.timeoutStatus() == TimeoutStatus.NO_HANG ? COMPLETE_GUILTY : RESUBMIT;
    }

    TimeoutStatus status() {
        return status;
    }
}

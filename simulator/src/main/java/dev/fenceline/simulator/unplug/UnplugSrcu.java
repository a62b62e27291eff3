package dev.fenceline.simulator.unplug;

import dev.fenceline.simulator.kernel.WaitList;
import dev.fenceline.simulator.kernel.Waits;
import java.util.function.Consumer;

/**
 * drm_drv.c:drm_unplug_srcu: one domain for all DRM devices of the host. A section of one card keeps the unplug of another waiting.
 */
public final class UnplugSrcu implements Waits {
    private final int[] readers = new int[2];
    private final WaitList left = new WaitList(this);
    private int current;

    /** {@code srcu_read_lock}: the cookie says which of the two counters the reader is in. */
    int lock() {
        readers[current]++;
        return current;
    }

    /** {@code srcu_read_unlock}. */
    void unlock(int cookie) {
        readers[cookie]--;
        if (readers[cookie] == 0) {
            left.wakeAll();
        }
    }

    /** Begins {@code synchronize_srcu}: new readers count elsewhere; the result is what {@link #isQuiet} is asked with. */
    public int flip() {
        int before = current;
        current = 1 - current;
        return before;
    }

    /** Whether all readers from before the flip have left. */
    public boolean isQuiet(int before) {
        return readers[before] == 0;
    }

    /** Where {@code synchronize_srcu} sleeps. */
    public WaitList left() {
        return left;
    }

    @Override
    public String label() {
        return "sections of DRM devices";
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        // A counter does not know its readers.
    }
}

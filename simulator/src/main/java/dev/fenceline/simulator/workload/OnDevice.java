package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.kernel.Call;
import org.jspecify.annotations.Nullable;

/** What a program does on a GPU, until a call says that the GPU is gone. */
abstract class OnDevice extends Call {
    final UserModeDriver driver;

    OnDevice(UserModeDriver driver) {
        this.driver = driver;
    }

    /** What it does before it notices that nothing of it is shown any more; null if nothing. */
    @Nullable Call linger() {
        return null;
    }

    /** Unmaps and closes what it has beside the file of the GPU. */
    abstract void letGo();
}

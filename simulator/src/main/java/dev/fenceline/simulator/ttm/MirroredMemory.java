package dev.fenceline.simulator.ttm;

import dev.fenceline.simulator.kernel.Call;

/** What a BO with XE_BO_FLAG_CPU_ADDR_MIRROR is: the memory that a program finds at its own addresses. */
public interface MirroredMemory {
    /** {@code xe_svm_bo_evict}: when it returns no address shows the BO's memory any more; under the BO's reservation. */
    Call evict();
}

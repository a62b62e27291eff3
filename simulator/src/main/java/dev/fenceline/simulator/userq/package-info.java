/**
 * User-mode queues of amdgpu 7.3: rings that programs write and ring themselves, mapped to the hardware and unmapped by the firmware
 * scheduler (MES), the eviction fence that memory waits for before it moves away under them, and the fences that stand for their work.
 *
 * <p>The model resets queues one by one, as the MES of GFX12 can; what a reset of the whole GPU does to them is left out.
 */
@NullMarked
package dev.fenceline.simulator.userq;

import org.jspecify.annotations.NullMarked;

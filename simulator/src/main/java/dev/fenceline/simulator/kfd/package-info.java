/**
 * The KFD, amdgpu's compute interface: processes with queues that run without jobs and fences, stopped when memory of theirs goes and
 * started again when it is valid.
 *
 * <p>The processes of the model compute on memory of their own, as on an APU, and have none in VRAM that could be evicted; so the
 * eviction fence, which TTM would ask for VRAM, has nobody who waits for it and is left out.
 */
@NullMarked
package dev.fenceline.simulator.kfd;

import org.jspecify.annotations.NullMarked;

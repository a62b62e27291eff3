/** {@code dma_fence} and {@code dma_resv}: the promise that work completes, and who has to wait for which promises. */
@NullMarked
package dev.fenceline.simulator.fence;

import org.jspecify.annotations.NullMarked;

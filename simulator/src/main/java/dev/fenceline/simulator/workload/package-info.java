/** Programs that use GPUs, as far as the kernel sees them. */
@NullMarked
package dev.fenceline.simulator.workload;

import org.jspecify.annotations.NullMarked;

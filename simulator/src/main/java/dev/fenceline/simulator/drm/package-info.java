/** Devices, the processes that use them, the files they open and the calls they make. */
@NullMarked
package dev.fenceline.simulator.drm;

import org.jspecify.annotations.NullMarked;

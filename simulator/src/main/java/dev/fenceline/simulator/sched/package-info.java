/** The GPU scheduler ({@code drm_sched}) and the rings of the hardware behind it. */
@NullMarked
package dev.fenceline.simulator.sched;

import org.jspecify.annotations.NullMarked;

/** What of a device outlives its hardware: whether it is there, who is in the middle of using it, and who keeps it. */
@NullMarked
package dev.fenceline.simulator.unplug;

import org.jspecify.annotations.NullMarked;

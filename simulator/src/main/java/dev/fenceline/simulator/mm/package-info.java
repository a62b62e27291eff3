/** CPU address spaces: pages that come and go, and the interval notifiers that tell drivers when they go. */
@NullMarked
package dev.fenceline.simulator.mm;

import org.jspecify.annotations.NullMarked;

/** A kernel that manages GPU memory, in one thread and virtual time. */
@NullMarked
package dev.fenceline.simulator;

import org.jspecify.annotations.NullMarked;

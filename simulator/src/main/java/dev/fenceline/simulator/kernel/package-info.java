/**
 * What every kernel code path stands on: virtual time, seeded chance, tasks that block, sleeping locks, and the recorder of what
 * happened.
 */
@NullMarked
package dev.fenceline.simulator.kernel;

import org.jspecify.annotations.NullMarked;

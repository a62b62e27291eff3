/**
 * Debuggers of GPU programs, as the first ABI family of the xe EU debugger has them (posted v1 to v3): attach by process id, events,
 * and memory of a VM as a file (thread 000).
 */
@NullMarked
package dev.fenceline.simulator.debug;

import org.jspecify.annotations.NullMarked;

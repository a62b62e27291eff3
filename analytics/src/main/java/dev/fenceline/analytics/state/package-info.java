/**
 * The fold of a session's events: tables of what is alive in the kernel, and the seqs of the events that made it so.
 *
 * <p>{@link dev.fenceline.analytics.state.KernelState#apply} is the only way it changes. A table family is one class; the
 * objects in it are read by the rules and changed by their own table only.
 */
@NullMarked
package dev.fenceline.analytics.state;

import org.jspecify.annotations.NullMarked;

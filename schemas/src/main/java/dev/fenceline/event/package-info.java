/**
 * The event contract as Java types: one immutable class per event under the sealed {@link dev.fenceline.event.Event}, generated from
 * the schemas, and the few types they are made of.
 */
@NullMarked
package dev.fenceline.event;

import org.jspecify.annotations.NullMarked;

/** Kafka in and out, and the store. */
@NullMarked
package dev.fenceline.recorder;

import org.jspecify.annotations.NullMarked;

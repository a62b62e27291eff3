/**
 * Recording: from Kafka into the store, exactly once.
 *
 * <p>{@code kafka} is Kafka in and out, {@code store} the DuckDB file, {@code replay} the way back from the store to Kafka. The
 * {@link dev.fenceline.recorder.Recorder} joins them.
 */
@NullMarked
package dev.fenceline.recorder;

import org.jspecify.annotations.NullMarked;

/** A session judged from its first event to its last, anywhere: offline, in a test, inside the Flink job. */
@NullMarked
package dev.fenceline.analytics.check;

import org.jspecify.annotations.NullMarked;

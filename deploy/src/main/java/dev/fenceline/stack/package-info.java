/** The parts of a Fenceline installation that run inside one JVM: the broker, the Flink cluster, and the two put together. */
@NullMarked
package dev.fenceline.stack;

import org.jspecify.annotations.NullMarked;

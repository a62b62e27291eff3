/** A recorded session sent to Kafka again, as a new session that says what it replays. */
@NullMarked
package dev.fenceline.recorder.replay;

import org.jspecify.annotations.NullMarked;

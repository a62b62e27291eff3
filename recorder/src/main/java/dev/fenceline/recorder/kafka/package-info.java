/** Events into Kafka and out of it: topics, emitter, tail, dead letters. */
@NullMarked
package dev.fenceline.recorder.kafka;

import org.jspecify.annotations.NullMarked;

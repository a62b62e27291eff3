/**
 * The rules as a Flink job: Kafka events in, alerts and verdicts out, exactly once. Nothing is judged here: every session's events
 * go, in order, to a {@link dev.fenceline.analytics.check.SessionCheck}, which is what the offline check uses too.
 */
@NullMarked
package dev.fenceline.analytics.flink;

import org.jspecify.annotations.NullMarked;

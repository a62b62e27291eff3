package dev.fenceline.recorder.kafka;

/**
 * What an emitter has done so far. After a successful {@link EventEmitter#flush()} sent and acknowledged are equal.
 *
 * @param sent events handed to Kafka
 * @param acknowledged events that all in-sync replicas have
 * @param bytes wire bytes of the events sent, before compression
 */
public record EmitReport(long sent, long acknowledged, long bytes) {}

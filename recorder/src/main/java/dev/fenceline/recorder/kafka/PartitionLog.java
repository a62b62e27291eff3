package dev.fenceline.recorder.kafka;

/**
 * One partition of one incarnation of a topic. A topic that is deleted and created anew has the same name, another id, and other
 * records at the same offsets.
 */
public record PartitionLog(String topic, String topicId, int partition) {}

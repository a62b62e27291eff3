package dev.fenceline.recorder.kafka;

/** Kafka did not do what it was asked to; the message says what, where, and what is known to be safe. */
public final class KafkaStreamException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public KafkaStreamException(String message, Throwable cause) {
        super(message, cause);
    }
}

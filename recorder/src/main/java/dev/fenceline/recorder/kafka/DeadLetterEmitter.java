package dev.fenceline.recorder.kafka;

import dev.fenceline.wire.Topics;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends dead letters to {@link Topics#DEAD_LETTERS}: the bytes as they came, and in headers why and where from.
 *
 * <p>At least once: a recorder that dies between sending and landing sends again after its restart. The headers
 * {@code fenceline.topic}, {@code fenceline.partition} and {@code fenceline.offset} name the record uniquely.
 */
public final class DeadLetterEmitter implements AutoCloseable {
    private final KafkaProducer<byte[], byte[]> producer;

    public DeadLetterEmitter(KafkaEndpoint endpoint) {
        Map<String, String> settings = new TreeMap<>(EventEmitter.producerSettings());
        settings.put("client.id", "fenceline-dead-letters");
        settings.put("buffer.memory", "8388608");
        this.producer =
                new KafkaProducer<>(endpoint.client(settings), new ByteArraySerializer(), new ByteArraySerializer());
    }

    /**
     * Sends the letters and waits until they are acknowledged.
     *
     * @throws KafkaStreamException if one could not be delivered
     */
    public void send(List<DeadLetter> letters) {
        List<Future<RecordMetadata>> answers = new ArrayList<>(letters.size());
        for (DeadLetter letter : letters) {
            answers.add(producer.send(record(letter)));
        }
        producer.flush();
        for (Future<RecordMetadata> answer : answers) {
            try {
                answer.get();
            } catch (ExecutionException e) {
                Throwable cause = StreamTopics.cause(e);
                throw new KafkaStreamException(
                        "a dead letter could not be delivered to " + Topics.DEAD_LETTERS + ": " + cause.getMessage(),
                        cause);
            } catch (InterruptedException e) {
                throw StreamTopics.interrupted(e);
            }
        }
    }

    private static ProducerRecord<byte[], byte[]> record(DeadLetter letter) {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(Topics.DEAD_LETTERS, letter.key(), letter.value());
        record.headers().add("fenceline.reason", utf8(letter.reason()));
        record.headers().add("fenceline.message", utf8(letter.message()));
        record.headers().add("fenceline.topic", utf8(letter.topic()));
        record.headers().add("fenceline.partition", utf8(Integer.toString(letter.partition())));
        record.headers().add("fenceline.offset", utf8(Long.toString(letter.offset())));
        return record;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        producer.close();
    }
}

package dev.fenceline.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.testing.Golden;
import dev.fenceline.testing.SampleEvents;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EventCodecTest {
    private static final Path RELEASED = Path.of("src/main/released-schemas.txt");
    private static final Path GOLDEN = Path.of("src/test/resources/golden/wire.txt");

    private final EventCodec codec = new EventCodec();

    @ParameterizedTest
    @EnumSource(EventType.class)
    void readsBackWhatItWrites(EventType type) throws UndecodableException {
        SplittableRandom chance = new SplittableRandom(type.fingerprint());
        for (int i = 0; i < 50; i++) {
            Event event = SampleEvents.random(type, chance);
            assertThat(codec.decode(codec.encode(event))).isEqualTo(event);
        }
    }

    /** Avro's own reader and writer are the judges of what Avro binary is. */
    @ParameterizedTest
    @EnumSource(EventType.class)
    void writesWhatAvroItselfReadsAndWrites(EventType type) throws IOException {
        Schema schema = schema(type);
        GenericDatumReader<GenericRecord> reader = new GenericDatumReader<>(schema);
        GenericDatumWriter<GenericRecord> writer = new GenericDatumWriter<>(schema);
        SplittableRandom chance = new SplittableRandom(type.fingerprint());
        for (int i = 0; i < 20; i++) {
            byte[] wire = codec.encode(SampleEvents.random(type, chance));
            byte[] body = Arrays.copyOfRange(wire, EventCodec.HEADER_LENGTH, wire.length);
            GenericRecord record = reader.read(null, DecoderFactory.get().binaryDecoder(body, null));
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
            writer.write(record, encoder);
            encoder.flush();
            assertThat(out.toByteArray()).isEqualTo(body);
        }
    }

    private static Schema schema(EventType type) throws IOException {
        try (InputStream in = Objects.requireNonNull(
                EventType.class.getResourceAsStream(type.eventName() + ".avsc"), type.eventName())) {
            return new Schema.Parser().parse(in);
        }
    }

    /** Bytes recorded once stay readable for ever: lines are added to the golden file, never changed. */
    @Test
    void writesTheGoldenBytesOfEveryEvent() throws IOException {
        Golden.mustHold(
                GOLDEN,
                Arrays.stream(EventType.values())
                        .map(type -> type.eventName() + " "
                                + HexFormat.of().formatHex(codec.encode(SampleEvents.full(type))) + "\n")
                        .collect(Collectors.joining()));
    }

    @Test
    void readsTheGoldenBytesOfEveryEvent() throws IOException, UndecodableException {
        for (String line : Files.readAllLines(GOLDEN)) {
            List<String> words = List.of(line.split(" ", 2));
            EventType type = Objects.requireNonNull(EventType.named(words.get(0)), line);
            assertThat(codec.decode(HexFormat.of().parseHex(words.get(1)))).isEqualTo(SampleEvents.full(type));
        }
    }

    @Test
    void knowsEveryVersionThatWasEverReleased() throws IOException {
        StringBuilder released = new StringBuilder(Files.readString(RELEASED));
        for (EventType type : EventType.values()) {
            String line = "%s %016x %d%n".formatted(type.eventName(), type.fingerprint(), type.fieldCount());
            if (released.indexOf(line) < 0) {
                released.append(line);
            }
        }
        Golden.mustHold(RELEASED, released.toString());
    }

    @ParameterizedTest
    @EnumSource(EventType.class)
    void saysWhyWhenBytesAreCutOrDamaged(EventType type) {
        byte[] wire = codec.encode(SampleEvents.full(type));
        for (int length = 0; length < wire.length; length++) {
            int cut = length;
            assertThatThrownBy(() -> codec.decode(wire, 0, cut)).isInstanceOf(UndecodableException.class);
        }
        SplittableRandom chance = new SplittableRandom(type.fingerprint());
        for (int i = 0; i < 300; i++) {
            byte[] damaged = wire.clone();
            damaged[chance.nextInt(damaged.length)] ^= (byte) (1 << chance.nextInt(8));
            try {
                assertThat(codec.decode(damaged)).isNotNull();
            } catch (UndecodableException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        }
    }

    @Test
    void namesTheReasonOfEachKindOfDamage() {
        byte[] wire = codec.encode(SampleEvents.full(EventType.BO_MOVE));
        byte[] unknown = wire.clone();
        unknown[4] ^= 0x55;
        byte[] unmarked = wire.clone();
        unmarked[0] = 0;
        byte[] longer = Arrays.copyOf(wire, wire.length + 1);
        assertReason(new byte[3], UndecodableException.Reason.TOO_SHORT);
        assertReason(unmarked, UndecodableException.Reason.BAD_MARKER);
        assertReason(unknown, UndecodableException.Reason.UNKNOWN_SCHEMA);
        assertReason(longer, UndecodableException.Reason.CORRUPT);
    }

    private void assertReason(byte[] bytes, UndecodableException.Reason reason) {
        assertThatThrownBy(() -> codec.decode(bytes))
                .isInstanceOfSatisfying(
                        UndecodableException.class, e -> assertThat(e.reason()).isEqualTo(reason));
    }
}

package dev.fenceline.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.fenceline.event.Event;
import dev.fenceline.event.EventType;
import dev.fenceline.event.FieldSpec;
import dev.fenceline.event.FieldVisitor;
import dev.fenceline.event.LongList;
import dev.fenceline.event.Source;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Events as JSON objects: {@code {"event":"bo_move","head":{"seq":5,...},"bo":1,...}}, fields that were not recorded left out, bytes
 * in hexadecimal. Numbers are whole and may need 64 bits.
 */
public final class EventJson {
    private static final JsonFactory FACTORY = new JsonFactory();

    private EventJson() {}

    /** The event as one line of JSON, without the line's end. */
    public static String line(Event event) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(text)) {
            write(event, json);
        } catch (IOException e) {
            throw new UncheckedIOException("a StringWriter does not fail", e);
        }
        return text.toString();
    }

    /** Writes the event as an object. */
    public static void write(Event event, JsonGenerator json) throws IOException {
        json.writeStartObject();
        json.writeStringField("event", event.eventType().eventName());
        json.writeObjectFieldStart("head");
        json.writeNumberField("seq", event.seq());
        json.writeNumberField("ts", event.ts());
        json.writeNumberField("cpu", event.cpu());
        json.writeNumberField("tid", event.tid());
        json.writeNumberField("tgid", event.tgid());
        json.writeStringField("source", event.source().name());
        json.writeEndObject();
        try {
            event.forEachField(new Fields(json));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        json.writeEndObject();
    }

    /**
     * Reads one line that {@link #line} wrote, or that somebody wrote like it.
     *
     * @throws IOException if it is no JSON or no event; the message says which name is unknown and suggests the nearest
     */
    public static Event read(String line) throws IOException {
        try (JsonParser json = FACTORY.createParser(line)) {
            expect(json, json.nextToken(), JsonToken.START_OBJECT, "an event is an object");
            if (!"event".equals(json.nextFieldName())) {
                throw new JsonParseException(json, "an event's first member is \"event\", its name");
            }
            String name = json.nextTextValue();
            EventType type = EventType.named(String.valueOf(name));
            if (type == null) {
                throw new JsonParseException(
                        json,
                        "there is no event '" + name + "'"
                                + Nearest.suggestion(
                                        String.valueOf(name),
                                        Arrays.stream(EventType.values())
                                                .map(EventType::eventName)
                                                .toList()));
            }
            return read(json, type);
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static Event read(JsonParser json, EventType type) throws IOException {
        Event.Builder<?> builder = type.newBuilder();
        Head head = new Head();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String key = json.currentName();
            JsonToken value = json.nextToken();
            FieldSpec field = type.field(key);
            if (key.equals("head")) {
                head.read(json);
            } else if (field == null) {
                throw new JsonParseException(
                        json,
                        type.eventName() + " has no field '" + key + "'"
                                + Nearest.suggestion(
                                        key,
                                        type.fields().stream()
                                                .map(FieldSpec::name)
                                                .toList()));
            } else if (value != JsonToken.VALUE_NULL) {
                set(json, builder, field);
            }
        }
        return builder.build(head.seq, head.ts, head.cpu, head.tid, head.tgid, head.source);
    }

    private static void set(JsonParser json, Event.Builder<?> builder, FieldSpec field) throws IOException {
        int index = field.index();
        switch (field.kind()) {
            case NUMBER -> builder.setNumber(index, json.getLongValue());
            case FLAG -> builder.setFlag(index, json.getBooleanValue());
            case TEXT -> builder.setText(index, json.getText());
            case BYTES -> builder.setBytes(index, HexFormat.of().parseHex(json.getText()));
            case SYMBOL -> builder.setSymbol(index, json.getText());
            case NUMBERS -> {
                List<Long> values = new ArrayList<>();
                while (json.nextToken() != JsonToken.END_ARRAY) {
                    values.add(json.getLongValue());
                }
                builder.setNumbers(
                        index,
                        LongList.of(values.stream().mapToLong(Long::longValue).toArray()));
            }
            case SYMBOLS -> builder.setSymbols(index, texts(json));
            case TEXTS -> builder.setTexts(index, texts(json));
        }
    }

    private static List<String> texts(JsonParser json) throws IOException {
        List<String> values = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            values.add(json.getText());
        }
        return values;
    }

    private static void expect(JsonParser json, JsonToken token, JsonToken wanted, String message) throws IOException {
        if (token != wanted) {
            throw new JsonParseException(json, message);
        }
    }

    private static final class Head {
        private long seq;
        private long ts;
        private int cpu;
        private int tid;
        private int tgid;
        private Source source = Source.UNKNOWN;

        void read(JsonParser json) throws IOException {
            expect(json, json.currentToken(), JsonToken.START_OBJECT, "head is an object");
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String key = json.currentName();
                json.nextToken();
                switch (key) {
                    case "seq" -> seq = json.getLongValue();
                    case "ts" -> ts = json.getLongValue();
                    case "cpu" -> cpu = json.getIntValue();
                    case "tid" -> tid = json.getIntValue();
                    case "tgid" -> tgid = json.getIntValue();
                    case "source" -> source = Source.valueOf(json.getText());
                    default -> throw new JsonParseException(json, "the head has no '" + key + "'");
                }
            }
        }
    }

    private static final class Fields implements FieldVisitor {
        private final JsonGenerator json;

        private Fields(JsonGenerator json) {
            this.json = json;
        }

        private interface Writing {
            void run() throws IOException;
        }

        private void put(FieldSpec field, Writing value) {
            try {
                json.writeFieldName(field.name());
                value.run();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void putTexts(FieldSpec field, List<String> value) {
            put(field, () -> json.writeArray(value.toArray(String[]::new), 0, value.size()));
        }

        @Override
        public void number(FieldSpec field, long value) {
            put(field, () -> json.writeNumber(value));
        }

        @Override
        public void flag(FieldSpec field, boolean value) {
            put(field, () -> json.writeBoolean(value));
        }

        @Override
        public void text(FieldSpec field, String value) {
            put(field, () -> json.writeString(value));
        }

        @Override
        public void bytes(FieldSpec field, byte[] value) {
            put(field, () -> json.writeString(HexFormat.of().formatHex(value)));
        }

        @Override
        public void symbol(FieldSpec field, String value) {
            put(field, () -> json.writeString(value));
        }

        @Override
        public void numbers(FieldSpec field, LongList value) {
            put(field, () -> json.writeArray(value.toArray(), 0, value.size()));
        }

        @Override
        public void symbols(FieldSpec field, List<String> value) {
            putTexts(field, value);
        }

        @Override
        public void texts(FieldSpec field, List<String> value) {
            putTexts(field, value);
        }
    }
}

package dev.fenceline.event;

import java.util.HexFormat;
import java.util.List;

/** An event as a line for logs and failed assertions; trace text proper is written by {@code dev.fenceline.text}. */
final class EventDescription implements FieldVisitor {
    private final StringBuilder line = new StringBuilder();

    private EventDescription() {}

    static String of(Event event) {
        EventDescription description = new EventDescription();
        description.line.append(event.seq()).append(" [").append(event.ts()).append("ns] ");
        description.line.append(event.eventType().eventName());
        event.forEachField(description);
        return description.line.toString();
    }

    private void put(FieldSpec field, Object value) {
        line.append(' ').append(field.name()).append('=').append(value);
    }

    @Override
    public void number(FieldSpec field, long value) {
        put(field, value);
    }

    @Override
    public void flag(FieldSpec field, boolean value) {
        put(field, value);
    }

    @Override
    public void text(FieldSpec field, String value) {
        put(field, value);
    }

    @Override
    public void bytes(FieldSpec field, byte[] value) {
        put(field, HexFormat.of().formatHex(value));
    }

    @Override
    public void symbol(FieldSpec field, String value) {
        put(field, value);
    }

    @Override
    public void numbers(FieldSpec field, LongList value) {
        put(field, value);
    }

    @Override
    public void symbols(FieldSpec field, List<String> value) {
        put(field, value);
    }

    @Override
    public void texts(FieldSpec field, List<String> value) {
        put(field, value);
    }
}

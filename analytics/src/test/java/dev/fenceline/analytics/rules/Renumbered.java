package dev.fenceline.analytics.rules;

import dev.fenceline.event.Event;
import dev.fenceline.event.FieldKind;
import dev.fenceline.event.FieldSpec;
import dev.fenceline.event.FieldVisitor;
import dev.fenceline.event.LongList;
import java.util.List;
import java.util.Objects;
import java.util.function.LongUnaryOperator;

/** Copies of events: at another place in the log, with other ids, with one number changed. */
final class Renumbered {
    private Renumbered() {}

    /** The same event at another seq and time. */
    static Event at(Event event, long seq, long ts) {
        return copy(event, seq, ts, event.tid(), event.tgid(), LongUnaryOperator.identity(), "");
    }

    /** The same event about other objects, modules and threads: every id and thread is moved by {@code offset}. */
    static Event renamed(Event event, long seq, long ts, int offset) {
        return copy(event, seq, ts, event.tid() + offset, event.tgid() + offset, id -> id + offset, "_" + offset);
    }

    private static Event copy(
            Event event, long seq, long ts, int tid, int tgid, LongUnaryOperator ids, String modules) {
        Event.Builder<?> builder = builder(event, ids, modules);
        return Objects.requireNonNull(builder.build(seq, ts, event.cpu(), tid, tgid, event.source()));
    }

    /** The same event with that number in the field, or a list of it. */
    static Event with(Event event, FieldSpec field, long number) {
        Event.Builder<?> builder = builder(event, LongUnaryOperator.identity(), "");
        if (field.kind() == FieldKind.NUMBERS) {
            builder.setNumbers(field.index(), LongList.of(number));
        } else {
            builder.setNumber(field.index(), number);
        }
        return Objects.requireNonNull(
                builder.build(event.seq(), event.ts(), event.cpu(), event.tid(), event.tgid(), event.source()));
    }

    private static Event.Builder<?> builder(Event event, LongUnaryOperator ids, String modules) {
        Event.Builder<?> builder = event.eventType().newBuilder();
        event.forEachField(new FieldVisitor() {
            private boolean isId(FieldSpec field) {
                return field.idKind() != null;
            }

            @Override
            public void number(FieldSpec field, long value) {
                builder.setNumber(field.index(), isId(field) && value != 0 ? ids.applyAsLong(value) : value);
            }

            @Override
            public void flag(FieldSpec field, boolean value) {
                builder.setFlag(field.index(), value);
            }

            @Override
            public void text(FieldSpec field, String value) {
                builder.setText(field.index(), field.name().equals("module") ? value + modules : value);
            }

            @Override
            public void bytes(FieldSpec field, byte[] value) {
                builder.setBytes(field.index(), value);
            }

            @Override
            public void symbol(FieldSpec field, String value) {
                builder.setSymbol(field.index(), value);
            }

            @Override
            public void numbers(FieldSpec field, LongList value) {
                long[] moved = value.toArray();
                for (int i = 0; i < moved.length && isId(field); i++) {
                    moved[i] = ids.applyAsLong(moved[i]);
                }
                builder.setNumbers(field.index(), LongList.of(moved));
            }

            @Override
            public void symbols(FieldSpec field, List<String> value) {
                builder.setSymbols(field.index(), value);
            }

            @Override
            public void texts(FieldSpec field, List<String> value) {
                builder.setTexts(field.index(), value);
            }
        });
        return builder;
    }
}

package dev.fenceline.event;

import java.util.List;

/** Receives the recorded fields of an event one by one. */
public interface FieldVisitor {
    void number(FieldSpec field, long value);

    void flag(FieldSpec field, boolean value);

    void text(FieldSpec field, String value);

    void bytes(FieldSpec field, byte[] value);

    void symbol(FieldSpec field, String value);

    void numbers(FieldSpec field, LongList value);

    void symbols(FieldSpec field, List<String> value);

    void texts(FieldSpec field, List<String> value);
}

package dev.fenceline.recorder.replay;

import dev.fenceline.event.Event;
import dev.fenceline.event.FieldSpec;
import dev.fenceline.event.FieldVisitor;
import dev.fenceline.event.LongList;
import java.util.List;

/** Sets in a builder what it is told of an event of the same type. */
record FieldCopy(Event.Builder<?> target) implements FieldVisitor {
    @Override
    public void number(FieldSpec field, long value) {
        target.setNumber(field.index(), value);
    }

    @Override
    public void flag(FieldSpec field, boolean value) {
        target.setFlag(field.index(), value);
    }

    @Override
    public void text(FieldSpec field, String value) {
        target.setText(field.index(), value);
    }

    @Override
    public void bytes(FieldSpec field, byte[] value) {
        target.setBytes(field.index(), value);
    }

    @Override
    public void symbol(FieldSpec field, String value) {
        target.setSymbol(field.index(), value);
    }

    @Override
    public void numbers(FieldSpec field, LongList value) {
        target.setNumbers(field.index(), value);
    }

    @Override
    public void symbols(FieldSpec field, List<String> value) {
        target.setSymbols(field.index(), value);
    }

    @Override
    public void texts(FieldSpec field, List<String> value) {
        target.setTexts(field.index(), value);
    }
}

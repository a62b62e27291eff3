package dev.fenceline.recorder.store;

import dev.fenceline.recorder.kafka.DeadLetter;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Brings dead letters into their table the way events go: a topic full of somebody else's records must not bring landing down. */
final class DeadLetterTable {
    private static final List<EventTable.Column> COLUMNS = List.of(
            column("topic", ColumnForm.TEXT),
            column("partition", ColumnForm.INTEGER),
            column("offset", ColumnForm.NUMBER),
            column("reason", ColumnForm.TEXT),
            column("message", ColumnForm.TEXT),
            column("key", ColumnForm.BYTES),
            column("value", ColumnForm.BYTES));

    private DeadLetterTable() {}

    static TableBuffer rows(List<DeadLetter> letters) {
        ColumnBuffer.Texts topic = new ColumnBuffer.Texts();
        ColumnBuffer.Integers partition = new ColumnBuffer.Integers();
        ColumnBuffer.Numbers offset = new ColumnBuffer.Numbers();
        ColumnBuffer.Texts reason = new ColumnBuffer.Texts();
        ColumnBuffer.Texts message = new ColumnBuffer.Texts();
        ColumnBuffer.Bytes key = new ColumnBuffer.Bytes();
        ColumnBuffer.Bytes value = new ColumnBuffer.Bytes();
        List<ColumnBuffer> data = List.of(topic, partition, offset, reason, message, key, value);
        data.forEach(column -> column.resize(letters.size()));
        for (int row = 0; row < letters.size(); row++) {
            DeadLetter letter = letters.get(row);
            topic.set(row, utf8(letter.topic()));
            partition.set(row, letter.partition());
            offset.set(row, letter.offset());
            reason.set(row, utf8(letter.reason()));
            message.set(row, utf8(letter.message()));
            key.setBytes(row, letter.key());
            value.setBytes(row, letter.value());
        }
        return new TableBuffer("dead_letter", COLUMNS, data, letters.size());
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static EventTable.Column column(String name, ColumnForm form) {
        return new EventTable.Column(name, form, List.of(), "");
    }
}

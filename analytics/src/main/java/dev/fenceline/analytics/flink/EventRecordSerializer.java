package dev.fenceline.analytics.flink;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** An event's way from a source subtask to the subtask that checks its session, where these are not one and the same. */
final class EventRecordSerializer extends ImmutableSerializer<EventRecord> {
    static final EventRecordSerializer INSTANCE = new EventRecordSerializer();

    private EventRecordSerializer() {}

    @Override
    public EventRecord createInstance() {
        return new EventRecord("", new byte[0], 0, 0);
    }

    @Override
    public void serialize(EventRecord record, DataOutputView target) throws IOException {
        target.writeUTF(record.session());
        writeBytes(record.wire(), target);
        target.writeInt(record.partition());
        target.writeLong(record.offset());
    }

    @Override
    public EventRecord deserialize(DataInputView source) throws IOException {
        return new EventRecord(source.readUTF(), readBytes(source), source.readInt(), source.readLong());
    }

    @Override
    public TypeSerializerSnapshot<EventRecord> snapshotConfiguration() {
        return new Snapshot();
    }

    /** The serializer has no configuration: its snapshot is its class. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<EventRecord> {
        /** Also called by Flink when it restores. */
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}

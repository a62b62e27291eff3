package dev.fenceline.analytics.flink;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** A record's way to the sink, where that is another subtask's. */
final class DerivedRecordSerializer extends ImmutableSerializer<DerivedRecord> {
    static final DerivedRecordSerializer INSTANCE = new DerivedRecordSerializer();

    private DerivedRecordSerializer() {}

    @Override
    public DerivedRecord createInstance() {
        return new DerivedRecord("", "", new byte[0]);
    }

    @Override
    public void serialize(DerivedRecord record, DataOutputView target) throws IOException {
        target.writeUTF(record.topic());
        target.writeUTF(record.session());
        writeBytes(record.wire(), target);
    }

    @Override
    public DerivedRecord deserialize(DataInputView source) throws IOException {
        return new DerivedRecord(source.readUTF(), source.readUTF(), readBytes(source));
    }

    @Override
    public TypeSerializerSnapshot<DerivedRecord> snapshotConfiguration() {
        return new Snapshot();
    }

    /** The serializer has no configuration: its snapshot is its class. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<DerivedRecord> {
        /** Also called by Flink when it restores. */
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}

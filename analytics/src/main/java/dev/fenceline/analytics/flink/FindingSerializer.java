package dev.fenceline.analytics.flink;

import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** A finding's way to the sink, where that is another subtask's. */
final class FindingSerializer extends ImmutableSerializer<Finding> {
    static final FindingSerializer INSTANCE = new FindingSerializer();

    private FindingSerializer() {}

    @Override
    public Finding createInstance() {
        return new Finding("", "", new byte[0]);
    }

    @Override
    public void serialize(Finding finding, DataOutputView target) throws IOException {
        target.writeUTF(finding.topic());
        target.writeUTF(finding.session());
        writeBytes(finding.wire(), target);
    }

    @Override
    public Finding deserialize(DataInputView source) throws IOException {
        return new Finding(source.readUTF(), source.readUTF(), readBytes(source));
    }

    @Override
    public TypeSerializerSnapshot<Finding> snapshotConfiguration() {
        return new Snapshot();
    }

    /** The serializer has no configuration: its snapshot is its class. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<Finding> {
        /** Also called by Flink when it restores. */
        public Snapshot() {
            super(() -> INSTANCE);
        }
    }
}

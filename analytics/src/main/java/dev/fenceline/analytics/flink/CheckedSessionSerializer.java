package dev.fenceline.analytics.flink;

import dev.fenceline.analytics.check.SessionCheck;
import java.io.IOException;
import java.util.List;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSchemaCompatibility;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;

/**
 * Writes a {@link CheckedSession} into checkpoints: the session's check in its own snapshot format, framed by what the job adds.
 *
 * <p>The heap backend calls {@link #copy(CheckedSession)} when an event meets a session that a running checkpoint still has to
 * write, so a copy is a full one, by way of a snapshot.
 */
final class CheckedSessionSerializer extends TypeSerializer<CheckedSession> {
    private static final long serialVersionUID = 1;
    private static final int COPY_BUFFER_BYTES = 4096;

    private final RuleSelection rules;

    CheckedSessionSerializer(RuleSelection rules) {
        this.rules = rules;
    }

    @Override
    public boolean isImmutableType() {
        return false;
    }

    @Override
    public TypeSerializer<CheckedSession> duplicate() {
        return this;
    }

    @Override
    public CheckedSession createInstance() {
        return CheckedSession.closed(CheckedSession.NONE);
    }

    @Override
    public CheckedSession copy(CheckedSession from) {
        try {
            DataOutputSerializer out = new DataOutputSerializer(COPY_BUFFER_BYTES);
            serialize(from, out);
            return deserialize(new DataInputDeserializer(out.getSharedBuffer(), 0, out.length()));
        } catch (IOException e) {
            throw new IllegalStateException("a session's snapshot cannot be read back", e);
        }
    }

    @Override
    public CheckedSession copy(CheckedSession from, CheckedSession reuse) {
        return copy(from);
    }

    @Override
    public int getLength() {
        return -1;
    }

    @Override
    public void serialize(CheckedSession session, DataOutputView target) throws IOException {
        target.writeLong(session.lastSeq());
        SessionCheck check = session.check();
        target.writeBoolean(check != null);
        if (check != null) {
            check.snapshot(target);
        }
    }

    @Override
    public CheckedSession deserialize(DataInputView source) throws IOException {
        long lastSeq = source.readLong();
        return source.readBoolean()
                ? CheckedSession.open(SessionCheck.restore(source, rules.catalogue()), lastSeq)
                : CheckedSession.closed(lastSeq);
    }

    @Override
    public CheckedSession deserialize(CheckedSession reuse, DataInputView source) throws IOException {
        return deserialize(source);
    }

    @Override
    public void copy(DataInputView source, DataOutputView target) throws IOException {
        serialize(deserialize(source), target);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof CheckedSessionSerializer that && rules.equals(that.rules);
    }

    @Override
    public int hashCode() {
        return rules.hashCode();
    }

    @Override
    public TypeSerializerSnapshot<CheckedSession> snapshotConfiguration() {
        return new Snapshot(rules);
    }

    /** Which rules the checks in a checkpoint were made with; what they hold for each rule depends on it. */
    public static final class Snapshot implements TypeSerializerSnapshot<CheckedSession> {
        private static final int VERSION = 1;

        private RuleSelection rules;

        /** For Flink, which then calls {@link #readSnapshot}. */
        public Snapshot() {
            this(RuleSelection.ALL);
        }

        Snapshot(RuleSelection rules) {
            this.rules = rules;
        }

        @Override
        public int getCurrentVersion() {
            return VERSION;
        }

        @Override
        public void writeSnapshot(DataOutputView out) throws IOException {
            List<String> off = rules.off();
            out.writeInt(off.size());
            for (String rule : off) {
                out.writeUTF(rule);
            }
        }

        @Override
        public void readSnapshot(int version, DataInputView in, ClassLoader classLoader) throws IOException {
            if (version != VERSION) {
                throw new IOException("the checkpoint's sessions are in format " + version
                        + ", which is newer than this" + " version of Fenceline reads (" + VERSION + ")");
            }
            String[] off = new String[in.readInt()];
            for (int i = 0; i < off.length; i++) {
                off[i] = in.readUTF();
            }
            rules = RuleSelection.without(List.of(off));
        }

        @Override
        public TypeSerializer<CheckedSession> restoreSerializer() {
            return new CheckedSessionSerializer(rules);
        }

        @Override
        public TypeSerializerSchemaCompatibility<CheckedSession> resolveSchemaCompatibility(
                TypeSerializerSnapshot<CheckedSession> old) {
            return old instanceof Snapshot
                    ? TypeSerializerSchemaCompatibility.compatibleAsIs()
                    : TypeSerializerSchemaCompatibility.incompatible();
        }
    }
}

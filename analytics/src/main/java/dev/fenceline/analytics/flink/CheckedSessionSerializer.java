package dev.fenceline.analytics.flink;

import dev.fenceline.analytics.check.SessionCheck;
import java.io.DataOutput;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.TypeSerializerSchemaCompatibility;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.core.memory.DataOutputView;
import org.jspecify.annotations.Nullable;

/**
 * Writes sessions into checkpoints: a session's check in its own snapshot format, after the ids of the rules it is made with. So a
 * checkpoint says itself how to read it, and a job with other rules can go on from it.
 */
final class CheckedSessionSerializer extends TypeSerializer<CheckedSession> {
    private static final long serialVersionUID = 1;
    private static final int COPY_BUFFER_BYTES = 16 * 1024;

    /** The rules last met: mostly all sessions have the same, and looking them up is not free. One task's, as this is. */
    private transient @Nullable RuleSelection lastRules;

    @Override
    public void serialize(CheckedSession session, DataOutputView target) throws IOException {
        target.writeLong(session.lastSeq());
        SessionCheck check = session.check();
        target.writeBoolean(check != null);
        if (check != null) {
            String[] rules = session.rules().ids();
            target.writeInt(rules.length);
            for (String rule : rules) {
                target.writeUTF(rule);
            }
            snapshot(check, target);
        }
    }

    /**
     * A checkpoint is written by a thread of its own while the task goes on, and the task may copy the very session that thread is
     * writing. Both only read; but collections that save allocation share one iterator among their readers, so one at a time.
     */
    private static void snapshot(SessionCheck check, DataOutput target) throws IOException {
        synchronized (check) {
            check.snapshot(target);
        }
    }

    @Override
    public CheckedSession deserialize(DataInputView source) throws IOException {
        long lastSeq = source.readLong();
        if (!source.readBoolean()) {
            return new CheckedSession(RuleSelection.of(), null, lastSeq);
        }
        String[] ids = new String[source.readInt()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = source.readUTF();
        }
        RuleSelection rules = known(RuleSelection.of(ids));
        try {
            return new CheckedSession(rules, SessionCheck.restore(source, rules.catalogue()), lastSeq);
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    "the checkpoint has sessions judged by rules that this version of Fenceline lacks: "
                            + e.getMessage() + ". Let the version that wrote it finish them.",
                    e);
        }
    }

    private RuleSelection known(RuleSelection rules) {
        RuleSelection known = lastRules;
        if (known != null && known.equals(rules)) {
            return known;
        }
        lastRules = rules;
        return rules;
    }

    /**
     * A full copy, by way of a snapshot. The heap backend asks for one when an event meets a session that a running checkpoint has
     * still to write: once a checkpoint for each session with events, at most.
     */
    @Override
    public CheckedSession copy(CheckedSession from) {
        SessionCheck check = from.check();
        if (check == null) {
            return new CheckedSession(from.rules(), null, from.lastSeq());
        }
        try {
            DataOutputSerializer out = new DataOutputSerializer(COPY_BUFFER_BYTES);
            snapshot(check, out);
            DataInputDeserializer in = new DataInputDeserializer(out.getSharedBuffer(), 0, out.length());
            return new CheckedSession(
                    from.rules(), SessionCheck.restore(in, from.rules().catalogue()), from.lastSeq());
        } catch (IOException e) {
            throw new IllegalStateException("a session's snapshot cannot be read back", e);
        }
    }

    @Override
    public CheckedSession copy(CheckedSession from, CheckedSession reuse) {
        return copy(from);
    }

    @Override
    public void copy(DataInputView source, DataOutputView target) throws IOException {
        serialize(deserialize(source), target);
    }

    @Override
    public CheckedSession deserialize(CheckedSession reuse, DataInputView source) throws IOException {
        return deserialize(source);
    }

    @Override
    public boolean isImmutableType() {
        return false;
    }

    @Override
    public TypeSerializer<CheckedSession> duplicate() {
        return new CheckedSessionSerializer();
    }

    @Override
    public CheckedSession createInstance() {
        return new CheckedSession(RuleSelection.of(), null, CheckedSession.NONE);
    }

    @Override
    public int getLength() {
        return -1;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof CheckedSessionSerializer;
    }

    @Override
    public int hashCode() {
        return CheckedSessionSerializer.class.hashCode();
    }

    @Override
    public TypeSerializerSnapshot<CheckedSession> snapshotConfiguration() {
        return new Snapshot();
    }

    /** The version of the format around the check's own. */
    public static final class Snapshot implements TypeSerializerSnapshot<CheckedSession> {
        private static final int VERSION = 1;

        @Override
        public int getCurrentVersion() {
            return VERSION;
        }

        @Override
        public void writeSnapshot(DataOutputView out) {}

        @Override
        public void readSnapshot(int version, DataInputView in, ClassLoader classLoader) throws IOException {
            if (version != VERSION) {
                throw new IOException("the checkpoint's sessions are in format " + version
                        + "; this version of Fenceline reads format " + VERSION);
            }
        }

        @Override
        public TypeSerializer<CheckedSession> restoreSerializer() {
            return new CheckedSessionSerializer();
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

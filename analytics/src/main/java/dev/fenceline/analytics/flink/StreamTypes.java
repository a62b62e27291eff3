package dev.fenceline.analytics.flink;

import org.apache.flink.api.common.serialization.SerializerConfig;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.jspecify.annotations.Nullable;

/** The types on the job's edges. Each names its serializer, so that Flink never falls back to Kryo. */
final class StreamTypes {
    static final TypeInformation<EventRecord> EVENT_RECORD =
            new StreamType<>(EventRecord.class, EventRecordSerializer.INSTANCE);
    static final TypeInformation<DerivedRecord> DERIVED_RECORD =
            new StreamType<>(DerivedRecord.class, DerivedRecordSerializer.INSTANCE);

    private StreamTypes() {}

    /** A type that is opaque to Flink: no fields, no key. */
    private static final class StreamType<T> extends TypeInformation<T> {
        private static final long serialVersionUID = 1;

        private final Class<T> type;
        private final TypeSerializer<T> serializer;

        StreamType(Class<T> type, TypeSerializer<T> serializer) {
            this.type = type;
            this.serializer = serializer;
        }

        @Override
        public boolean isBasicType() {
            return false;
        }

        @Override
        public boolean isTupleType() {
            return false;
        }

        @Override
        public int getArity() {
            return 1;
        }

        @Override
        public int getTotalFields() {
            return 1;
        }

        @Override
        public Class<T> getTypeClass() {
            return type;
        }

        @Override
        public boolean isKeyType() {
            return false;
        }

        @Override
        public TypeSerializer<T> createSerializer(SerializerConfig config) {
            return serializer;
        }

        @Override
        public String toString() {
            return type.getSimpleName();
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof StreamType<?> that && type == that.type;
        }

        @Override
        public int hashCode() {
            return type.hashCode();
        }

        @Override
        public boolean canEqual(Object other) {
            return other instanceof StreamType<?>;
        }
    }
}

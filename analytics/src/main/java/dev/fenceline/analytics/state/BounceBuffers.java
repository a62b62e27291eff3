package dev.fenceline.analytics.state;

import dev.fenceline.event.BounceDrain;
import dev.fenceline.event.BounceFill;
import dev.fenceline.event.DmaFenceWaitEnd;
import dev.fenceline.event.Event;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The bounce buffer of each device through which the engine copies the contents of BOs, and the access it belongs to. */
public final class BounceBuffers implements StatePart {
    private final Fences fences;
    private final BufferObjects buffers;
    private final Resources resources;
    private final ObjectTable<Bounce> table = new ObjectTable<>(Bounce::new);

    BounceBuffers(Fences fences, BufferObjects buffers, Resources resources) {
        this.fences = fences;
        this.buffers = buffers;
        this.resources = resources;
    }

    /** A bounce buffer; its id is that of the device. */
    public static final class Bounce extends KernelObject {
        long access = Event.ABSENT;
        long bo = Event.ABSENT;
        long fence = Event.ABSENT;
        boolean writes;
        long fillSeq;
        long drainSeq;

        Bounce(long device) {
            super(device);
        }

        /** The device whose it is; {@link Event#ABSENT} if unknown. */
        public long device() {
            return id;
        }

        /** The BO whose contents go through it. */
        public long bo() {
            return bo;
        }

        /** The fence of the last copy; {@link Event#ABSENT} if unknown. */
        public long fence() {
            return fence;
        }

        /** The seq at which the last access began to use it; 0 if none did. */
        public long fillSeq() {
            return fillSeq;
        }

        /** The seq at which that access was done with the buffer itself; 0 before. */
        public long drainSeq() {
            return drainSeq;
        }

        private boolean isOf(long accessId, long boId) {
            return (access != Event.ABSENT && accessId != Event.ABSENT) ? access == accessId : bo == boId;
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(access);
            out.number(bo);
            out.number(fence);
            out.flag(writes);
            out.number(fillSeq);
            out.number(drainSeq);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            access = in.number();
            bo = in.number();
            fence = in.number();
            writes = in.flag();
            fillSeq = in.number();
            drainSeq = in.number();
        }
    }

    /** The bounce buffer that the copy goes through, if it still belongs to another access; null if it is free. */
    public @Nullable Bounce ownedByAnother(BounceFill fill) {
        Bounce bounce = table.get(deviceOf(fill.bo()));
        if (bounce == null || bounce.fillSeq == 0 || bounce.isOf(fill.accessId(), fill.bo())) {
            return null;
        }
        // What is written was copied in before; nothing is copied out after.
        boolean copied = bounce.drainSeq > 0 || (bounce.writes && bounce.fence != Event.ABSENT);
        return copied && isDone(bounce.fence) ? null : bounce;
    }

    /** The bounce buffer whose last copy signals {@code fence}; null if there is none. */
    public @Nullable Bounce copiedUnder(long fence) {
        for (long id : table.ids()) {
            Bounce bounce = table.get(id);
            if (bounce != null && bounce.fence == fence && fence != Event.ABSENT) {
                return bounce;
            }
        }
        return null;
    }

    private boolean isDone(long id) {
        Fence fence = fences.fence(id);
        return fence == null || fences.isComplete(fence);
    }

    private long deviceOf(long bo) {
        return resources.deviceOf(buffers.bo(bo));
    }

    void apply(BounceFill e) {
        long device = deviceOf(e.bo());
        Bounce bounce = table.get(device);
        if (bounce == null) {
            bounce = table.create(device, e.seq());
        }
        String direction = e.dir();
        bounce.access = e.accessId();
        bounce.bo = e.bo();
        bounce.fence = e.fence();
        bounce.writes = direction != null && direction.toUpperCase(Locale.ROOT).startsWith("W");
        bounce.fillSeq = e.seq();
        bounce.drainSeq = 0;
        fences.touch(e.fence(), e.seq());
    }

    void apply(BounceDrain e) {
        Bounce bounce = table.get(deviceOf(e.bo()));
        if (bounce == null && !e.hasBo()) {
            bounce = only(e.accessId());
        }
        if (bounce != null && bounce.isOf(e.accessId(), e.bo()) && bounce.drainSeq == 0) {
            bounce.drainSeq = e.seq();
        }
    }

    /** Who gave up waiting for its copy takes nothing out of the buffer any more. */
    void apply(DmaFenceWaitEnd e) {
        if (!e.hasFence() || !e.hasResult() || e.result() > 0) {
            return;
        }
        for (long id : table.ids()) {
            Bounce bounce = table.get(id);
            if (bounce != null && bounce.fence == e.fence() && bounce.drainSeq == 0) {
                bounce.drainSeq = e.seq();
            }
        }
    }

    private @Nullable Bounce only(long access) {
        for (long id : table.ids()) {
            Bounce bounce = table.get(id);
            if (bounce != null && bounce.access == access) {
                return bounce;
            }
        }
        return null;
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        table.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        table.read(in);
    }
}

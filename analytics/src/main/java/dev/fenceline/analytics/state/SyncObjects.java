package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.SyncFileCreate;
import dev.fenceline.event.SyncFileRelease;
import dev.fenceline.event.SyncFileWait;
import dev.fenceline.event.SyncobjPoint;
import dev.fenceline.event.SyncobjReplace;
import dev.fenceline.event.SyncobjWaitEnd;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The sync objects and sync files, and the fences they stand for. */
public final class SyncObjects implements StatePart {
    private final StreamLedger ledger;
    private final Fences fences;
    final ObjectTable<SyncObject> objects = new ObjectTable<>(SyncObject::new);
    final ObjectTable<SyncFile> files = new ObjectTable<>(SyncFile::new);

    SyncObjects(StreamLedger ledger, Fences fences) {
        this.ledger = ledger;
        this.fences = fences;
    }

    /** The sync object; null if it holds no fence that is known of. */
    public @Nullable SyncObject syncObject(long id) {
        return id == Event.ABSENT ? null : objects.get(id);
    }

    /** The sync file; null if it was never mentioned or was released. */
    public @Nullable SyncFile syncFile(long id) {
        return id == Event.ABSENT ? null : files.get(id);
    }

    /**
     * Whether a fence for the point exists, as dma_fence_chain_find_seqno finds it: the node of the point or of a later one;
     * for point 0 any fence.
     */
    public boolean covers(long syncobj, long point) {
        SyncObject object = syncObject(syncobj);
        return object != null && (point == 0 || Long.compareUnsigned(object.point, point) >= 0);
    }

    void apply(SyncobjReplace e) {
        SyncObject object = syncObject(e.syncobj());
        if (!e.hasSyncobj() || failed(e.hasResult(), e.result())) {
            return;
        }
        if (object != null) {
            objects.remove(object);
        }
        if (e.hasFence()) {
            put(touch(e.syncobj(), e.seq()), e.fence(), e.hasPoint() ? e.point() : 0, e.seq());
        }
    }

    void apply(SyncobjPoint e) {
        if (!e.hasSyncobj() || failed(e.hasResult(), e.result())) {
            return;
        }
        SyncObject object = syncObject(e.syncobj());
        long point = e.hasPoint() ? e.point() : 0;
        if (object != null && point == 0) {
            objects.remove(object);
        }
        put(touch(e.syncobj(), e.seq()), e.fence(), point, e.seq());
    }

    /** A wait that ended well found a fence for the point. */
    void apply(SyncobjWaitEnd e) {
        long point = e.hasPoint() ? e.point() : 0;
        if (e.hasSyncobj() && !failed(e.hasResult(), e.result()) && !covers(e.syncobj(), point)) {
            put(touch(e.syncobj(), e.seq()), e.fence(), point, e.seq());
        }
    }

    void apply(SyncFileCreate e) {
        if (e.hasSyncFile() && !failed(e.hasResult(), e.result())) {
            name(files.create(e.syncFile(), e.seq()), e.fence(), e.seq());
        }
    }

    void apply(SyncFileWait e) {
        if (!e.hasSyncFile()) {
            return;
        }
        SyncFile file = files.get(e.syncFile());
        if (file == null) {
            file = files.assume(e.syncFile(), ledger.knownFrom(e.seq()));
        }
        if (file.fence == Event.ABSENT) {
            name(file, e.fence(), e.seq());
        }
    }

    void apply(SyncFileRelease e) {
        SyncFile file = syncFile(e.syncFile());
        if (file != null) {
            files.remove(file);
        }
    }

    private void name(SyncFile file, long fence, long seq) {
        file.fence = fence;
        file.fenceSeq = seq;
        fences.touch(fence, seq);
    }

    private SyncObject touch(long id, long seq) {
        SyncObject object = objects.get(id);
        return object != null ? object : objects.create(id, seq);
    }

    /** As dma_fence_chain_init: a point that does not fit behind its predecessor leaves the timeline where it was. */
    private void put(SyncObject object, long fence, long point, long seq) {
        object.fence = fence;
        object.fenceSeq = seq;
        fences.touch(fence, seq);
        if (Long.compareUnsigned(point, object.point) > 0) {
            object.point = point;
            object.pointSeq = seq;
        }
    }

    private static boolean failed(boolean stated, long result) {
        return stated && result < 0;
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        objects.write(out);
        files.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        objects.read(in);
        files.read(in);
    }
}

package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import org.agrona.collections.Long2LongHashMap;
import org.jspecify.annotations.Nullable;

/** The callbacks that are queued on fences: from their registration until they run, are removed, or the fence is gone. */
public final class FenceCallbacks implements StatePart {
    private final ObjectTable<CallbackNode> queued = new ObjectTable<>(CallbackNode::new);
    /** How many callbacks are queued on a fence: counted from the nodes. */
    private final Long2LongHashMap counts = new Long2LongHashMap(8, 0.55f, 0, false);

    FenceCallbacks() {}

    /** The callback node of that id while it is queued; null if it is not. */
    public @Nullable CallbackNode queued(long callback) {
        return callback == Event.ABSENT ? null : queued.get(callback);
    }

    /** The callback that was queued first of those that wait for the fence; null if none does. */
    public @Nullable CallbackNode firstOf(long fence) {
        CallbackNode first = null;
        if (counts.get(fence) > 0) {
            for (long id : queued.ids()) {
                CallbackNode node = queued.get(id);
                if (node != null && node.fence == fence && (first == null || node.born < first.born)) {
                    first = node;
                }
            }
        }
        return first;
    }

    void apply(DmaFenceAddCallback e) {
        // -ENOENT: the fence is signalled, nothing is queued.
        if (!e.hasFence() || (e.hasResult() && e.result() != 0)) {
            return;
        }
        long id = nodeOf(e.callback(), e.fence());
        drop(queued.get(id));
        CallbackNode node = queued.create(id, e.seq());
        node.fence = e.fence();
        counts.put(node.fence, counts.get(node.fence) + 1);
    }

    void apply(DmaFenceRunCallback e) {
        // The node is off the list before its function runs: it may be queued again from there.
        drop(queued.get(nodeOf(e.callback(), e.fence())));
    }

    void apply(DmaFenceRemoveCallback e) {
        drop(queued.get(nodeOf(e.callback(), e.fence())));
    }

    void apply(MemFree e) {
        drop(queued.get(e.object()));
    }

    /** The fence is gone, or its id stands for a new one. */
    void forgetFence(long fence) {
        for (CallbackNode node = firstOf(fence); node != null; node = firstOf(fence)) {
            drop(node);
        }
    }

    /** A callback that is not named is known by its fence. */
    private static long nodeOf(long callback, long fence) {
        return callback == Event.ABSENT ? ~fence : callback;
    }

    private void drop(@Nullable CallbackNode node) {
        if (node == null) {
            return;
        }
        queued.remove(node);
        long left = counts.get(node.fence) - 1;
        if (left > 0) {
            counts.put(node.fence, left);
        } else {
            counts.remove(node.fence);
        }
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        queued.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        queued.read(in);
        for (long id : queued.ids()) {
            CallbackNode node = queued.get(id);
            if (node != null) {
                counts.put(node.fence, counts.get(node.fence) + 1);
            }
        }
    }
}

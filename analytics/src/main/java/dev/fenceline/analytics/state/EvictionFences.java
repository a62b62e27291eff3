package dev.fenceline.analytics.state;

import java.io.IOException;
import java.util.Arrays;

/** A ttm_resource_manager, as far as it remembers evictions: the newest fence of each context it keeps. */
public final class EvictionFences {
    /** More than any kernel keeps: what is offered beyond is only counted, so that a broken recording takes no memory. */
    private static final int MOST = 32;

    final long device;
    final String memory;
    private int count;
    private long[] contexts = new long[4];
    private long[] seqnos = new long[4];
    private long[] seqs = new long[4];

    EvictionFences(long device, String memory) {
        this.device = device;
        this.memory = memory;
    }

    /** The kind of memory, in capitals. */
    public String memory() {
        return memory;
    }

    /** How many contexts it keeps a fence of. */
    public int contexts() {
        return count;
    }

    /** The place of the context; negative if it keeps no fence of it. */
    public int indexOf(long context) {
        for (int i = 0; i < count; i++) {
            if (contexts[i] == context) {
                return i;
            }
        }
        return -1;
    }

    /** The seqno of the fence it keeps. */
    public long seqno(int i) {
        return seqnos[i];
    }

    /** The seq at which that fence was offered. */
    public long seq(int i) {
        return seqs[i];
    }

    /** The seq from which it is known what it keeps. */
    public long firstSeq() {
        return count == 0 ? 0 : seqs[0];
    }

    /** A fence is offered; where it is not said whether it is kept, it is if it is later than the one kept. */
    void offer(Fence fence, boolean stored, boolean isSaid, long seq) {
        int i = indexOf(fence.context);
        if (!stored || (i < 0 && count == MOST)) {
            return;
        }
        if (i < 0) {
            if (count == contexts.length) {
                contexts = Arrays.copyOf(contexts, 2 * count);
                seqnos = Arrays.copyOf(seqnos, 2 * count);
                seqs = Arrays.copyOf(seqs, 2 * count);
            }
            i = count++;
            contexts[i] = fence.context;
        } else if (!isSaid && !FenceContext.isLater(fence.seqno, seqnos[i], fence.seqno64)) {
            return;
        }
        seqnos[i] = fence.seqno;
        seqs[i] = seq;
    }

    void write(SnapshotWriter out) throws IOException {
        out.number(device);
        out.text(memory);
        out.number(count);
        for (int i = 0; i < count; i++) {
            out.number(contexts[i]);
            out.number(seqnos[i]);
            out.number(seqs[i]);
        }
    }

    static EvictionFences read(SnapshotReader in) throws IOException {
        EvictionFences manager = new EvictionFences(in.number(), Resources.memoryName(in.text()));
        manager.count = in.count();
        manager.contexts = new long[Math.max(4, manager.count)];
        manager.seqnos = new long[manager.contexts.length];
        manager.seqs = new long[manager.contexts.length];
        for (int i = 0; i < manager.count; i++) {
            manager.contexts[i] = in.number();
            manager.seqnos[i] = in.number();
            manager.seqs[i] = in.number();
        }
        return manager;
    }
}

package dev.fenceline.analytics.state;

import java.io.IOException;
import java.util.Arrays;

/** The threads whose last wait for a pending fence timed out or was interrupted. */
public final class FailedWaits {
    private static final long[] NONE = {};

    private int count;
    private long[] tids = NONE;
    private long[] seqs = NONE;

    FailedWaits() {}

    /** The seq at which the thread's last wait for the fence failed; 0 if it did not. */
    public long seqOf(long tid) {
        int i = indexOf(tid);
        return i < 0 ? 0 : seqs[i];
    }

    void fail(long tid, long seq) {
        int i = indexOf(tid);
        if (i < 0) {
            if (count == tids.length) {
                tids = Arrays.copyOf(tids, Math.max(2, count * 2));
                seqs = Arrays.copyOf(seqs, tids.length);
            }
            i = count++;
            tids[i] = tid;
        }
        seqs[i] = seq;
    }

    void forget(long tid) {
        int i = indexOf(tid);
        if (i >= 0) {
            int rest = count - i - 1;
            System.arraycopy(tids, i + 1, tids, i, rest);
            System.arraycopy(seqs, i + 1, seqs, i, rest);
            count--;
        }
    }

    /** The fence is done: nobody was wrong to go on. */
    void clear() {
        count = 0;
        tids = NONE;
        seqs = NONE;
    }

    private int indexOf(long tid) {
        for (int i = 0; i < count; i++) {
            if (tids[i] == tid) {
                return i;
            }
        }
        return -1;
    }

    void write(SnapshotWriter out) throws IOException {
        out.number(count);
        for (int i = 0; i < count; i++) {
            out.number(tids[i]);
            out.number(seqs[i]);
        }
    }

    void read(SnapshotReader in) throws IOException {
        int n = in.count();
        for (int i = 0; i < n; i++) {
            fail(in.number(), in.number());
        }
    }
}

package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.IOException;
import java.util.Arrays;

/** The sections of one kind that a thread is in, the innermost last: what each is about, and where it was entered. */
public final class SectionStack {
    private int depth;
    private long[] subjects = new long[2];
    private long[] tokens = new long[2];
    private long[] seqs = new long[2];

    SectionStack() {}

    /** How many sections are open. */
    public int depth() {
        return depth;
    }

    /** Whether the thread is in none. */
    public boolean isEmpty() {
        return depth == 0;
    }

    /** What section {@code i} is about (a fence, a device, a notifier), 0 the outermost; {@link Event#ABSENT} if not stated. */
    public long subject(int i) {
        return subjects[i];
    }

    /** What its end will name it by (a cookie, a callback, a range); {@link Event#ABSENT} if nothing does. */
    public long token(int i) {
        return tokens[i];
    }

    /** The seq at which section {@code i} was entered. */
    public long seq(int i) {
        return seqs[i];
    }

    /** The seq at which the outermost section was entered; 0 if the thread is in none. */
    public long outermostSeq() {
        return depth == 0 ? 0 : seqs[0];
    }

    /** The index of the innermost section about that subject; negative if there is none. */
    public int indexOf(long subject) {
        for (int i = depth - 1; i >= 0; i--) {
            if (subjects[i] == subject) {
                return i;
            }
        }
        return -1;
    }

    /** The index of the innermost section that its end names by that token; negative if there is none. */
    public int indexOfToken(long token) {
        for (int i = depth - 1; i >= 0; i--) {
            if (tokens[i] == token) {
                return i;
            }
        }
        return -1;
    }

    void enter(long subject, long token, long seq) {
        if (depth == seqs.length) {
            subjects = Arrays.copyOf(subjects, depth * 2);
            tokens = Arrays.copyOf(tokens, depth * 2);
            seqs = Arrays.copyOf(seqs, depth * 2);
        }
        subjects[depth] = subject;
        tokens[depth] = token;
        seqs[depth] = seq;
        depth++;
    }

    /** Leaves the innermost section, if there is one. */
    void leave() {
        if (depth > 0) {
            depth--;
        }
    }

    /** Leaves section {@code i}, wherever it is. */
    void leave(int i) {
        int rest = depth - i - 1;
        System.arraycopy(subjects, i + 1, subjects, i, rest);
        System.arraycopy(tokens, i + 1, tokens, i, rest);
        System.arraycopy(seqs, i + 1, seqs, i, rest);
        depth--;
    }

    /** Leaves all sections. */
    void clear() {
        depth = 0;
    }

    void write(SnapshotWriter out) throws IOException {
        out.number(depth);
        for (int i = 0; i < depth; i++) {
            out.number(subjects[i]);
            out.number(tokens[i]);
            out.number(seqs[i]);
        }
    }

    void read(SnapshotReader in) throws IOException {
        int count = in.count();
        for (int i = 0; i < count; i++) {
            enter(in.number(), in.number(), in.number());
        }
    }
}

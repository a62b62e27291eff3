package dev.fenceline.analytics.rule;

import dev.fenceline.analytics.state.SnapshotReader;
import dev.fenceline.analytics.state.SnapshotWriter;
import java.io.IOException;
import java.util.Arrays;

/** Deadlines, earliest first; ties by rule, then by subject, so that the order never depends on history. A binary heap. */
final class DueQueue {
    private int size;
    private long[] dues = new long[16];
    private int[] rules = new int[16];
    private long[] subjects = new long[16];

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    long firstDueNs() {
        return dues[0];
    }

    int firstRule() {
        return rules[0];
    }

    long firstSubject() {
        return subjects[0];
    }

    void add(long dueNs, int rule, long subject) {
        if (size == dues.length) {
            dues = Arrays.copyOf(dues, size * 2);
            rules = Arrays.copyOf(rules, size * 2);
            subjects = Arrays.copyOf(subjects, size * 2);
        }
        int i = size++;
        while (i > 0) {
            int parent = (i - 1) >>> 1;
            if (compare(dueNs, rule, subject, parent) >= 0) {
                break;
            }
            move(parent, i);
            i = parent;
        }
        set(i, dueNs, rule, subject);
    }

    void removeFirst() {
        size--;
        if (size == 0) {
            return;
        }
        long dueNs = dues[size];
        int rule = rules[size];
        long subject = subjects[size];
        int i = 0;
        while (true) {
            int child = 2 * i + 1;
            if (child >= size) {
                break;
            }
            if (child + 1 < size && compare(dues[child + 1], rules[child + 1], subjects[child + 1], child) < 0) {
                child++;
            }
            if (compare(dueNs, rule, subject, child) <= 0) {
                break;
            }
            move(child, i);
            i = child;
        }
        set(i, dueNs, rule, subject);
    }

    private int compare(long dueNs, int rule, long subject, int other) {
        int byDue = Long.compare(dueNs, dues[other]);
        if (byDue != 0) {
            return byDue;
        }
        int byRule = Integer.compare(rule, rules[other]);
        return byRule != 0 ? byRule : Long.compare(subject, subjects[other]);
    }

    private void move(int from, int to) {
        set(to, dues[from], rules[from], subjects[from]);
    }

    private void set(int i, long dueNs, int rule, long subject) {
        dues[i] = dueNs;
        rules[i] = rule;
        subjects[i] = subject;
    }

    /** Visits every deadline, in no order that may show. */
    void forEach(Visitor visitor) {
        for (int i = 0; i < size; i++) {
            visitor.visit(rules[i], subjects[i]);
        }
    }

    /** Is shown the rule and the subject of a deadline. */
    interface Visitor {
        void visit(int rule, long subject);
    }

    private DueQueue copy() {
        DueQueue copy = new DueQueue();
        copy.size = size;
        copy.dues = dues.clone();
        copy.rules = rules.clone();
        copy.subjects = subjects.clone();
        return copy;
    }

    void write(SnapshotWriter out) throws IOException {
        out.number(size);
        for (DueQueue rest = copy(); !rest.isEmpty(); rest.removeFirst()) {
            out.number(rest.firstDueNs());
            out.number(rest.firstRule());
            out.number(rest.firstSubject());
        }
    }

    void read(SnapshotReader in, int ruleCount) throws IOException {
        int count = in.count();
        for (int i = 0; i < count; i++) {
            long dueNs = in.number();
            int rule = in.count();
            if (rule >= ruleCount) {
                throw new IOException("the snapshot holds a deadline of a rule that it does not list");
            }
            add(dueNs, rule, in.number());
        }
    }
}

package dev.fenceline.analytics.rule;

import dev.fenceline.analytics.state.SnapshotReader;
import dev.fenceline.analytics.state.SnapshotWriter;
import java.io.IOException;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What one rule found in one session so far. */
final class RuleRecord {
    /** Subjects reported so far, in an order of their own so that snapshots agree. */
    final TreeSet<String> reported = new TreeSet<>();

    boolean judges;
    long violations;
    long firstSeq;
    long judged;

    @Nullable String unknown;

    void write(SnapshotWriter out) throws IOException {
        out.number(violations);
        out.number(firstSeq);
        out.number(judged);
        out.text(unknown);
        out.number(reported.size());
        for (String subject : reported) {
            out.text(subject);
        }
    }

    void read(SnapshotReader in) throws IOException {
        violations = in.number();
        firstSeq = in.number();
        judged = in.number();
        unknown = in.text();
        int size = in.count();
        for (int i = 0; i < size; i++) {
            String subject = in.text();
            reported.add(subject == null ? "" : subject);
        }
    }
}

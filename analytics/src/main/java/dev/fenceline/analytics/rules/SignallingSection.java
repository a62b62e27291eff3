package dev.fenceline.analytics.rules;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.ThreadSections;
import org.jspecify.annotations.Nullable;

/** What rules ask, and say, of a thread in a fence signalling critical section. */
public final class SignallingSection {
    private SignallingSection() {}

    /** The thread of the event, if it is in such a section; null otherwise. */
    public static @Nullable ThreadSections entered(KernelState state, Report report) {
        ThreadSections thread = state.threads().thread(report.event().tid());
        return thread == null || thread.signalling().isEmpty() ? null : thread;
    }

    /** A violation by the thread that is in such a section, whose witness is that it entered, and what it does there. */
    public static Finding violation(ThreadSections thread, String what, Report report) {
        long entered = thread.signalling().outermostSeq();
        return report.violation("thread=" + thread.id())
                .since(entered)
                .witness("signalling section entered", entered)
                .witness(what, report.event().seq());
    }
}

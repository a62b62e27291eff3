package dev.fenceline.analytics.rules.debug;

import dev.fenceline.analytics.rule.Obligation;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Connection;
import dev.fenceline.analytics.state.HaltedThreads.HaltedQueue;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DebugDetach;
import dev.fenceline.event.EuHalt;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;

/** D15: threads that stand still and that no debugger serves are reset. */
public final class UnattendedHaltEndsInReset {
    private static final long BOUND_NS = 5_000_000_000L;

    public static final Rule RULE = Rule.named("D15", "unattended-halt-ends-in-reset")
            .severity(Severity.ERROR)
            .states(
                    "Threads that are halted on a queue that is not debuggable, or whose client no debugger is connected to, run on or "
                            + "are reset within a bound.")
            .why("Nobody will resume them: the engine is lost to everybody.")
            .source("xe_eudebug.c:attention_scan_fn (a scan each second without a debugger, then xe_gt_reset_async); "
                    + "IGT xe_eudebug_online@breakpoint-not-in-debug-mode, @interrupt-reconnect")
            .advice("Let the scan reset the GT when it finds attention that it can tell nobody of.")
            .needs(Stream.CLOCK, Stream.DEBUG, Stream.EU, Stream.VM)
            .parameter("finite_time", "session_start.finite_time", "the recording; wins")
            .parameter("bound_s", "5", "ours: a few scans and the reset")
            .after(EuHalt.class, (halt, state, report) -> {
                HaltedQueue queue = state.haltedThreads().queue(halt.queue());
                if (queue != null && isUnattended(queue, state)) {
                    report.oblige(queue.id(), state.ledger().nowNs() + boundNs(state));
                }
            })
            .after(DebugDetach.class, (detach, state, report) -> {
                for (long id : state.haltedThreads().ids()) {
                    HaltedQueue queue = state.haltedThreads().queue(id);
                    if (queue != null && queue.haltSeq() > 0 && isUnattended(queue, state)) {
                        report.oblige(id, state.ledger().nowNs() + boundNs(state));
                    }
                }
            })
            .obliges(new Reset())
            .build();

    private UnattendedHaltEndsInReset() {}

    private static boolean isUnattended(HaltedQueue queue, KernelState state) {
        if (!queue.isDebuggable()) {
            return true;
        }
        for (Connection connection : state.debuggers().attached()) {
            boolean byClient = connection.targetClient() != Event.ABSENT && queue.client() != Event.ABSENT;
            boolean other = byClient
                    ? connection.targetClient() != queue.client()
                    : connection.target() != Event.ABSENT
                            && queue.owner() != Event.ABSENT
                            && connection.target() != queue.owner();
            if (!other) {
                return false;
            }
        }
        return true;
    }

    private static long boundNs(KernelState state) {
        long finite = state.session().finiteTimeNs();
        return finite == Event.ABSENT ? BOUND_NS : finite;
    }

    private static final class Reset implements Obligation {
        @Override
        public boolean isDischarged(long subject, KernelState state) {
            HaltedQueue queue = state.haltedThreads().queue(subject);
            return queue == null || queue.haltSeq() == 0 || !isUnattended(queue, state);
        }

        @Override
        public void judge(long subject, long dueNs, KernelState state, Report report) {
            HaltedQueue queue = state.haltedThreads().queue(subject);
            if (queue == null) {
                return;
            }
            if (queue.haltNs() + boundNs(state) > dueNs) {
                report.oblige(subject, queue.haltNs() + boundNs(state));
                return;
            }
            report.violation("queue=" + subject)
                    // Whom a debugger serves, the events of the connections say, and any of them may be lost.
                    .restsOnAll()
                    .witness("threads halted", queue.haltSeq())
                    .witness("still halted after the bound", report.event().seq())
                    .says("Threads of queue " + subject
                            + " are halted, no debugger serves them, and nobody resets them.");
        }
    }
}

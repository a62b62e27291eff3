package dev.fenceline.analytics.rules.sched;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.rules.Gfp;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.SchedulerThread;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.MemAlloc;
import dev.fenceline.event.ReclaimBegin;
import dev.fenceline.event.ResvLock;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** A-S11: run_job, free path to done, timeout and reset are signalling sections. */
public final class SchedulerCallbacksDoNotBlock {
    private static final long ALREADY = -114;

    public static final Rule RULE = Rule.named("A-S11", "scheduler-callbacks-do-not-block")
            .severity(Severity.DEADLOCK)
            .states(
                    "Inside run_job, a timeout handler or a GPU reset the thread makes no allocation that may reclaim and "
                            + "sleeps on no reservation.")
            .why("Reclaim, and holders of reservations, wait for the fences of the pending jobs, which wait for this "
                    + "thread.")
            .source("include/drm/gpu_scheduler.h:run_job (\"attempts to allocate memory might deadlock\"), "
                    + "amdgpu_job.c:amdgpu_job_alloc (allocates hw_fence at submit), dma-fence.c, DOC: fence signalling "
                    + "annotation; thread 003")
            .advice("Allocate when the job is made; leave core dumps to a worker of their own; use trylock.")
            .needs(Stream.SCHED, Stream.TDR, Stream.ALLOC, Stream.LOCK)
            .before(MemAlloc.class, (alloc, state, report) -> {
                SchedulerThread thread = insideCallback(alloc.tid(), state);
                if (thread != null && Gfp.mayReclaim(alloc)) {
                    report(thread, "allocates with reclaim", report);
                } else if (thread != null && alloc.gfp() == null) {
                    report.unknown("it is not known whether the allocation may reclaim");
                }
            })
            .before(ReclaimBegin.class, (reclaim, state, report) -> {
                SchedulerThread thread = insideCallback(reclaim.tid(), state);
                if (thread != null) {
                    report(thread, "reclaims memory", report);
                }
            })
            .before(ResvLock.class, (lock, state, report) -> {
                SchedulerThread thread = insideCallback(lock.tid(), state);
                // A thread that has the lock already does not sleep for it.
                boolean has = lock.hasResult() && lock.result() == ALREADY;
                if (thread != null && !lock.tryValue() && !has) {
                    report(thread, "locks a reservation", report);
                }
            })
            .build();

    private SchedulerCallbacksDoNotBlock() {}

    private static @Nullable SchedulerThread insideCallback(int tid, KernelState state) {
        SchedulerThread thread = state.schedulers().thread(tid);
        return thread == null
                ? null
                : switch (thread.phase()) {
                    case RUN_JOB, TIMEDOUT, RESET -> thread;
                    case NONE, UNKNOWN -> null;
                };
    }

    private static void report(SchedulerThread thread, String what, Report report) {
        report.violation("tid=" + thread.id())
                .since(thread.phaseSeq())
                .witness("in " + thread.phase(), thread.phaseSeq())
                .witness(what, report.event().seq())
                .says("Thread " + thread.id() + " " + what + " in " + thread.phase() + ".");
    }
}

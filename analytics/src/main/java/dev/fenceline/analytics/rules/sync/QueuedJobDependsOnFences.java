package dev.fenceline.analytics.rules.sync;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Job;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.SyncObject;
import dev.fenceline.event.SchedJobQueue;
import dev.fenceline.event.Severity;

/** A-Y06: no GPU job on a fence that does not exist yet. */
public final class QueuedJobDependsOnFences {
    public static final Rule RULE = Rule.named("A-Y06", "queued-job-depends-on-fences")
            .severity(Severity.DEADLOCK)
            .states(
                    "When a job is pushed, each sync object it is to wait for has given it a fence, or holds one for the point "
                            + "or a later one.")
            .why("A fence that userspace has yet to create may never come: the job's fences would be indefinite.")
            .source("drm_syncobj.c:drm_syncobj_find_fence (-EINVAL without wait-for-submit), "
                    + "sched_main.c:drm_sched_job_add_syncobj_dependency, Documentation/driver-api/dma-buf.rst (\"Indefinite DMA "
                    + "Fences\"); thread 003")
            .advice("Fail the submission, or wait for the submit before anything is locked or published.")
            .needs(Stream.SO, Stream.SCHED, Stream.DEP)
            .after(SchedJobQueue.class, QueuedJobDependsOnFences::judge)
            .build();

    private QueuedJobDependsOnFences() {}

    private static void judge(SchedJobQueue queue, KernelState state, Report report) {
        Job job = state.schedulers().job(queue.job());
        for (int i = 0; job != null && i < job.lookups(); i++) {
            if (job.isFound(i) || state.syncObjects().covers(job.syncobj(i), job.point(i))) {
                continue;
            }
            SyncObject object = state.syncObjects().syncObject(job.syncobj(i));
            report.violation("job=" + job.id())
                    .since(job.born())
                    .witness("last point of the sync object", object == null ? 0 : object.pointSeq())
                    .witness("looked up in vain", job.lookupSeq(i))
                    .witness("pushed", queue.seq())
                    .says("Job " + job.id() + " is pushed although "
                            + (job.point(i) == 0 ? "" : "point " + Long.toUnsignedString(job.point(i)) + " of ")
                            + "sync object " + job.syncobj(i) + " has no fence.");
            return;
        }
    }
}

package dev.fenceline.analytics.rules.resv;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.FenceContext;
import dev.fenceline.analytics.state.Job;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Reservation;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.LongList;
import dev.fenceline.event.SchedJobRun;
import dev.fenceline.event.Severity;
import dev.fenceline.event.Usage;
import org.jspecify.annotations.Nullable;

/** A-R05: in implicit sync, writers wait for READ and readers for WRITE. */
public final class ImplicitSyncWaitsForOthers {
    public static final Rule RULE = Rule.named("A-R05", "implicit-sync-waits-for-others")
            .severity(Severity.ERROR)
            .states(
                    "A job in implicit synchronisation depends on every pending fence that was in the reservation when it was armed: "
                            + "up to usage READ if it writes, up to WRITE if it only reads.")
            .why("It overwrites what another client still reads, or reads what is not written yet.")
            .source(
                    "include/linux/dma-resv.h:dma_resv_usage_rw, "
                            + "sched_main.c:drm_sched_job_add_implicit_dependencies, include/linux/dma-buf.h (implicit synchronisation)")
            .advice(
                    "Call drm_sched_job_add_implicit_dependencies with the right write flag for every shared BO of the job.")
            .needs(Stream.ISYNC, Stream.RESV)
            .before(SchedJobRun.class, ImplicitSyncWaitsForOthers::judge)
            .build();

    private ImplicitSyncWaitsForOthers() {}

    private static void judge(SchedJobRun run, KernelState state, Report report) {
        Job job = state.schedulers().job(run.job());
        boolean implicit = run.hasImplicit() ? run.implicit() : job != null && job.isImplicit();
        if (!implicit) {
            return;
        }
        boolean writes = run.hasWrite() ? run.write() : job != null && job.writes();
        judge(run, run.hasResv() ? run.resv() : job == null ? Event.ABSENT : job.resv(), writes, job, state, report);
        if (run.hasResv() && job != null && job.resv() != Event.ABSENT && job.resv() != run.resv()) {
            judge(run, job.resv(), job.writes(), job, state, report);
        }
    }

    private static void judge(
            SchedJobRun run, long id, boolean writes, @Nullable Job job, KernelState state, Report report) {
        Reservation resv = state.reservations().reservation(id);
        if (resv == null) {
            if (id == Event.ABSENT && state.reservations().size() > 0) {
                report.unknown("it is not known which reservation job {} uses", run.job());
            }
            return;
        }
        Usage weakest = writes ? Usage.READ : Usage.WRITE;
        long armSeq = job == null || job.armSeq() == 0 ? run.seq() : job.armSeq();
        for (int slot = 0; slot < resv.size(); slot++) {
            boolean there =
                    resv.addSeq(slot) < armSeq && (resv.replacedSeq(slot) == 0 || resv.replacedSeq(slot) > armSeq);
            boolean counts = there && resv.usage(slot).compareTo(weakest) <= 0;
            Fence fence = counts ? state.reservations().pending(resv, slot) : null;
            if (fence != null && !isOwn(fence, run, job, state) && !isCovered(fence, run, job, state)) {
                report.violation("job=" + run.job() + " fence=" + fence.id())
                        .since(state.fences().knownFrom(fence))
                        .since(job == null ? 0 : job.born())
                        .witness("fence added", resv.addSeq(slot))
                        .witness("job armed", job == null ? 0 : job.armSeq())
                        .witness("run without waiting for it", run.seq())
                        .says("Job " + run.job() + ", which " + (writes ? "writes" : "reads")
                                + " with implicit synchronisation, runs while fence " + fence.id() + " of usage "
                                + resv.usage(slot) + " is pending in reservation " + id
                                + " and it does not depend on it.");
                return;
            }
        }
    }

    /** Its own fences, what its own entity ran before it, and on amdgpu the work of its own client. */
    private static boolean isOwn(Fence fence, SchedJobRun run, @Nullable Job job, KernelState state) {
        if (fence.id() == run.finished() || fence.id() == run.scheduled() || fence.id() == run.parent()) {
            return true;
        }
        if (job == null) {
            return false;
        }
        Fence finished = state.fences().fence(job.finished());
        boolean sameEntity = finished != null
                && finished.context() != Event.ABSENT
                && finished.context() != 0
                && finished.context() == fence.context();
        if (finished == fence || fence.id() == job.scheduled() || sameEntity) {
            return true;
        }
        // amdgpu_sync.c:amdgpu_sync_test_fence leaves out the fences of the same owner.
        boolean amdgpu = state.devices().mayBe("amdgpu", state.contents().deviceOf(job.client()));
        Job other = amdgpu ? state.schedulers().jobOfFinished(fence.id()) : null;
        return other != null && other.client() != Event.ABSENT && other.client() == job.client();
    }

    private static boolean isCovered(Fence fence, SchedJobRun run, @Nullable Job job, KernelState state) {
        LongList stated = run.dependsOn();
        for (int i = 0; stated != null && i < stated.size(); i++) {
            if (covers(stated.get(i), fence, state, true)) {
                return true;
            }
        }
        for (int i = 0; job != null && i < job.dependencies(); i++) {
            if (covers(job.dependency(i), fence, state, true)) {
                return true;
            }
        }
        return false;
    }

    /** Whether waiting for the dependency is waiting for the fence: it is the fence, a later one of its context, or holds it. */
    private static boolean covers(long dependency, Fence fence, KernelState state, boolean opensContainers) {
        if (dependency == fence.id()) {
            return true;
        }
        Fence waited = state.fences().fence(dependency);
        long context = state.fences().contextOf(dependency);
        long seqno = state.fences().seqnoOf(dependency);
        boolean later = context == fence.context()
                && context != Event.ABSENT
                && context != 0
                && (waited == null || waited.kind() != FenceKind.CHAIN)
                && seqno != Event.ABSENT
                && fence.seqno() != Event.ABSENT
                && FenceContext.isLater(seqno, fence.seqno(), fence.is64Bit());
        LongList members = opensContainers && waited != null ? waited.members() : null;
        for (int i = 0; !later && members != null && i < members.size(); i++) {
            later = covers(members.get(i), fence, state, false);
        }
        return later;
    }
}

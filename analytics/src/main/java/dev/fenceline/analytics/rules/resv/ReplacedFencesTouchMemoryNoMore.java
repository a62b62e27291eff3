package dev.fenceline.analytics.rules.resv;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.Job;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Reservation;
import dev.fenceline.analytics.state.SectionStack;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.GpuAccess;
import dev.fenceline.event.Severity;

/** A-R04: fences are replaced only when the old operation cannot touch the memory any more. */
public final class ReplacedFencesTouchMemoryNoMore {
    public static final Rule RULE = Rule.named("A-R04", "replaced-fences-touch-memory-no-more")
            .severity(Severity.CRITICAL)
            .states(
                    "Once the fence that replaced those of a context in a reservation is done, no operation of that context "
                            + "accesses the memory of the reservation, unless the context added a fence again.")
            .why("Whoever waits for the reservation, to move or free the memory, no longer waits for the operation.")
            .source("dma-resv.c:dma_resv_replace_fences, amdgpu_eviction_fence.c:amdgpu_evf_mgr_detach_fence, "
                    + "xe_bo.c:xe_ttm_bo_release_notify")
            .advice(
                    "Replace by the fence of the update that takes the memory away; a stub only after that is complete.")
            .needs(Stream.REPLACE, Stream.FENCE)
            .before(GpuAccess.class, ReplacedFencesTouchMemoryNoMore::judge)
            .build();

    private ReplacedFencesTouchMemoryNoMore() {}

    private static void judge(GpuAccess access, KernelState state, Report report) {
        long id = resvOf(access, state);
        Reservation resv = state.reservations().reservation(id);
        if (resv == null || resv.replacements().isEmpty()) {
            return;
        }
        long context = contextOf(access, state);
        if (context == Event.ABSENT) {
            report.unknown("it is not known which context the operation is of that accesses reservation {}", id);
            return;
        }
        SectionStack replacements = resv.replacements();
        int i = replacements.indexOf(context);
        Fence replacement = i < 0 ? null : state.fences().fence(replacements.token(i));
        if (replacement == null || !state.fences().isComplete(replacement)) {
            return;
        }
        report.violation("resv=" + id + " context=" + context)
                // A fence that the context added since may be of those of which it was not seen whose they are.
                .restsOnAll()
                .witness("fences of the context replaced", replacements.seq(i))
                .witness("replacement signalled", replacement.signaledSeq())
                .witness("memory accessed", access.seq())
                .says("An operation of context " + context + " accesses the memory of reservation " + id
                        + " although fence " + replacement.id() + ", which replaced its fences, is done.");
    }

    private static long resvOf(GpuAccess access, KernelState state) {
        if (!access.hasBo()) {
            return state.session().soleObject("resv");
        }
        BufferObject bo = state.buffers().bo(access.bo());
        if (bo != null) {
            return state.buffers().resvOf(bo);
        }
        boolean named = state.reservations().reservation(access.bo()) != null;
        return named ? access.bo() : state.session().soleObject("resv");
    }

    private static long contextOf(GpuAccess access, KernelState state) {
        if (access.hasContext()) {
            return access.context();
        }
        Job job = access.hasJob() ? state.schedulers().job(access.job()) : null;
        Fence fence = job == null ? null : state.fences().fence(job.finished());
        return fence == null ? Event.ABSENT : fence.context();
    }
}

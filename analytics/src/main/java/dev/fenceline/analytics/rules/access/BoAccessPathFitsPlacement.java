package dev.fenceline.analytics.rules.access;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.SessionFacts;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.AccessCaller;
import dev.fenceline.event.AccessPath;
import dev.fenceline.event.BoAccess;
import dev.fenceline.event.Placement;
import dev.fenceline.event.Severity;

/** T03: the way to the contents of a BO is the one for the place it is in. */
public final class BoAccessPathFitsPlacement {
    public static final Rule RULE = Rule.named("T03", "bo-access-path-fits-placement")
            .severity(Severity.ERROR)
            .states(
                    "A BO in system memory or GTT is reached by mapping its pages, one in VRAM by the driver, and one anywhere else "
                            + "not at all by xe and amdgpu.")
            .why(
                    "VRAM has no pages to map and system memory has no place in the aperture: the wrong way reads something else.")
            .source("ttm_bo_vm.c:ttm_bo_access; xe_bo.c:xe_ttm_access_memory and amdgpu_ttm.c:amdgpu_ttm_access_memory "
                    + "(-EIO if not in VRAM); ttm_bo_util.c:ttm_bo_kmap")
            .advice("Choose by the memory type of the current resource, under the reservation.")
            .needs(Stream.ACCESS, Stream.MOVE)
            .before(BoAccess.class, BoAccessPathFitsPlacement::judge)
            .build();

    private BoAccessPathFitsPlacement() {}

    private static void judge(BoAccess access, KernelState state, Report report) {
        boolean reaches = access.path() != AccessPath.NONE && access.path() != AccessPath.UNKNOWN;
        boolean refused = access.hasResult() && access.result() < 0;
        if (!reaches || refused || access.caller() == AccessCaller.USER_MMAP) {
            return;
        }
        BufferObject bo = state.buffers().bo(access.bo());
        // A move that changes nothing but the books is not always told: what the access says itself is nearer.
        boolean said = access.placement() != Placement.UNKNOWN;
        Placement placement = said ? access.placement() : bo == null ? Placement.UNKNOWN : bo.placement();
        if (placement == Placement.UNKNOWN) {
            report.unknown("it is not known where BO {} is", access.bo());
            return;
        }
        if (!isAllowed(access.path(), placement, state.session())) {
            long movedSeq = said || bo == null ? 0 : Math.max(bo.moveSeq(), bo.commitSeq());
            report.violation("bo=" + access.bo())
                    .since(said ? access.seq() : bo == null ? 0 : bo.born())
                    .witness("BO created", said || bo == null || movedSeq > 0 || bo.isAssumed() ? 0 : bo.born())
                    .witness("moved there", movedSeq)
                    .witness("accessed", access.seq())
                    .says("BO " + access.bo() + " is in " + placement + " and is reached by " + access.path() + ".");
        }
    }

    private static boolean isAllowed(AccessPath path, Placement placement, SessionFacts session) {
        return switch (placement) {
            case SYSTEM, TT -> path == AccessPath.KMAP;
            case VRAM -> isWayToVram(path, session);
            case STOLEN, PRIVATE, DOORBELL ->
                path != AccessPath.KMAP && !session.isDriver("xe") && !session.isDriver("amdgpu");
            case UNKNOWN -> true;
        };
    }

    private static boolean isWayToVram(AccessPath path, SessionFacts session) {
        return switch (path) {
            case IOMEM, UNKNOWN -> true;
            case GPU_COPY -> !session.isDriver("amdgpu");
            case SDMA, MMIO -> !session.isDriver("xe");
            case KMAP, NONE -> false;
        };
    }
}

package dev.fenceline.analytics.rules.bo;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Resource;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.ResourceAssign;
import dev.fenceline.event.Severity;

/** A-T09: a resource has exactly one owner, and is assigned onto an empty slot. */
public final class ResourceHasOneOwner {
    public static final Rule RULE = Rule.named("A-T09", "resource-has-one-owner")
            .severity(Severity.ERROR)
            .states("A resource belongs to one BO or ghost, and becomes the one of a BO only when the BO has none.")
            .why(
                    "A resource assigned over another leaks the other's memory; one that two BOs own is freed under the second.")
            .source("include/drm/ttm/ttm_bo.h:ttm_bo_assign_mem (WARN_ON(bo->resource)), "
                    + "ttm_bo_util.c:ttm_buffer_object_transfer (empties the slot, ttm_resource_set_bo)")
            .advice("Free the old resource, or leave it to a ghost, before the new one is assigned.")
            .needs(Stream.OWN)
            .before(ResourceAssign.class, ResourceHasOneOwner::judge)
            .build();

    private ResourceHasOneOwner() {}

    private static void judge(ResourceAssign assign, KernelState state, Report report) {
        if (!assign.hasResource() || !assign.hasBo()) {
            return;
        }
        BufferObject bo = state.buffers().bo(assign.bo());
        long current = bo == null ? Event.ABSENT : bo.resource();
        // What a ghost took over it has already; the assignment only says so again.
        boolean takenOver = bo != null && bo.isResourceHandedOver() && current == assign.resource();
        if (bo != null && current != Event.ABSENT && !takenOver) {
            report.violation("bo=" + bo.id())
                    .since(bo.resourceSeq())
                    .witness("slot filled", bo.resourceSeq())
                    .witness("assigned onto it", assign.seq())
                    .says("Resource " + assign.resource() + " is assigned to BO " + bo.id()
                            + ", which still has resource " + current + ".");
            return;
        }
        Resource resource = state.resources().resource(assign.resource());
        if (resource != null && resource.owner() != Event.ABSENT && resource.owner() != assign.bo()) {
            report.violation("resource=" + resource.id())
                    .since(resource.ownerSeq())
                    .witness("owned by the other", resource.ownerSeq())
                    .witness("assigned", assign.seq())
                    .says("Resource " + resource.id() + " of BO " + resource.owner() + " is assigned to BO "
                            + assign.bo() + ".");
        }
    }
}

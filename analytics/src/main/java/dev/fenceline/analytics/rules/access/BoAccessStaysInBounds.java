package dev.fenceline.analytics.rules.access;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.AccessPath;
import dev.fenceline.event.BoAccess;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;

/** T01: an access to a BO lies inside it. */
public final class BoAccessStaysInBounds {
    public static final Rule RULE = Rule.named("T01", "bo-access-stays-in-bounds")
            .severity(Severity.ERROR)
            .states(
                    "An access of no bytes, or of bytes that the BO does not have, is refused with -EIO and touches nothing.")
            .why("Beyond its end the backing store of a BO is followed by the memory of somebody else.")
            .source("ttm_bo_vm.c:ttm_bo_access (len < 1 || (offset + len) > bo->base.size gives -EIO); thread 000")
            .advice("Test the range against the size of the BO before anything is mapped or copied.")
            .needs(Stream.ACCESS)
            .before(BoAccess.class, BoAccessStaysInBounds::judge)
            .build();

    private BoAccessStaysInBounds() {}

    private static void judge(BoAccess access, KernelState state, Report report) {
        boolean refused = access.hasResult() ? access.result() < 0 : access.path() == AccessPath.NONE;
        if (refused || !access.hasLength()) {
            return;
        }
        BufferObject bo = state.buffers().bo(access.bo());
        long size = bo == null ? Event.ABSENT : bo.size();
        long offset = access.hasOffset() ? access.offset() : 0;
        boolean empty = access.length() < 1;
        if (!empty && size == Event.ABSENT) {
            report.unknown("the size of BO {} is not known", access.bo());
            return;
        }
        if (empty || offset < 0 || access.length() > size - offset) {
            report.violation("bo=" + access.bo())
                    .since(empty || bo == null ? access.seq() : bo.born())
                    .witness("BO created", empty || bo == null || bo.isAssumed() ? 0 : bo.born())
                    .witness("accessed", access.seq())
                    .says("An access of " + access.length() + " bytes at " + offset + " of BO " + access.bo()
                            + (empty ? " is not refused." : ", which has " + size + " bytes, is not refused."));
        }
    }
}

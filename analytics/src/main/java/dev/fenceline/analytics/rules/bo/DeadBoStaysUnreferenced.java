package dev.fenceline.analytics.rules.bo;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.BoDelayedDestroy;
import dev.fenceline.event.BoGet;
import dev.fenceline.event.BoLookup;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** A-T15: a BO comes back from zero references only once, by delayed destroy, and no lookup finds it then. */
public final class DeadBoStaysUnreferenced {
    public static final Rule RULE = Rule.named("A-T15", "dead-bo-stays-unreferenced")
            .severity(Severity.CRITICAL)
            .states(
                    "A BO without references gets one only once, from its delayed destroy; no lookup finds it from then on.")
            .why("Who takes a reference to a BO that is being freed goes on with freed memory.")
            .source(
                    "ttm_bo.c:ttm_bo_release (deleted is set, kref_init), ttm_bo_internal.h:ttm_bo_get_unless_zero; thread 002")
            .advice(
                    "Take references with kref_get_unless_zero where the last one may have gone, and unpublish the handle first.")
            .needs(Stream.REF)
            .before(BoGet.class, (get, state, report) -> {
                BufferObject bo = counted(get.bo(), state, report);
                if (bo != null && bo.refs() == 0) {
                    report(bo, "last reference gone", bo.zeroSeq(), "referenced", report);
                }
            })
            .before(BoLookup.class, (lookup, state, report) -> {
                BufferObject bo = counted(lookup.bo(), state, report);
                if (bo == null || (lookup.hasResult() && lookup.result() < 0)) {
                    return;
                }
                if (bo.deletedSeq() > 0) {
                    report(bo, "deleted", bo.deletedSeq(), "found by a lookup", report);
                } else if (bo.refs() == 0) {
                    report(bo, "last reference gone", bo.zeroSeq(), "found by a lookup", report);
                }
            })
            .before(BoDelayedDestroy.class, (destroy, state, report) -> {
                BufferObject bo = state.buffers().bo(destroy.bo());
                if (bo != null && bo.deletedSeq() > 0) {
                    report(bo, "deleted", bo.deletedSeq(), "brought back a second time", report);
                }
            })
            .build();

    private DeadBoStaysUnreferenced() {}

    /** The BO, if all its references are known. */
    private static @Nullable BufferObject counted(long id, KernelState state, Report report) {
        BufferObject bo = state.buffers().bo(id);
        boolean known = bo == null || !bo.isAssumed() || state.ledger().isFragment() || bo.deletedSeq() > 0;
        if (bo != null && !known && bo.refs() == 0 && bo.departed() == 0) {
            report.unknown("it is not known who holds BO {}, which is not seen created", id);
        }
        return known ? bo : null;
    }

    private static void report(BufferObject bo, String role, long seq, String how, Report report) {
        report.violation("bo=" + bo.id())
                .since(bo.born())
                .witness(role, seq)
                .witness(how, report.event().seq())
                .says("BO " + bo.id() + " is " + how + " after its last reference went.");
    }
}

package dev.fenceline.analytics.rules.bo;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.BoRelease;
import dev.fenceline.event.BoUnpin;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** A-T02: the pin count is balanced, and zero at the last put. */
public final class PinsAreBalanced {
    public static final Rule RULE = Rule.named("A-T02", "pins-are-balanced")
            .severity(Severity.WARN)
            .states(
                    "A BO is unpinned only as often as it was pinned, and is not pinned any more when its last reference goes.")
            .why(
                    "An unpin too many lets a BO move that somebody else still has pinned; a pin too many keeps memory that nobody "
                            + "can evict.")
            .source("ttm_bo.c:ttm_bo_unpin (WARN_ON_ONCE(!bo->pin_count)), ttm_bo.c:ttm_bo_release "
                    + "(WARN_ON_ONCE(bo->pin_count)); thread 002")
            .advice("Pair every pin with one unpin, on the error paths too, before the last reference is dropped.")
            .needs(Stream.PIN, Stream.LIFE)
            .before(BoUnpin.class, (unpin, state, report) -> {
                BufferObject bo = counted(state.buffers().bo(unpin.bo()), state, report);
                if (bo != null && bo.pins() == 0) {
                    report.violation("bo=" + bo.id() + " unpin")
                            // amdgpu tells of the creation when the BO may be pinned already.
                            .restsOnAll()
                            .witness("last pin taken back", bo.unpinSeq())
                            .witness("released", bo.releaseSeq())
                            .witness("unpinned once more", unpin.seq())
                            .says("BO " + bo.id() + " is unpinned although it is not pinned.");
                } else if (bo == null && state.ledger().isFragment() && unpin.hasBo()) {
                    report.violation("bo=" + unpin.bo() + " unpin")
                            .restsOnAll()
                            .witness("unpinned", unpin.seq())
                            .says("BO " + unpin.bo() + " is unpinned although it is not pinned.");
                }
            })
            .before(BoRelease.class, (release, state, report) -> {
                BufferObject bo = state.buffers().bo(release.bo());
                boolean deleted = bo != null && (release.hasDeleted() ? release.deleted() : bo.deletedSeq() > 0);
                if (bo != null && !deleted && bo.pins() > 0) {
                    report.violation("bo=" + bo.id() + " release")
                            .since(bo.pinSeq())
                            .witness("pinned", bo.pinSeq())
                            .witness("last reference gone", release.seq())
                            .says("The last reference to BO " + bo.id() + " goes while it is pinned "
                                    + (bo.pins() == 1 ? "once" : bo.pins() + " times") + ".");
                }
            })
            .build();

    private PinsAreBalanced() {}

    /** The BO, if all its pins are known. */
    private static @Nullable BufferObject counted(@Nullable BufferObject bo, KernelState state, Report report) {
        if (bo != null && bo.isAssumed() && !state.ledger().isFragment()) {
            if (bo.pins() == 0) {
                report.unknown("it is not known how often BO {}, which is not seen created, was pinned", bo.id());
            }
            return null;
        }
        return bo;
    }
}

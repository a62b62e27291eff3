package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.InvalidationRange;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.SvmRanges.SvmRange;
import dev.fenceline.event.GpuFaultBind;
import dev.fenceline.event.MmRangeStartDone;
import dev.fenceline.event.RangeReason;
import dev.fenceline.event.Severity;
import dev.fenceline.event.SvmRangeCreate;

/** U20: an SVM range goes as a whole when any of it is unmapped. */
public final class UnmappedSvmRangeIsGone {
    public static final Rule RULE = Rule.named("U20", "unmapped-svm-range-is-gone")
            .severity(Severity.ERROR)
            .states(
                    "When some of an SVM range is unmapped, the entries of all of it are cleared before the invalidation starts, no page "
                            + "fault binds it again, and no other range is made of its addresses before it is destroyed.")
            .why(
                    "A range is fetched and bound as a whole: what is left of it would be looked for where the program has nothing, "
                            + "or shown with pages that are somebody else's.")
            .source(
                    "drm_gpusvm.c, DOC: Partial Unmapping of Ranges and DOC: Examples (driver_garbage_collector); xe_svm.c:xe_svm_invalidate, "
                            + "xe_svm_garbage_collector; thread 001")
            .advice(
                    "Zap the whole range, mark it unmapped, and have the page fault handler collect it before it looks for a range.")
            .needs(Stream.MM, Stream.PTE, Stream.USERPTR, Stream.VM)
            .before(MmRangeStartDone.class, UnmappedSvmRangeIsGone::judgeZap)
            .before(GpuFaultBind.class, UnmappedSvmRangeIsGone::judgeBind)
            .before(SvmRangeCreate.class, UnmappedSvmRangeIsGone::judgeCreate)
            .build();

    private UnmappedSvmRangeIsGone() {}

    private static void judgeZap(MmRangeStartDone done, KernelState state, Report report) {
        InvalidationRange invalidation = state.notifiers().range(done.rangeId());
        boolean refused = done.hasResult() && done.result() < 0;
        if (invalidation == null || refused || invalidation.reason() != RangeReason.UNMAP) {
            return;
        }
        for (SvmRange range : state.svmRanges().hitBy(invalidation)) {
            AddressSpace vm = state.spaces().vm(range.vm());
            long written = vm == null ? 0 : state.spaces().entryIn(vm, range.start(), range.end());
            if (vm != null && written > 0) {
                report(range, report)
                        .since(vm.born())
                        .since(invalidation.born())
                        .witness("entries written", written)
                        .witness("unmapping begins", invalidation.born())
                        .witness("started with entries left", done.seq())
                        .says("SVM range " + range.id()
                                + " is unmapped in part, and page tables still show some of it.");
            }
        }
    }

    private static void judgeBind(GpuFaultBind bind, KernelState state, Report report) {
        SvmRange range = state.svmRanges().range(bind.range());
        boolean failed = bind.hasResult() && bind.result() < 0;
        if (range != null && range.unmappedSeq() > 0 && range.departed() == 0 && !failed) {
            report(range, report)
                    .witness("unmapped", range.unmappedSeq())
                    .witness("bound again", bind.seq())
                    .says("SVM range " + range.id() + " is bound again after some of it was unmapped.");
        }
    }

    private static void judgeCreate(SvmRangeCreate create, KernelState state, Report report) {
        for (SvmRange range : state.svmRanges().in(create.vm(), create.start(), create.end())) {
            if (range.unmappedSeq() > 0) {
                report(range, report)
                        .witness("unmapped", range.unmappedSeq())
                        .witness("another made in its place", create.seq())
                        .says("A range is made of addresses of SVM range " + range.id()
                                + ", which was unmapped and is not destroyed.");
            }
        }
    }

    private static Finding report(SvmRange range, Report report) {
        return report.violation("range=" + range.id()).since(range.born()).witness("range made", range.born());
    }
}

package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.InvalidationRange;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.SvmRanges.Range;
import dev.fenceline.event.Event;
import dev.fenceline.event.GpuFaultBind;
import dev.fenceline.event.MmRangeEnd;
import dev.fenceline.event.MmRangeStartDone;
import dev.fenceline.event.Severity;
import dev.fenceline.event.SvmRangeCreate;

/** U20: an SVM range that loses CPU pages to an unmap is zapped whole and not used again. */
public final class UnmappedSvmRangeGoes {
    public static final Rule RULE = Rule.named("U20", "unmapped-svm-range-goes")
            .severity(Severity.ERROR)
            .states(
                    "When the CPU unmaps an SVM range, wholly or in part, all of it is zapped before the invalidation starts; it is "
                            + "never bound again, and another range is made there only after it was destroyed.")
            .why(
                    "What is left of the range describes CPU memory that is not there: the GPU reads or writes stale pages through it.")
            .source("drm_gpusvm.c, DOC: Partial Unmapping of Ranges, DOC: Examples (garbage collector first); xe_svm.c")
            .advice(
                    "Mark the range unmapped in the callback, and let the garbage collector destroy it before the next fault.")
            .needs(Stream.MM, Stream.PTE, Stream.USERPTR, Stream.VM)
            .before(MmRangeStartDone.class, (done, state, report) -> {
                if (!done.hasResult() || done.result() >= 0) {
                    judgeZap(done.rangeId(), "started", state, report);
                }
            })
            .before(MmRangeEnd.class, (end, state, report) -> judgeZap(end.rangeId(), "ended", state, report))
            .before(GpuFaultBind.class, UnmappedSvmRangeGoes::judgeBind)
            .before(SvmRangeCreate.class, UnmappedSvmRangeGoes::judgeCreate)
            .build();

    private UnmappedSvmRangeGoes() {}

    private static void judgeZap(long id, String how, KernelState state, Report report) {
        InvalidationRange invalidation = state.notifiers().range(id);
        Range range = invalidation == null ? null : state.svmRanges().boundUnder(id);
        if (range != null && range.boundSeq() < range.unmapStartSeq()) {
            report.violation("range=" + range.id())
                    .since(Math.min(range.born(), range.boundSeq()))
                    .witness("range bound", range.boundSeq())
                    .witness("CPU unmaps", range.unmapStartSeq())
                    .witness(how + " while bound", report.event().seq())
                    .says("SVM range " + range.id() + " is unmapped by the CPU, and a part of it stays bound.");
        }
    }

    private static void judgeBind(GpuFaultBind bind, KernelState state, Report report) {
        Range range = state.svmRanges().range(bind.range());
        if (range == null || range.unmappedSeq() == 0 || (bind.hasResult() && bind.result() < 0)) {
            return;
        }
        report(range, report, "bound again")
                .says("SVM range " + range.id() + " is bound again after the CPU unmapped it.");
    }

    private static void judgeCreate(SvmRangeCreate create, KernelState state, Report report) {
        if (!create.hasStart() || !create.hasEnd()) {
            return;
        }
        long vm = create.hasVm() ? create.vm() : state.session().soleObject("vm");
        Range range = state.svmRanges().unmappedIn(vm, create.start(), create.end());
        if (range != null && range.id() != create.range()) {
            report(range, report, "another range made there")
                    .says("A range is made where SVM range " + range.id() + ", which the CPU unmapped, still is.");
        }
    }

    private static Finding report(Range range, Report report, String how) {
        Event at = report.event();
        return report.violation("range=" + range.id())
                .since(range.unmapStartSeq())
                .witness("CPU unmaps", range.unmapStartSeq())
                .witness(how, at.seq());
    }
}

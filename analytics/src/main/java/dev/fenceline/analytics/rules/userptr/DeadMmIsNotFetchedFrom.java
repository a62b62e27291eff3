package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Mapping;
import dev.fenceline.analytics.state.Notifier;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.HmmRangeFault;
import dev.fenceline.event.Severity;
import dev.fenceline.event.VmaPin;

/** U14: no pages are found in an address space that is being torn down. */
public final class DeadMmIsNotFetchedFrom {
    public static final Rule RULE = Rule.named("U14", "dead-mm-is-not-fetched-from")
            .severity(Severity.ERROR)
            .states("After the release of an address space began, no fetch of pages from it succeeds.")
            .why(
                    "exit_mmap frees the page tables without expecting anybody: a fetch walks freed memory, or brings in pages that "
                            + "nobody frees.")
            .source("Documentation/mm/hmm.rst; drm_gpusvm.c:drm_gpusvm_get_pages (mmget_not_zero, -EFAULT); thread 001")
            .advice("Take mmget_not_zero of the owner's mm around the fetch and fail with -EFAULT if that fails.")
            .needs(Stream.MM, Stream.USERPTR)
            .before(HmmRangeFault.class, (fault, state, report) -> {
                if (!fault.hasResult() || fault.result() >= 0) {
                    judge(
                            fault.hasMm() ? fault.mm() : state.notifiers().mmOf(fault.notifier(), Event.ABSENT),
                            state,
                            report);
                }
            })
            .before(VmaPin.class, (pin, state, report) -> {
                if (!pin.hasResult() || pin.result() >= 0) {
                    judge(mmOfMapping(pin, state), state, report);
                }
            })
            .build();

    private DeadMmIsNotFetchedFrom() {}

    private static long mmOfMapping(VmaPin pin, KernelState state) {
        Notifier guard = state.notifiers().guarding(pin.vma());
        if (guard != null && guard.mm() != Event.ABSENT) {
            return guard.mm();
        }
        Mapping mapping = state.spaces().mapping(pin.vma());
        long id = mapping == null ? pin.vm() : state.spaces().vmOf(mapping);
        AddressSpace vm = state.spaces().vm(id);
        if (vm != null && vm.mm() != Event.ABSENT) {
            return vm.mm();
        }
        boolean only = pin.hasVma() && state.session().soleObject("vma") == pin.vma();
        return only ? state.session().soleObject("mm") : Event.ABSENT;
    }

    private static void judge(long mm, KernelState state, Report report) {
        long released = state.invalidationSeqs().releasedSeq(mm);
        if (released > 0) {
            report.violation("mm=" + mm)
                    .since(released)
                    .witness("released", released)
                    .witness("pages fetched", report.event().seq())
                    .says("Pages of address space " + mm + " are fetched after its release began.");
        }
    }
}

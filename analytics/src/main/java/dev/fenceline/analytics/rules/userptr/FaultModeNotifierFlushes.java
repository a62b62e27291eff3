package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.InvalidationRange;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Mapping;
import dev.fenceline.analytics.state.Notifier;
import dev.fenceline.analytics.state.StaleTranslation;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.SvmRanges.SvmRange;
import dev.fenceline.event.Event;
import dev.fenceline.event.MmRangeStartDone;
import dev.fenceline.event.Severity;

/** U07: where accesses may fault, a notifier returns when the entries are cleared and all TLBs have forgotten them. */
public final class FaultModeNotifierFlushes {
    public static final Rule RULE = Rule.named("U07", "fault-mode-notifier-flushes")
            .severity(Severity.CRITICAL)
            .states(
                    "In a VM whose queues may fault the invalidation of a CPU range starts only when the entries of what it hits "
                            + "of every userptr mapping and SVM range are cleared, and an invalidation sent after that has succeeded on each GT of their tiles.")
            .why(
                    "No fence waits for the queue: until the TLBs have forgotten the pages it reads and writes them, whoever owns them by "
                            + "then.")
            .source("xe_userptr.c:xe_vma_userptr_do_inval, xe_vm.c:xe_vm_invalidate_vma_submit; "
                    + "Documentation/gpu/drm-vm-bind-locking.rst (Recoverable page-faults); threads 000 and 001")
            .advice("Zap, ask every GT of the tiles that had entries, primary and media, and wait for all answers.")
            .needs(Stream.MM, Stream.NOTIFIER, Stream.PTE, Stream.TLB, Stream.VM)
            .before(MmRangeStartDone.class, FaultModeNotifierFlushes::judge)
            .build();

    private FaultModeNotifierFlushes() {}

    private static void judge(MmRangeStartDone done, KernelState state, Report report) {
        InvalidationRange range = state.notifiers().range(done.rangeId());
        if (range == null || (done.hasResult() && done.result() < 0)) {
            return;
        }
        for (int i = 0; i < range.callbackCount(); i++) {
            InvalidationRange.Callback callback = range.callback(i);
            Notifier notifier = state.notifiers().notifier(callback.notifier());
            Mapping mapping = notifier == null ? null : state.notifiers().mappingOf(notifier);
            if (notifier != null && mapping == null && !callback.refused()) {
                judgeRanges(range, callback, notifier, state, report);
            }
            AddressSpace vm =
                    mapping == null ? null : state.spaces().vm(state.spaces().vmOf(mapping));
            if (notifier != null && mapping != null && vm != null && vm.isFaultMode() && !callback.refused()) {
                judge(range, callback, notifier, mapping, vm, state, report);
            }
        }
    }

    private static void judge(
            InvalidationRange range,
            InvalidationRange.Callback callback,
            Notifier notifier,
            Mapping mapping,
            AddressSpace vm,
            KernelState state,
            Report report) {
        long from = mapping.start();
        long to = mapping.end();
        boolean isPart = range.hasBounds() && !range.covers(notifier);
        if (isPart) {
            long first = cpuStartOf(mapping, notifier);
            long offset = Math.max(range.start() - first, 0);
            long length = Math.min(range.end() - first, mapping.end() - mapping.start());
            if (first == Event.ABSENT || offset >= length) {
                return;
            }
            from = mapping.start() + offset;
            to = mapping.start() + length;
        }
        long written = state.spaces().entryOf(mapping, from, to);
        StaleTranslation stale = written > 0 ? null : state.translations().staleIn(mapping, from, to);
        if (written == 0 && stale == null) {
            return;
        }
        report.violation("vma=" + mapping.id())
                .since(vm.born())
                .since(mapping.born())
                .witness("entries written", stale == null ? written : stale.writtenSeq())
                .witness("notifier called", callback.invalidateSeq())
                .witness("entries cleared", stale == null ? 0 : stale.zapSeq())
                .witness("TLB asked too early", stale == null ? 0 : stale.earlySeq())
                .witness("TLB asked", stale == null ? 0 : stale.sendSeq())
                .witness("TLB did not answer", stale == null ? 0 : stale.failedSeq())
                .witness("started", report.event().seq())
                .says("The invalidation starts while VM " + vm.id() + " still reaches the pages of mapping "
                        + mapping.id() + (stale == null ? " through its page tables." : " through a TLB."));
    }

    /** A notifier that is no mapping's may watch SVM ranges, which are at the same address for the CPU and the GPU. */
    private static void judgeRanges(
            InvalidationRange invalidation,
            InvalidationRange.Callback callback,
            Notifier notifier,
            KernelState state,
            Report report) {
        AddressSpace vm = state.spaces().vm(state.notifiers().vmOf(notifier));
        if (vm == null || !vm.isFaultMode() || !state.ledger().holds(Stream.USERPTR)) {
            return;
        }
        for (SvmRange range : state.svmRanges().in(vm.id(), invalidation.start(), invalidation.end())) {
            long from = Math.max(range.start(), invalidation.start());
            long to = Math.min(range.end(), invalidation.end());
            long written = state.spaces().entryIn(vm, from, to);
            StaleTranslation stale = written > 0 ? null : state.translations().staleIn(vm.id(), from, to);
            if (written > 0 || stale != null) {
                report.violation("range=" + range.id())
                        .since(vm.born())
                        .since(range.born())
                        .witness("entries written", stale == null ? written : stale.writtenSeq())
                        .witness("notifier called", callback.invalidateSeq())
                        .witness("entries cleared", stale == null ? 0 : stale.zapSeq())
                        .witness("TLB asked", stale == null ? 0 : stale.sendSeq())
                        .witness("started", report.event().seq())
                        .says("The invalidation starts while VM " + vm.id() + " still reaches SVM range " + range.id()
                                + (stale == null ? " through its page tables." : " through a TLB."));
            }
        }
    }

    /** Where the mapping begins in the address space of the CPU: as its create says, or where a notifier of its size begins. */
    private static long cpuStartOf(Mapping mapping, Notifier notifier) {
        if (mapping.userptr() != Event.ABSENT) {
            return mapping.userptr();
        }
        boolean sameSize = notifier.hasBounds()
                && mapping.hasRange()
                && notifier.end() - notifier.start() == mapping.end() - mapping.start();
        return sameSize ? notifier.start() : Event.ABSENT;
    }
}

package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.AddressSpaces.BindOfFence;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Mapping;
import dev.fenceline.analytics.state.StaleTranslation;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaFenceSignaled;
import dev.fenceline.event.Severity;

/** V03: the fence of a bind signals when its entries are written, that of an unbind when they are cleared and forgotten. */
public final class BindFenceFollowsPageTables {
    public static final Rule RULE = Rule.named("V03", "bind-fence-follows-page-tables")
            .severity(Severity.CRITICAL)
            .states(
                    "The fence of a bind signals after its page table entries are written, unless they are left to page faults; the fence of an unbind, whole or in part, after they are "
                            + "cleared and the TLBs of all GTs of their tiles have forgotten them.")
            .why(
                    "Who waited for the fence uses the mapping before it is there, or the memory while the GPU still reaches it.")
            .source("xe_pt.c:xe_pt_update_ops_run (the invalidation jobs of both GTs are part of the fence)")
            .advice(
                    "Make the fence of the operation of all that it needs: the page table job and each TLB invalidation.")
            .needs(Stream.FENCE, Stream.PTE, Stream.TLB, Stream.VM)
            .before(DmaFenceSignaled.class, BindFenceFollowsPageTables::judge)
            .build();

    private BindFenceFollowsPageTables() {}

    private static void judge(DmaFenceSignaled signal, KernelState state, Report report) {
        Fence fence = state.fences().fence(signal.fence());
        if (fence == null || fence.bitSeq() > 0) {
            return;
        }
        boolean failed = (signal.hasError() && signal.error() < 0) || fence.errorSeq() > 0;
        if (failed) {
            return;
        }
        for (BindOfFence bind : state.spaces().boundBy(signal.fence())) {
            Mapping mapping = state.spaces().mapping(bind.mapping());
            if (mapping == null || !mapping.hasRange()) {
                continue;
            }
            if (mapping.unbindFence() == signal.fence()) {
                judgeUnbind(mapping, fence, state, report);
            } else if (mapping.unbindSeq() == 0) {
                judgeBind(mapping, bind.seq(), fence, state, report);
            }
        }
    }

    private static void judgeBind(Mapping mapping, long bindSeq, Fence fence, KernelState state, Report report) {
        AddressSpace vm = state.spaces().vm(state.spaces().vmOf(mapping));
        if (vm == null || !vm.isKindStated()) {
            return;
        }
        if (!state.spaces().isWrittenSince(mapping, bindSeq)) {
            report.violation("fence=" + fence.id())
                    .since(vm.born())
                    .since(mapping.born())
                    .since(fence.born())
                    .witness("bind queued", bindSeq)
                    .witness("signalled with nothing written", report.event().seq())
                    .says("Fence " + fence.id() + " says that mapping " + mapping.id()
                            + " is bound, and no entry is written.");
        } else if (state.spaces().isWrittenInPartSince(mapping, bindSeq)) {
            report.violation("fence=" + fence.id())
                    .since(vm.born())
                    .since(mapping.born())
                    .since(fence.born())
                    .since(bindSeq)
                    .witness("bind queued", bindSeq)
                    .witness("signalled with a part written", report.event().seq())
                    .says("Fence " + fence.id() + " says that mapping " + mapping.id()
                            + " is bound, and only a part of its entries is written.");
        }
    }

    /**
     * An entry of the mapping that is there; 0 if there is none. What was written since is of what took its place. Of a mapping that goes
     * in part something must be gone; which part, only the mappings tell that take its place.
     */
    private static long remaining(Mapping mapping, KernelState state) {
        boolean expected = !mapping.isRemapped() || state.spaces().isUntouchedSince(mapping, mapping.unbindSeq());
        return expected ? state.spaces().entryBefore(mapping, mapping.unbindSeq()) : 0;
    }

    private static void judgeUnbind(Mapping mapping, Fence fence, KernelState state, Report report) {
        long written = remaining(mapping, state);
        StaleTranslation stale = written > 0 ? null : state.translations().staleBefore(mapping, mapping.unbindSeq());
        if (written == 0 && stale == null) {
            return;
        }
        report.violation("fence=" + fence.id())
                .restsOn(state.spaces().vm(state.spaces().vmOf(mapping)))
                .since(mapping.born())
                .since(fence.born())
                .witness("entries written", stale == null ? written : stale.writtenSeq())
                .witness("unbind queued", mapping.unbindSeq())
                .witness("entries cleared", stale == null ? 0 : stale.zapSeq())
                .witness("TLB asked", stale == null ? 0 : stale.sendSeq())
                .witness("signalled", report.event().seq())
                .says("Fence " + fence.id() + " says that mapping " + mapping.id() + " is gone, and "
                        + (stale == null ? "its entries are there." : "a TLB may hold it."));
    }
}

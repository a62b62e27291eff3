package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Mapping;
import dev.fenceline.analytics.state.Notifier;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadLocks;
import dev.fenceline.event.BindOp;
import dev.fenceline.event.Event;
import dev.fenceline.event.NotifierModel;
import dev.fenceline.event.PteWrite;
import dev.fenceline.event.PteWriter;
import dev.fenceline.event.Severity;
import dev.fenceline.event.VmBind;
import dev.fenceline.event.VmaRebind;
import org.jspecify.annotations.Nullable;

/** U02: whoever publishes the pages of a userptr compared its sequence number under the notifier lock, which is still held. */
public final class PtesAreWrittenWhereCompared {
    public static final Rule RULE = Rule.named("U02", "ptes-are-written-where-compared")
            .severity(Severity.CRITICAL)
            .states(
                    "Page table entries of a userptr are written, or their write is queued, by a thread that compared the sequence number "
                            + "of the fetch under the notifier lock and holds that lock still. Which function compared is no matter.")
            .why(
                    "Without the lock an invalidation comes between: the entries show pages that are freed, and nobody takes them away "
                            + "again.")
            .source(
                    "include/linux/mmu_notifier.h:mmu_interval_read_retry, mmu_interval_check_retry (\"False is not reliable\"); "
                            + "xe_pt.c:xe_pt_userptr_pre_commit, xe_userptr.c:xe_vma_userptr_check_repin (\"The check is advisory only\"); "
                            + "thread 001")
            .advice("Take the notifier lock, compare, write or queue the entries, and only then give it back.")
            .needs(Stream.ACCESS, Stream.LOCK, Stream.MM, Stream.NOTIFIER, Stream.PTE, Stream.USERPTR, Stream.VM)
            .before(PteWrite.class, (write, state, report) -> {
                // What the copy engine writes was decided on when its job was queued.
                if (write.by() != PteWriter.GPU && write.pages() != null && write.hasVm() && write.hasStart()) {
                    judge(state.spaces().userptrAt(write.vm(), write.start()), "entries written", state, report);
                }
            })
            .before(VmBind.class, (bind, state, report) -> {
                boolean writes = bind.op() != BindOp.UNMAP && bind.op() != BindOp.REMAP;
                if (writes && bind.hasFence() && !(bind.hasResult() && bind.result() < 0)) {
                    judge(state.spaces().mapping(bind.vma()), "bind queued", state, report);
                }
            })
            .before(VmaRebind.class, (rebind, state, report) -> {
                if (rebind.hasFence() && !(rebind.hasResult() && rebind.result() < 0)) {
                    judge(state.spaces().mapping(rebind.vma()), "rebind queued", state, report);
                }
            })
            .build();

    private PtesAreWrittenWhereCompared() {}

    private static void judge(@Nullable Mapping mapping, String how, KernelState state, Report report) {
        Notifier notifier = mapping == null ? null : state.notifiers().statedFor(mapping);
        // In amdgpu the entries are no publication: the submission compares later, and gives up if pages went stale.
        if (mapping == null
                || notifier == null
                || state.session().isDriver("amdgpu")
                || state.session().notifierModel() == NotifierModel.UNPINNED_QUIESCE
                || state.session().notifierModel() == NotifierModel.PINNED) {
            return;
        }
        long tid = report.event().tid();
        ThreadLocks thread = state.locks().thread(tid);
        long held = state.notifiers().lockHeldSince(tid, notifier);
        AddressSpace vm = state.spaces().vm(state.spaces().vmOf(mapping));
        boolean lockIsKnown = vm != null && vm.hasNotifierLock();
        boolean comparedBefore = Math.max(notifier.unlockedCheckSeq(), notifier.checkEndedSeq()) > notifier.pinSeq();
        if (thread == null || held == 0) {
            if (lockIsKnown || comparedBefore) {
                report(mapping, notifier, how, "the notifier lock is not held", report);
            }
            return;
        }
        boolean leavesItToRebind = vm != null && !vm.isFaultMode();
        long compared = leavesItToRebind ? thread.comparedSeq(notifier.id()) : thread.checkSeq(notifier.id());
        if (compared <= held && (lockIsKnown || comparedBefore)) {
            report(mapping, notifier, how, "it was not found valid since the notifier lock was taken", report)
                    .witness("lock taken", held);
        } else if (compared > held && isOtherFetch(thread.checkNumber(notifier.id()), notifier.pinNumber())) {
            report(mapping, notifier, how, "another fetch than the last was compared", report)
                    .witness("compared", compared);
        }
    }

    private static boolean isOtherFetch(long compared, long fetched) {
        return compared != Event.ABSENT && fetched != Event.ABSENT && compared != fetched;
    }

    private static Finding report(Mapping mapping, Notifier notifier, String how, String why, Report report) {
        return report.violation("vma=" + mapping.id())
                .since(mapping.born())
                .since(notifier.born())
                .witness("pages fetched", notifier.pinSeq())
                .witness("compared without the lock", notifier.unlockedCheckSeq())
                .witness("lock of the comparison given back", notifier.checkEndedSeq())
                .witness(how, report.event().seq())
                .says("Pages of userptr mapping " + mapping.id() + " are published although " + why + ".");
    }
}

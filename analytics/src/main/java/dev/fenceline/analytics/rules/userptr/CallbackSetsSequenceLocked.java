package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Notifier;
import dev.fenceline.analytics.state.NotifierCalls.Call;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadLocks;
import dev.fenceline.event.Event;
import dev.fenceline.event.LockClass;
import dev.fenceline.event.LockMode;
import dev.fenceline.event.NotifierInvalidateDone;
import dev.fenceline.event.NotifierModel;
import dev.fenceline.event.NotifierPass;
import dev.fenceline.event.NotifierSetSeq;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** U03: a callback that accepts an invalidation sets the sequence number, once, under the notifier lock. */
public final class CallbackSetsSequenceLocked {
    public static final Rule RULE = Rule.named("U03", "callback-sets-sequence-locked")
            .severity(Severity.CRITICAL)
            .states(
                    "A callback that returns true has set the notifier's sequence number once, to the number it was called with, "
                            + "holding the notifier lock for writing (drivers that pin pages need no lock).")
            .why(
                    "Fetchers compare that number under that lock: if it is not set, or not under the lock, they use pages that "
                            + "the invalidation frees.")
            .source("include/linux/mmu_notifier.h:mmu_interval_set_seq; xe_userptr.c:xe_vma_userptr_do_inval; "
                    + "amdgpu_hmm.c:amdgpu_hmm_invalidate_gfx; thread 001")
            .advice("Take the notifier lock for writing first thing in the callback, set the number, then wait.")
            .needs(Stream.LOCK, Stream.MM, Stream.NOTIFIER)
            .before(NotifierSetSeq.class, CallbackSetsSequenceLocked::judgeSet)
            .before(NotifierInvalidateDone.class, CallbackSetsSequenceLocked::judgeReturn)
            .build();

    private CallbackSetsSequenceLocked() {}

    private static void judgeSet(NotifierSetSeq set, KernelState state, Report report) {
        Call call = state.notifierCalls().running(set.tid(), set.notifier());
        Notifier notifier = state.notifiers().notifier(set.notifier());
        if (call == null || notifier == null || call.pass() == NotifierPass.FINISH) {
            return;
        }
        if (call.sets() > 0) {
            report(call, set, report, "sets the sequence number twice").witness("set before", call.setSeq());
        } else if (set.hasSeqValue() && call.curSeq() != Event.ABSENT && set.seqValue() != call.curSeq()) {
            report(call, set, report, "sets another sequence number than it was called with");
        } else if (state.session().notifierModel() != NotifierModel.PINNED) {
            LockMode mode = state.notifiers().lockMode(set.tid(), notifier);
            if (mode == null && mayHoldUnderAnotherClass(state.locks().thread(set.tid()))) {
                report.unknown("it is not known which lock the callback of notifier " + notifier.id() + " takes");
            } else if (mode == null || mode == LockMode.R) {
                report(call, set, report, "sets the sequence number without the notifier lock held for writing")
                        .restsOn(notifier)
                        .restsOn(state.spaces().vm(state.notifiers().vmOf(notifier)));
            }
        }
    }

    /** A driver's notifier lock may be an ordinary mutex that is recorded as one. */
    private static boolean mayHoldUnderAnotherClass(@Nullable ThreadLocks thread) {
        for (int i = 0; thread != null && i < thread.held(); i++) {
            boolean plain = thread.lockClass(i) == LockClass.MUTEX || thread.lockClass(i) == LockClass.OTHER;
            if (plain && thread.mode(i) != LockMode.R) {
                return true;
            }
        }
        return false;
    }

    private static void judgeReturn(NotifierInvalidateDone done, KernelState state, Report report) {
        Call call = state.notifierCalls().running(done.tid(), done.notifier());
        Notifier notifier = state.notifiers().notifier(done.notifier());
        boolean refused = done.hasResult() && !done.result();
        if (call == null || notifier == null || refused || call.sets() > 0) {
            return;
        }
        if (call.pass() == NotifierPass.FINISH || done.pass() == NotifierPass.FINISH) {
            return;
        }
        if (!done.hasResult() && call.mustNotBlock()) {
            report.unknown("it is not known whether the callback of notifier " + notifier.id()
                    + ", which must not sleep, refused");
            return;
        }
        if (state.session().notifierModel() == NotifierModel.UNPINNED_QUIESCE) {
            // amdgpu_amdkfd_evict_userptr ignores notifiers while a checkpoint is restored.
            report.unknown("it is not known whether the process is being restored, during which notifiers are ignored");
        } else if (state.ledger().isFragment() || notifier.isCompared()) {
            report(call, done, report, "returns without having set the sequence number");
        }
    }

    private static Finding report(Call call, Event at, Report report, String how) {
        return report.violation("notifier=" + call.notifier())
                .since(call.seq())
                .witness("callback called", call.seq())
                .witness(how, at.seq())
                .says("The callback of notifier " + call.notifier() + " " + how + ".");
    }
}

package dev.fenceline.analytics.rules.lock;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.SectionStack;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadLocks;
import dev.fenceline.analytics.state.ThreadSections;
import dev.fenceline.analytics.state.WaitGraph.Node;
import dev.fenceline.analytics.state.WaitGraph.Step;
import dev.fenceline.event.DmaFenceDep;
import dev.fenceline.event.DmaFenceWaitStart;
import dev.fenceline.event.Event;
import dev.fenceline.event.LockBlock;
import dev.fenceline.event.LockClass;
import dev.fenceline.event.NotifierReadBegin;
import dev.fenceline.event.NotifierRemove;
import dev.fenceline.event.ReclaimBegin;
import dev.fenceline.event.Severity;
import java.util.List;

/** A-L03: reclaim and notifiers may wait on fences, so completers may not enter them. */
public final class CompletersStayOutOfReclaim {
    public static final Rule RULE = Rule.named("A-L03", "completers-stay-out-of-reclaim")
            .severity(Severity.DEADLOCK)
            .states(
                    "While a thread waits for a fence inside reclaim or a notifier callback, no thread that the fence needs is in "
                            + "direct reclaim or blocked behind that notifier.")
            .why("Reclaim waits for the fence, and who is to complete the fence waits for reclaim.")
            .source(
                    "dma-fence.c (\"DOC: fence cross-driver contract\": shrinkers, mmu_notifier), amdgpu_hmm.c, xe_userptr.c")
            .advice("Let completers allocate before they become responsible for a fence, or with GFP_NOWAIT.")
            .needs(Stream.RECLAIM, Stream.WFG)
            .after(DmaFenceWaitStart.class, (e, state, report) -> judge(e.tid(), state, report))
            .after(ReclaimBegin.class, (e, state, report) -> judgeAll(state, report))
            .after(LockBlock.class, (e, state, report) -> judgeAll(state, report))
            .after(NotifierReadBegin.class, (e, state, report) -> judgeAll(state, report))
            .after(NotifierRemove.class, (e, state, report) -> judgeAll(state, report))
            .after(DmaFenceDep.class, (e, state, report) -> judgeAll(state, report))
            .build();

    private CompletersStayOutOfReclaim() {}

    private static void judgeAll(KernelState state, Report report) {
        for (long tid : state.threads().reclaimingTids()) {
            judge(tid, state, report);
        }
    }

    private static void judge(long tid, KernelState state, Report report) {
        ThreadSections waiter = state.threads().thread(tid);
        boolean counts = waiter != null
                && waiter.waitSeq() > 0
                && waiter.waitFence() != Event.ABSENT
                && !(waiter.reclaim().isEmpty() && waiter.notifiers().isEmpty());
        if (waiter == null || !counts) {
            return;
        }
        long[] completer = new long[1];
        List<Step> needs = state.waits().chain(Node.FENCE, waiter.waitFence(), (node, id) -> {
            completer[0] = id;
            return node == Node.THREAD && stuckSeq(id, waiter, state) > 0;
        });
        if (needs == null) {
            return;
        }
        boolean reclaims = !waiter.reclaim().isEmpty();
        Finding finding = report.violation("fence=" + waiter.waitFence() + " tid=" + completer[0])
                .since(waiter.waitSeq())
                .witness(
                        reclaims ? "reclaim begins" : "notifier called",
                        reclaims
                                ? waiter.reclaim().outermostSeq()
                                : waiter.notifiers().outermostSeq())
                .witness("waits for the fence there", waiter.waitSeq())
                .witness("completer cannot go on", stuckSeq(completer[0], waiter, state))
                .witness("seen", report.event().seq())
                .says("Thread " + tid + " waits for fence " + waiter.waitFence() + " inside "
                        + (reclaims ? "reclaim" : "a notifier callback") + ", and thread " + completer[0]
                        + ", which the fence needs, is in reclaim itself or blocked behind the notifier.");
        for (Step step : needs) {
            finding.since(step.seq()).witness(step.role(), step.seq());
        }
    }

    /** Since when the thread is in direct reclaim or blocked behind the notifier of the waiter; 0 if it is not. */
    private static long stuckSeq(long tid, ThreadSections waiter, KernelState state) {
        ThreadSections thread = state.threads().thread(tid);
        if (thread == null) {
            return 0;
        }
        if (!thread.reclaim().isEmpty()) {
            return thread.reclaim().outermostSeq();
        }
        SectionStack callbacks = waiter.notifiers();
        if (callbacks.isEmpty()) {
            return 0;
        }
        int called = callbacks.indexOf(thread.notifierWait());
        if (thread.notifierWaitSeq() > 0 && called >= 0 && thread.notifierWaitSeq() > callbacks.seq(called)) {
            return thread.notifierWaitSeq();
        }
        ThreadLocks held = state.locks().thread(waiter.id());
        boolean behind = thread.blockedSeq() > 0 && thread.blockedOnClass() == LockClass.MMU_NOTIFIER;
        for (int i = 0; held != null && i < held.held() && thread.blockedSeq() > 0; i++) {
            behind |= held.lock(i) == thread.blockedOn() && held.lock(i) != Event.ABSENT;
        }
        return behind ? thread.blockedSeq() : 0;
    }
}

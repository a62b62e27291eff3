package dev.fenceline.analytics.rules.lock;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadSections;
import dev.fenceline.analytics.state.WaitGraph;
import dev.fenceline.analytics.state.WaitGraph.Node;
import dev.fenceline.analytics.state.WaitGraph.Step;
import dev.fenceline.event.DmaFenceArray;
import dev.fenceline.event.DmaFenceDep;
import dev.fenceline.event.DmaFenceInit;
import dev.fenceline.event.DmaFenceWaitEnd;
import dev.fenceline.event.DmaFenceWaitStart;
import dev.fenceline.event.LockBlock;
import dev.fenceline.event.SchedJobArm;
import dev.fenceline.event.SchedJobDep;
import dev.fenceline.event.Severity;
import java.util.List;

/** A-L02: the wait-for graph over threads, locks, fences and jobs is acyclic. */
public final class NobodyWaitsInACircle {
    public static final Rule RULE = Rule.named("A-L02", "nobody-waits-in-a-circle")
            .severity(Severity.DEADLOCK)
            .states(
                    "Threads, locks, fences and jobs never wait for each other in a circle that only unconditional waits make up.")
            .why(
                    "Nobody in the circle ever goes on. lockdep does not see it: a fence is no lock, and who signals it is not who "
                            + "waits.")
            .source("dma-fence.c (\"DOC: fence cross-driver contract\"), Documentation/driver-api/dma-buf.rst "
                    + "(\"Indefinite DMA Fences\")")
            .advice(
                    "Break the circle where it is cheapest: wait before the lock is taken, push before anything can block, depend "
                            + "only on fences that exist.")
            .needs(Stream.WFG)
            .after(DmaFenceWaitStart.class, (e, state, report) -> judge(Node.THREAD, e.tid(), state, report))
            .after(LockBlock.class, (e, state, report) -> judge(Node.THREAD, e.tid(), state, report))
            .after(SchedJobDep.class, (e, state, report) -> judge(Node.JOB, e.job(), state, report))
            .after(SchedJobArm.class, (e, state, report) -> judge(Node.JOB, e.job(), state, report))
            .after(DmaFenceDep.class, (e, state, report) -> judge(Node.FENCE, e.fence(), state, report))
            .after(DmaFenceArray.class, (e, state, report) -> judge(Node.FENCE, e.fence(), state, report))
            .after(DmaFenceInit.class, NobodyWaitsInACircle::judgeInit)
            .before(DmaFenceWaitEnd.class, NobodyWaitsInACircle::judgeStall)
            .build();

    private NobodyWaitsInACircle() {}

    private static void judge(Node node, long id, KernelState state, Report report) {
        List<Step> circle = state.waits().circle(node, id);
        if (circle != null) {
            report(circle, report).says("Nobody goes on: " + story(circle) + ".");
        }
    }

    private static void judgeInit(DmaFenceInit init, KernelState state, Report report) {
        if (init.hasBy() && state.threads().thread(init.by()) != null) {
            judge(Node.FENCE, init.fence(), state, report);
        }
    }

    /** A wait with a limit breaks the circle in the end, but everybody in it stood still until then. */
    private static void judgeStall(DmaFenceWaitEnd end, KernelState state, Report report) {
        ThreadSections thread = state.threads().thread(end.tid());
        boolean timedOut = end.hasResult() && end.result() == 0;
        if (!timedOut || thread == null || thread.waitSeq() == 0 || WaitGraph.isUnconditional(thread)) {
            return;
        }
        List<Step> circle = state.waits().stall(Node.THREAD, end.tid());
        if (circle != null) {
            report(circle, report)
                    .severity(Severity.WARN)
                    .witness("wait timed out", end.seq())
                    .says("Everybody stood still until a wait of " + thread.waitTimeoutNs() / 1_000_000
                            + " ms timed out: " + story(circle) + ".");
        }
    }

    private static Finding report(List<Step> circle, Report report) {
        Step least = circle.get(0);
        for (Step step : circle) {
            int byNode = step.node().compareTo(least.node());
            if (byNode < 0 || (byNode == 0 && step.id() < least.id())) {
                least = step;
            }
        }
        Finding finding = report.violation("circle of " + name(least));
        for (Step step : circle) {
            finding.since(step.seq()).witness(name(step) + " " + step.role(), step.seq());
        }
        return finding.witness("closes the circle", report.event().seq());
    }

    private static String story(List<Step> circle) {
        StringBuilder story = new StringBuilder();
        for (Step step : circle) {
            story.append(story.length() == 0 ? "" : ", ")
                    .append(name(step))
                    .append(' ')
                    .append(step.role());
        }
        return story.toString();
    }

    private static String name(Step step) {
        String node = switch (step.node()) {
            case THREAD -> "thread ";
            case FENCE -> "fence ";
            case JOB -> "job ";
            case LOCK -> "lock ";
        };
        return node + step.id();
    }
}

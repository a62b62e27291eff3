package dev.fenceline.analytics.rules.sched;

import dev.fenceline.analytics.rule.Rule;
import java.util.List;

/** drm_sched: A-S01 to A-S11. */
public final class SchedulerRules {
    /** The rules of this family, in the order of their ids. */
    public static final List<Rule> ALL = List.of(
            ArmedJobIsPushed.RULE,
            EntityRunsJobsInOrder.RULE,
            JobRunsAfterItsDependencies.RULE,
            JobFencesKeepTheirOrder.RULE,
            JobIsDoneAndFreedOnce.RULE,
            CreditsStayWithinTheLimit.RULE,
            TimeoutEndsInCompletion.RULE,
            ResubmitTakesANewFence.RULE,
            PushedJobBelongsToTheScheduler.RULE,
            StoppedEntityTakesNoJobs.RULE,
            SchedulerCallbacksDoNotBlock.RULE);

    private SchedulerRules() {}
}

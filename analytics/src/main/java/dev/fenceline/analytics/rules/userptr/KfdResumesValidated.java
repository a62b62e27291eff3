package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.KfdProcesses.EvictedProcess;
import dev.fenceline.analytics.state.KfdProcesses.Invalid;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.KfdResume;
import dev.fenceline.event.Severity;

/** U17: the KFD lets queues run again only when every userptr BO is valid. */
public final class KfdResumesValidated {
    public static final Rule RULE = Rule.named("U17", "kfd-resumes-validated")
            .severity(Severity.CRITICAL)
            .states(
                    "The queues of a process are resumed only when, for each userptr BO that was invalidated, pages were fetched "
                            + "since its last invalidation.")
            .why("The queues go on with page table entries that point to pages of somebody else.")
            .source(
                    "amdgpu_amdkfd_gpuvm.c:amdgpu_amdkfd_restore_userptr_worker, confirm_valid_user_pages_locked; thread 001")
            .advice(
                    "Compare the counts of invalidations under the notifier lock, and start the restore anew if one changed.")
            .needs(Stream.KFD, Stream.USERPTR)
            .before(KfdResume.class, KfdResumesValidated::judge)
            .build();

    private KfdResumesValidated() {}

    private static void judge(KfdResume resume, KernelState state, Report report) {
        EvictedProcess process = state.kfdProcesses().process(resume.mm());
        Invalid bo = process == null ? null : process.stale();
        if (process == null || bo == null) {
            return;
        }
        if (process.hasUnknownFetch()) {
            report.unknown("it is not known for which BO pages were fetched");
            return;
        }
        report.violation("bo=" + bo.bo())
                .since(bo.firstSeq())
                .witness("first invalidated", bo.firstSeq())
                .witness("pages fetched", bo.fetchSeq())
                .witness("last invalidated", bo.evictSeq())
                .witness("resumed", resume.seq())
                .says("Queues are resumed although BO " + bo.bo() + " was invalidated since its pages were fetched.");
    }
}

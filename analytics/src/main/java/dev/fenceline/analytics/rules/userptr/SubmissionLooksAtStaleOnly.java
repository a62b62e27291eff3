package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.ThreadLocks;
import dev.fenceline.event.ExecPublish;
import dev.fenceline.event.NotifierModel;
import dev.fenceline.event.Severity;

/** U19: a submission does no work for userptrs that are as they were. */
public final class SubmissionLooksAtStaleOnly {
    public static final Rule RULE = Rule.named("U19", "submission-looks-at-stale-userptrs-only")
            .severity(Severity.PERF)
            .states(
                    "In a driver whose mappings stay bound (VM_BIND), a job is published without comparing the number of any userptr of "
                            + "the VM, if none was invalidated since the last one.")
            .why("The cost of a submission grows with all userptrs there are, under the lock that notifiers wait for.")
            .source("Documentation/gpu/drm-vm-bind-locking.rst (efficient userptr gpu_vma exec function iteration); "
                    + "xe_vm.c:__xe_vm_userptr_needs_repin; amdgpu_cs.c, which names the BOs of each submission, compares them all; "
                    + "thread 001 (\"typically also O(1)\")")
            .advice("Have the notifier put stale mappings on a list, and test whether it is empty.")
            .needs(Stream.NOTIFIER, Stream.USERPTR, Stream.VM)
            .before(ExecPublish.class, SubmissionLooksAtStaleOnly::judge)
            .build();

    private SubmissionLooksAtStaleOnly() {}

    private static void judge(ExecPublish publish, KernelState state, Report report) {
        boolean binds = state.session().driver() == null || state.session().isDriver("xe");
        AddressSpace vm = state.spaces().vm(publish.vm());
        ThreadLocks thread = state.locks().thread(publish.tid());
        if (!binds
                || vm == null
                || thread == null
                || state.session().notifierModel() != NotifierModel.UNPINNED_WAIT
                || vm.lastInvalidatedSeq() > vm.lastPublishSeq()) {
            return;
        }
        long first = state.notifiers().firstComparison(thread, vm.id());
        if (first > 0) {
            report.violation("vm=" + vm.id())
                    .since(vm.born())
                    .witness("last job published", vm.lastPublishSeq())
                    .witness("first comparison", first)
                    .witness("work published", publish.seq())
                    .says("A submission to VM " + vm.id()
                            + " compares userptrs, although none was invalidated since the last.");
        }
    }
}

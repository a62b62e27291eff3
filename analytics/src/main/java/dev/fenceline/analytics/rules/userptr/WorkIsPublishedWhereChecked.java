package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Queue;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.Submissions.Submission;
import dev.fenceline.event.Event;
import dev.fenceline.event.ExecPublish;
import dev.fenceline.event.LockRelease;
import dev.fenceline.event.NotifierModel;
import dev.fenceline.event.PreemptFenceArm;
import dev.fenceline.event.Severity;

/** U10: work is let loose in the section of the notifier lock in which no userptr was found stale. */
public final class WorkIsPublishedWhereChecked {
    public static final Rule RULE = Rule.named("U10", "work-is-published-where-checked")
            .severity(Severity.CRITICAL)
            .states(
                    "A job is published, and a preempt fence armed anew, under the notifier lock of the VM, after a check under the same "
                            + "hold of it found no userptr to fetch again; and the job's fence is in the reservation before the lock is "
                            + "given back.")
            .why(
                    "An invalidation between check and publication finds no fence to wait for: the pages are freed, and the work runs "
                            + "on them.")
            .source(
                    "xe_exec.c:xe_exec_ioctl (point of no return), xe_vm.c:preempt_rebind_work_func, amdgpu_cs.c:amdgpu_cs_submit, "
                            + "Documentation/gpu/drm-vm-bind-locking.rst; thread 001")
            .advice("Hold the notifier lock from the last check until the fence was added.")
            .needs(Stream.LOCK, Stream.MM, Stream.NOTIFIER, Stream.RESV, Stream.USERPTR, Stream.VM)
            .before(ExecPublish.class, WorkIsPublishedWhereChecked::judgePublish)
            .before(PreemptFenceArm.class, WorkIsPublishedWhereChecked::judgeArm)
            .before(LockRelease.class, WorkIsPublishedWhereChecked::judgeRelease)
            .build();

    private WorkIsPublishedWhereChecked() {}

    private static void judgePublish(ExecPublish publish, KernelState state, Report report) {
        long id = state.queues().vmOf(publish.vm(), publish.queue());
        AddressSpace vm = state.spaces().vm(id);
        boolean failed = publish.hasResult() && publish.result() < 0;
        // Work of a long-running VM is let loose by the rebind worker, that of one with page faults by their handler.
        if (failed || (vm != null && (vm.isLongRunning() || vm.isFaultMode()))) {
            return;
        }
        if (vm != null && !state.spaces().isModeKnown(vm)) {
            report.unknown("it is not known which kind of VM " + vm.id() + " is");
        } else {
            judge(id, "work published", state, report);
        }
    }

    /** The first fence of a queue is not let loose by it: who creates the queue enables it if a userptr is stale. */
    private static void judgeArm(PreemptFenceArm arm, KernelState state, Report report) {
        Queue queue = state.queues().queue(arm.queue());
        if (queue != null && queue.armSeq() > 0) {
            judge(state.queues().vmOf(arm.vm(), arm.queue()), "preempt fence armed", state, report);
        }
    }

    private static void judge(long id, String how, KernelState state, Report report) {
        if (id == Event.ABSENT || state.session().notifierModel() != NotifierModel.UNPINNED_WAIT) {
            return;
        }
        AddressSpace vm = state.spaces().vm(id);
        Submission submission = state.submissions().of(report.event().tid());
        boolean checked = submission != null && submission.vm() == id && submission.checkSeq() > 0;
        if (submission != null && checked && !submission.isRefused() && submission.releaseSeq() > 0) {
            report(id, how, "after the lock of its check was given back", report)
                    .since(submission.checkSeq())
                    .restsOn(vm)
                    .witness("found nothing to fetch", submission.checkSeq())
                    .witness("lock given back", submission.releaseSeq());
        } else if (submission != null && checked && submission.isRefused()) {
            report(id, how, "although a userptr has to be fetched again", report)
                    .since(submission.checkSeq())
                    .witness("check refused", submission.checkSeq());
        } else if (vm == null || !vm.hasNotifierLock()) {
            // Which lock the thread should hold is not known.
            return;
        } else if (state.notifiers().lockHeldSince(report.event().tid(), id) == 0) {
            report(id, how, "without the notifier lock", report).since(vm.born());
        } else if (!checked && !state.session().isDriver("amdgpu")) {
            // amdgpu_cs.c compares the number of each userptr of the submission instead.
            report(id, how, "without a check for stale userptrs", report).since(vm.born());
        }
    }

    private static void judgeRelease(LockRelease release, KernelState state, Report report) {
        Submission submission = state.submissions().of(release.tid());
        if (submission == null
                || submission.pendingFence() == Event.ABSENT
                || !state.submissions().endsSection(submission, release)) {
            return;
        }
        // The fence may have been added as soon as the lock was taken: a section whose begin is not known says nothing.
        long heldSince = state.notifiers().lockHeldSince(release.tid(), submission.vm());
        if (heldSince > 0) {
            report(submission.vm(), "lock given back", "before its fence is in a reservation", report)
                    .since(heldSince)
                    .witness("work published", submission.publishSeq());
        }
    }

    private static Finding report(long vm, String how, String against, Report report) {
        return report.violation("vm=" + vm)
                .witness(how, report.event().seq())
                .says("In VM " + vm + " work is let loose " + against + ".");
    }
}

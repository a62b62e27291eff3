package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.AddressSpace;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Mapping;
import dev.fenceline.analytics.state.Notifier;
import dev.fenceline.analytics.state.NotifierCalls.Call;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.NotifierInvalidate;
import dev.fenceline.event.NotifierInvalidateDone;
import dev.fenceline.event.NotifierModel;
import dev.fenceline.event.NotifierRemove;
import dev.fenceline.event.Severity;

/** U11: a notifier is removed when the GPU no longer uses its pages, from outside of callbacks, and is quiet thereafter. */
public final class NotifierIsRemovedLast {
    public static final Rule RULE = Rule.named("U11", "notifier-is-removed-last")
            .severity(Severity.CRITICAL)
            .states(
                    "A notifier is removed outside of callbacks, without its lock, and, where pages are not pinned, after the unbind "
                            + "of its mapping is done; no callback of it starts or ends after the removal returned.")
            .why(
                    "Once it is removed, nobody tells the driver that pages are freed which the GPU still maps; and the removal "
                            + "waits for callbacks, which must not wait for it.")
            .source("mmu_notifier.c:mmu_interval_notifier_remove; xe_userptr.c:xe_userptr_remove; thread 001")
            .advice("Remove the notifier in the destruction that runs after the unbind fence signalled.")
            .needs(Stream.FENCE, Stream.LOCK, Stream.NOTIFIER, Stream.VM)
            .before(NotifierRemove.class, NotifierIsRemovedLast::judgeRemove)
            .before(
                    NotifierInvalidate.class,
                    (call, state, report) -> judgeCall("called", call.notifier(), state, report))
            .before(
                    NotifierInvalidateDone.class,
                    (done, state, report) -> judgeCall("returns", done.notifier(), state, report))
            .build();

    private NotifierIsRemovedLast() {}

    private static void judgeCall(String how, long id, KernelState state, Report report) {
        Notifier notifier = state.notifiers().notifier(id);
        if (notifier != null && notifier.departed() > 0) {
            report.violation("notifier=" + id)
                    .since(notifier.departed())
                    .witness("removed", notifier.departed())
                    .witness("callback " + how, report.event().seq())
                    .says("The callback of notifier " + id + " is running after the notifier was removed.");
        }
    }

    private static void judgeRemove(NotifierRemove remove, KernelState state, Report report) {
        String name = remove.hasNotifier() ? "Notifier " + remove.notifier() : "A notifier";
        String subject = remove.hasNotifier() ? "notifier=" + remove.notifier() : "remove=" + remove.seq();
        Call call = state.notifierCalls().running(remove.tid());
        if (call != null) {
            report.violation(subject)
                    .since(call.seq())
                    .witness("callback called", call.seq())
                    .witness("removal begins", remove.seq())
                    .says(name + " is removed in a callback, which its removal waits for.");
        }
        Notifier notifier = state.notifiers().notifier(remove.notifier());
        long vm = notifier != null ? state.notifiers().vmOf(notifier) : vmOf(remove, state);
        long held = state.notifiers().lockHeldSince(remove.tid(), vm);
        if (held > 0 && state.notifiers().mayBeLockOfAnother(remove.tid(), held, vm)) {
            report.unknown("it is not known whether the lock that is held at a removal is the notifier's");
        } else if (held > 0) {
            Finding finding = report.violation(subject)
                    .since(held)
                    .witness("notifier lock taken", held)
                    .witness("removal begins", remove.seq())
                    .says(name + " is removed under the lock that its callback needs.");
            AddressSpace own = state.spaces().vm(vm);
            if (own == null || !own.hasNotifierLock()) {
                // What was lost may say that the lock is another VM's.
                finding.restsOnAll();
            }
        }
        Mapping mapping = notifier != null
                ? state.notifiers().mappingOf(notifier)
                : state.spaces().mapping(remove.hasVma() ? remove.vma() : remove.notifier());
        if (mapping == null || state.session().notifierModel() == NotifierModel.PINNED) {
            return;
        }
        Fence unbind = state.fences().fence(mapping.unbindFence());
        if (unbind != null && !state.fences().isComplete(unbind)) {
            report.violation(subject)
                    .since(mapping.unbindSeq())
                    .witness("unbind queued", mapping.unbindSeq())
                    .witness("removal begins", remove.seq())
                    .says(name + " is removed while the unbind of mapping " + mapping.id() + " is pending.");
        }
    }

    private static long vmOf(NotifierRemove remove, KernelState state) {
        return remove.hasVm() ? remove.vm() : state.session().soleObject("vm");
    }
}

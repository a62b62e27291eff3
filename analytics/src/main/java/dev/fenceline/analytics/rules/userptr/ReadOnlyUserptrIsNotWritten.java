package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Connection;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Mapping;
import dev.fenceline.analytics.state.Notifier;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DebugVmAccess;
import dev.fenceline.event.Event;
import dev.fenceline.event.PageAccess;
import dev.fenceline.event.PageAccessor;
import dev.fenceline.event.Severity;
import dev.fenceline.event.VmaKind;

/** U15: nobody writes through a userptr whose pages were fetched for reading only. */
public final class ReadOnlyUserptrIsNotWritten {
    public static final Rule RULE = Rule.named("U15", "read-only-userptr-is-not-written")
            .severity(Severity.CRITICAL)
            .states(
                    "A page is written through a userptr mapping only if its pages were fetched for writing, and a debugger's write "
                            + "to a read-only one fails.")
            .why(
                    "The page may be the zero page, shared with a parent process, or a page of a file in the page cache: the write "
                            + "changes them for everybody, behind the mm's back.")
            .source(
                    "drm_gpusvm.c:drm_gpusvm_get_pages, xe_hmm.c of 6.12 (HMM_PFN_REQ_WRITE only if not read-only); thread 001, "
                            + "where xe_vm_userptr_access does not look at xe_vma_read_only")
            .advice("Fetch with HMM_PFN_REQ_WRITE before a write, which breaks copy-on-write, or refuse it.")
            .needs(Stream.ACCESS, Stream.DEBUGVM, Stream.USERPTR, Stream.VM)
            .before(PageAccess.class, ReadOnlyUserptrIsNotWritten::judgePage)
            .before(DebugVmAccess.class, ReadOnlyUserptrIsNotWritten::judgeDebugger)
            .build();

    private ReadOnlyUserptrIsNotWritten() {}

    private static void judgePage(PageAccess access, KernelState state, Report report) {
        if (!access.write() || access.who() == PageAccessor.CPU_USER) {
            return;
        }
        Notifier notifier = state.notifiers().notifier(access.via());
        Mapping mapping = state.spaces()
                .mapping(notifier != null && notifier.vma() != Event.ABSENT ? notifier.vma() : access.via());
        boolean isUserptr = mapping != null && (mapping.kind() == VmaKind.USERPTR || mapping.pinSeq() > 0);
        if (mapping != null && isUserptr && mapping.isFetchedForReading()) {
            report(mapping, report, "page written");
        } else if (!isUserptr && notifier != null && notifier.isFetchedForReading()) {
            report.violation("notifier=" + notifier.id())
                    .since(notifier.pinSeq())
                    .witness("pages fetched for reading", notifier.pinSeq())
                    .witness("page written", access.seq())
                    .says("A page under notifier " + notifier.id()
                            + ", which was fetched for reading only, is written.");
        }
    }

    private static void judgeDebugger(DebugVmAccess access, KernelState state, Report report) {
        boolean failed = access.hasResult() && access.result() <= 0;
        if (!access.write() || failed || !access.hasOffset()) {
            return;
        }
        Mapping mapping = state.spaces().userptrAt(vmOf(access, state), access.offset());
        if (mapping != null && mapping.isReadOnly()) {
            report(mapping, report, "written by the debugger");
        }
    }

    private static long vmOf(DebugVmAccess access, KernelState state) {
        if (access.hasVm()) {
            return access.vm();
        }
        Connection connection = state.debuggers().connectionOf(access);
        Connection.VmFile file = connection == null ? null : state.debuggers().fileOf(connection, access);
        return file != null && file.vm() != Event.ABSENT
                ? file.vm()
                : state.session().soleObject("vm");
    }

    private static void report(Mapping mapping, Report report, String how) {
        report.violation("vma=" + mapping.id())
                .since(mapping.born())
                .witness("read-only mapping made", mapping.isReadOnly() ? mapping.born() : 0)
                .witness("pages fetched", mapping.pinSeq())
                .witness(how, report.event().seq())
                .says("Userptr mapping " + mapping.id() + ", whose pages may only be read, is written.");
    }
}

package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Connection;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Mapping;
import dev.fenceline.analytics.state.Notifier;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DebugVmAccess;
import dev.fenceline.event.Event;
import dev.fenceline.event.GpuAccess;
import dev.fenceline.event.PageAccess;
import dev.fenceline.event.PageAccessor;
import dev.fenceline.event.Severity;
import dev.fenceline.event.VmaKind;

/** U15: nobody writes through a userptr whose pages were fetched for reading only. */
public final class ReadOnlyUserptrIsNotWritten {
    public static final Rule RULE = Rule.named("U15", "read-only-userptr-is-not-written")
            .severity(Severity.CRITICAL)
            .states(
                    "The kernel or the GPU writes a page through a userptr mapping only if its pages were fetched for writing, and a "
                            + "debugger's write to one that was fetched for reading fails, wherever in the written range the mapping "
                            + "begins. A write that goes by the mm (access_process_vm) counts as refused if it broke "
                            + "copy-on-write: the page written is not one that was fetched.")
            .why(
                    "The page may be the zero page, shared with a parent process, or a page of a file in the page cache: the write "
                            + "changes it for everybody, behind the mm's back.")
            .source(
                    "drm_gpusvm.c:drm_gpusvm_get_pages, xe_hmm.c of 6.12 (HMM_PFN_REQ_WRITE unless read-only); thread 001, whose "
                            + "xe_vm_userptr_access does not look at xe_vma_read_only")
            .advice("Fetch with HMM_PFN_REQ_WRITE before a write, which breaks copy-on-write, or refuse it.")
            .needs(Stream.ACCESS, Stream.DEBUGVM, Stream.USERPTR, Stream.VM)
            .before(PageAccess.class, ReadOnlyUserptrIsNotWritten::judgePage)
            .before(GpuAccess.class, ReadOnlyUserptrIsNotWritten::judgeGpu)
            .before(DebugVmAccess.class, ReadOnlyUserptrIsNotWritten::judgeDebugger)
            .build();

    private ReadOnlyUserptrIsNotWritten() {}

    private static void judgePage(PageAccess access, KernelState state, Report report) {
        if (!access.write() || access.who() == PageAccessor.CPU_USER) {
            return;
        }
        Notifier notifier = state.notifiers().notifier(access.via());
        if (notifier == null) {
            Mapping mapping = state.spaces().mapping(access.via());
            if (mapping != null && !mapping.isForeignPage(access.page())) {
                judge(mapping, "page written", report);
            }
        } else if (notifier.readPinSeq() > 0 && !notifier.isForeignToRead(access.page())) {
            boolean named = notifier.vma() != Event.ABSENT;
            report(named ? "vma=" + notifier.vma() : "notifier=" + notifier.id(), report)
                    .since(notifier.readPinSeq())
                    .witness("pages fetched for reading", notifier.readPinSeq())
                    .witness("page written", access.seq());
        }
    }

    /** The bit in the page table should have kept the GPU from it. */
    private static void judgeGpu(GpuAccess access, KernelState state, Report report) {
        if (access.write() && access.hasPage() && access.hasVm() && access.hasAddress()) {
            Mapping mapping = state.spaces().userptrAt(access.vm(), access.address());
            if (mapping != null) {
                judge(mapping, "written by the GPU", report);
            }
        }
    }

    private static void judgeDebugger(DebugVmAccess access, KernelState state, Report report) {
        boolean failed = access.hasResult() && access.result() <= 0;
        long vm = vmOf(access, state);
        if (!access.write() || failed || vm == Event.ABSENT) {
            return;
        }
        for (Mapping mapping : state.spaces().userptrsOf(access, vm)) {
            if (!mapping.isWrittenByMm(access.tid())) {
                judge(mapping, "written by the debugger", report);
            }
        }
    }

    private static long vmOf(DebugVmAccess access, KernelState state) {
        if (access.hasVm()) {
            return access.vm();
        }
        Connection connection = state.debuggers().connectionOf(access);
        Connection.VmFile file = connection == null ? null : state.debuggers().fileOf(connection, access);
        return file == null ? Event.ABSENT : file.vm();
    }

    private static void judge(Mapping mapping, String how, Report report) {
        if (mapping.kind() == VmaKind.USERPTR && mapping.isFetchedForReading()) {
            report("vma=" + mapping.id(), report)
                    .since(mapping.born())
                    .witness("read-only mapping made", mapping.isReadOnly() ? mapping.born() : 0)
                    .witness("pages fetched", mapping.pinWriteSeq())
                    .witness(how, report.event().seq());
        }
    }

    private static Finding report(String subject, Report report) {
        return report.violation(subject)
                .says("Pages of userptr " + subject + ", which were fetched for reading only, are written.");
    }
}

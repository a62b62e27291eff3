package dev.fenceline.analytics.rules.debug;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Mapping;
import dev.fenceline.analytics.state.NullPages.NullPage;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DebugEuControl;
import dev.fenceline.event.DebugEvent;
import dev.fenceline.event.DebugEventType;
import dev.fenceline.event.EuCommand;
import dev.fenceline.event.EuResume;
import dev.fenceline.event.Event;
import dev.fenceline.event.GpuAccess;
import dev.fenceline.event.GpuFaultBind;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** D18: the null page that lets a debugged thread past its fault hides nothing and does not stay. */
public final class NullPageIsTemporary {
    private static final int BITMAPS = 3;

    public static final Rule RULE = Rule.named("D18", "null-page-is-temporary")
            .severity(Severity.HIGH)
            .states(
                    "The null page that a fault of a debugged thread is answered with lies where nothing else is mapped, is gone before "
                            + "threads of its VM run on, and is not reached once a bind of its address is done; the debugger is told "
                            + "by a PAGEFAULT event with three bitmaps of threads.")
            .why("The program reads zeros and loses its writes where it has memory, or where it should fault.")
            .source(
                    "xe_gt_pagefault.c:handle_pagefault_start, handle_pagefault_end of the posted series (patch 26, where the "
                            + "removal is a TODO); xe_eudebug.c:xe_eudebug_pagefault_destroy; thread 000")
            .advice(
                    "Look the address up again under vm->lock, and unmap the null page when the threads halt, before the event.")
            .needs(Stream.ACCESS, Stream.DEBUG, Stream.FENCE, Stream.PTE, Stream.VM)
            .before(GpuFaultBind.class, NullPageIsTemporary::judgeBind)
            .before(DebugEuControl.class, NullPageIsTemporary::judgeControl)
            .before(EuResume.class, (resume, state, report) -> judgeResume(resume.queue(), state, report))
            .before(GpuAccess.class, NullPageIsTemporary::judgeAccess)
            .before(DebugEvent.class, NullPageIsTemporary::judgeBitmaps)
            .build();

    private NullPageIsTemporary() {}

    private static void judgeBind(GpuFaultBind bind, KernelState state, Report report) {
        NullPage page = state.nullPages().of(bind);
        if (page == null || !bind.hasAddress() || (bind.hasResult() && bind.result() < 0)) {
            return;
        }
        Mapping shadowed = otherAt(page, bind.address(), state);
        if (shadowed != null) {
            report.violation("vma=" + page.vma())
                    .since(shadowed.born())
                    .witness("mapping", shadowed.isAssumed() ? 0 : shadowed.born())
                    .witness("fault", page.faultSeq())
                    .witness("null page made", page.createSeq())
                    .witness("and bound", bind.seq())
                    .says("A null page is bound for a debugged thread where mapping " + shadowed.id() + " is.");
        }
    }

    /** Another mapping than the null page that covers the address, of the same VM. */
    private static @Nullable Mapping otherAt(NullPage page, long address, KernelState state) {
        for (Mapping mapping : state.spaces().mappingsOf(page.vm(), address, address + 1)) {
            if (mapping.id() != page.vma()) {
                return mapping;
            }
        }
        return null;
    }

    private static void judgeControl(DebugEuControl control, KernelState state, Report report) {
        if (control.command() == EuCommand.RESUME && !(control.hasResult() && control.result() < 0)) {
            judgeResume(state.debugProtocols().queueOf(control), state, report);
        }
    }

    private static void judgeResume(long queue, KernelState state, Report report) {
        NullPage page = state.nullPages().leftIn(state.queues().vmOf(Event.ABSENT, queue));
        if (page != null) {
            report.violation("vma=" + page.vma())
                    .since(page.faultSeq())
                    .witness("fault", page.faultSeq())
                    .witness("null page made", page.createSeq())
                    .witness("threads go on", report.event().seq())
                    .says("Threads go on while the null page " + page.vma()
                            + ", which let one of them past a fault, is still mapped.");
        }
    }

    private static void judgeAccess(GpuAccess access, KernelState state, Report report) {
        NullPage page = access.hasAddress() && access.hasPage()
                ? state.nullPages().reachedBy(access.vm(), access.address(), access.page())
                : null;
        if (page != null
                && page.coverSeq() > 0
                && state.fences().pendingSince(page.coverFence(), page.coverSeq()) == null) {
            report.violation("vma=" + page.vma())
                    .since(page.faultSeq())
                    .witness("null page made", page.createSeq())
                    .witness("address bound", page.coverSeq())
                    .witness("null page accessed", access.seq())
                    .says("An access reaches the null page " + page.vma() + " although something else is bound there.");
        }
    }

    private static void judgeBitmaps(DebugEvent event, KernelState state, Report report) {
        byte[] bitmask = event.bitmask();
        if (event.type() == DebugEventType.PAGEFAULT && bitmask != null && bitmask.length % BITMAPS != 0) {
            report.violation("connection=" + event.connection())
                    .since(event.seq())
                    .witness("event", event.seq())
                    .says("A PAGEFAULT event has " + bitmask.length + " bytes of bitmaps, which are not three.");
        }
    }
}

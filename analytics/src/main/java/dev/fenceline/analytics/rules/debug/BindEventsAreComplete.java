package dev.fenceline.analytics.rules.debug;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.DebugProtocol;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DebugEvent;
import dev.fenceline.event.DebugEventType;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;

/** D06: a bind is told with all its operations, and with its user fence once. */
public final class BindEventsAreComplete {
    public static final Rule RULE = Rule.named("D06", "bind-events-are-complete")
            .severity(Severity.ERROR)
            .states(
                    "A VM_BIND of n operations is followed by n VM_BIND_OP and at most one VM_BIND_UFENCE that name it, the latter "
                            + "after all operations; an operation with n images is followed by n VM_BIND_OP_METADATA that name it, before the "
                            + "user fence; nothing names a bind or an operation that was not told.")
            .why("The debugger waits for the rest of the group, or takes a bind as done that it knows only half of.")
            .source("include/uapi/drm/xe_drm_eudebug.h (the comment at vm_bind events); IGT xe_eudebug@basic-vm-bind")
            .advice("Queue the events of a bind together when it ends, and drop all of them if it fails or is empty.")
            .needs(Stream.DEBUG)
            .before(DebugEvent.class, BindEventsAreComplete::judge)
            .build();

    private BindEventsAreComplete() {}

    private static void judge(DebugEvent event, KernelState state, Report report) {
        if (event.type() == DebugEventType.VM_BIND && event.hasN() && event.n() < 1) {
            report(event, report, "tells of a bind without operations").since(event.seq());
            return;
        }
        boolean operation = event.type() == DebugEventType.VM_BIND_OP;
        DebugProtocol protocol = state.debugProtocols().protocol(event.connection());
        if (event.type() == DebugEventType.VM_BIND_OP_METADATA && event.hasRef() && protocol != null) {
            judgeImage(event, protocol, report);
            return;
        }
        if ((!operation && event.type() != DebugEventType.VM_BIND_UFENCE) || !event.hasRef() || protocol == null) {
            return;
        }
        DebugProtocol.Bind bind = protocol.bind(event.ref());
        if (bind == null || bind.seq() == 0) {
            if (protocol.isComplete(event.seqno())) {
                report(event, report, "names a bind that was not told").since(protocol.born());
            }
        } else if (operation && bind.n() != Event.ABSENT && bind.ops() >= bind.n()) {
            report(event, report, "is one operation more than the bind has")
                    .since(bind.seq())
                    .witness("bind told", bind.seq());
        } else if (!operation && bind.fenceSeq() > 0) {
            report(event, report, "tells of a user fence again")
                    .since(bind.seq())
                    .witness("bind told", bind.seq())
                    .witness("its user fence told", bind.fenceSeq());
        } else if (!operation
                && bind.n() != Event.ABSENT
                && bind.ops() < bind.n()
                && protocol.isAllSeenBetween(event.ref(), event.seqno())) {
            report(event, report, "comes after " + bind.ops() + " of " + bind.n() + " operations")
                    .since(bind.seq())
                    .witness("bind told", bind.seq());
        } else if (!operation && protocol.isAllSeenBetween(event.ref(), event.seqno())) {
            DebugProtocol.Delivered bare = protocol.operationWithoutImage(event.ref(), event.seqno());
            if (bare != null) {
                report(
                                event,
                                report,
                                "comes after " + bare.extensions() + " of " + bare.n() + " images of an operation")
                        .since(bind.seq())
                        .witness("bind told", bind.seq())
                        .witness("operation told", bare.seq());
            }
        }
    }

    private static void judgeImage(DebugEvent event, DebugProtocol protocol, Report report) {
        DebugProtocol.Delivered operation = protocol.event(event.ref());
        if (operation == null) {
            if (protocol.isComplete(event.seqno()) && protocol.remembers(event.ref(), event.seqno())) {
                report(event, report, "names an operation that was not told").since(protocol.born());
            }
        } else if (operation.isRead()
                && operation.type() != DebugEventType.VM_BIND_OP
                && operation.type() != DebugEventType.UNKNOWN) {
            report(event, report, "names an event of kind " + operation.type() + " as its operation")
                    .since(operation.seq())
                    .witness("what it names", operation.seq());
        } else if (operation.n() != Event.ABSENT && operation.extensions() >= operation.n()) {
            report(event, report, "is one image more than its operation has")
                    .since(operation.seq())
                    .witness("operation told", operation.seq());
        }
    }

    private static Finding report(DebugEvent event, Report report, String how) {
        return report.violation("event=" + event.seq())
                .witness("told", event.seq())
                .says("Event " + event.seqno() + " of connection " + event.connection() + " " + how + ".");
    }
}

package dev.fenceline.analytics.rules.debug;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.DebugProtocol;
import dev.fenceline.analytics.state.DebugProtocols;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DebugEvent;
import dev.fenceline.event.DebugEventFlag;
import dev.fenceline.event.DebugEventType;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** D05: a handle is announced once, ended once, and named only in between. */
public final class HandleLivesOnce {
    public static final Rule RULE = Rule.named("D05", "handle-lives-once")
            .severity(Severity.ERROR)
            .states(
                    "A handle is 1 or more, comes with one CREATE, ends with one DESTROY, and what another event names was created by "
                            + "an event of a smaller number and not ended by one.")
            .why("The debugger keeps its own tables by these numbers: it would follow an object that is not there.")
            .source("include/uapi/drm/xe_drm_eudebug.h; IGT lib/xe/xe_eudebug.c (comparison of event logs)")
            .advice("Compare by the numbers of the events, not by the order in which they were read.")
            .needs(Stream.DEBUG)
            .before(DebugEvent.class, HandleLivesOnce::judge)
            .build();

    private HandleLivesOnce() {}

    private static void judge(DebugEvent event, KernelState state, Report report) {
        DebugProtocol protocol = state.debugProtocols().protocol(event.connection());
        // The handles ended with the connection: that an event comes at all is another rule's.
        if (protocol != null && protocol.detachSeq() > 0) {
            return;
        }
        switch (event.type()) {
            case OPEN, METADATA -> judgeLife(event, protocol, report);
            case VM -> {
                judgeLife(event, protocol, report);
                judgeReference(event, DebugEventType.OPEN, event.client(), protocol, report);
            }
            case EXEC_QUEUE -> {
                judgeLife(event, protocol, report);
                judgeReference(event, DebugEventType.VM, event.vm(), protocol, report);
                judgeReference(event, DebugEventType.OPEN, event.client(), protocol, report);
            }
            case VM_BIND -> judgeReference(event, DebugEventType.VM, event.vm(), protocol, report);
            case UNKNOWN, EU_ATTENTION, VM_BIND_OP, VM_BIND_UFENCE, VM_BIND_OP_METADATA, PAGEFAULT -> {}
        }
    }

    private static void judgeLife(DebugEvent event, @Nullable DebugProtocol protocol, Report report) {
        long number = DebugProtocols.numberOf(event);
        if (number == Event.ABSENT) {
            return;
        }
        if (number < 1) {
            report(event, number, report, "stands for an object").since(event.seq());
            return;
        }
        DebugProtocol.Handle handle = protocol == null ? null : protocol.handle(event.type(), number);
        if (has(event, DebugEventFlag.CREATE) && handle != null && handle.createSeq() > 0 && handle.destroySeq() == 0) {
            report(event, number, report, "is created again")
                    .since(handle.createSeq())
                    .witness("created", handle.createSeq());
        }
        if (!has(event, DebugEventFlag.DESTROY) || protocol == null) {
            return;
        }
        if (handle == null) {
            if (event.type() != DebugEventType.METADATA && protocol.isComplete(event.seqno())) {
                report(event, number, report, "is ended and was never created").since(protocol.born());
            }
        } else if (handle.destroySeq() > 0) {
            report(event, number, report, "is ended again")
                    .since(handle.destroySeq())
                    .witness("created", handle.createSeq())
                    .witness("ended", handle.destroySeq());
        }
    }

    private static void judgeReference(
            DebugEvent event, DebugEventType type, long object, @Nullable DebugProtocol protocol, Report report) {
        if (object == Event.ABSENT || has(event, DebugEventFlag.DESTROY)) {
            return;
        }
        DebugProtocol.Handle handle = protocol == null ? null : protocol.handle(type, object);
        if (handle == null) {
            if (protocol == null
                    ? event.seqno() == 1
                    : protocol.isComplete(event.seqno()) && protocol.isEachNamed(type)) {
                report(event, object, report, "of kind " + type + " is named and was never announced")
                        .since(protocol == null ? event.seq() : protocol.born());
            }
            return;
        }
        boolean numbered = event.hasSeqno();
        long number = event.seqno();
        boolean createdLater = numbered && handle.createNumber() != Event.ABSENT && handle.createNumber() > number;
        boolean endedBefore = handle.destroySeq() > 0
                && (!numbered || handle.destroyNumber() == Event.ABSENT || handle.destroyNumber() < number);
        if (createdLater || endedBefore) {
            report(event, object, report, "of kind " + type + " is named outside of its life")
                    .since(handle.createSeq())
                    .witness("created", handle.createSeq())
                    .witness("ended", handle.destroySeq());
        }
    }

    private static Finding report(DebugEvent event, long handle, Report report, String how) {
        return report.violation("event=" + event.seq())
                .witness("named", event.seq())
                .says("Handle " + handle + " " + how + " by event " + event.seqno() + " of connection "
                        + event.connection() + ".");
    }

    private static boolean has(DebugEvent e, DebugEventFlag flag) {
        Set<DebugEventFlag> flags = e.flags();
        return flags != null && flags.contains(flag);
    }
}

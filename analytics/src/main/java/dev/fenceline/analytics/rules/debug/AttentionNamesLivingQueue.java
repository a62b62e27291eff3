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

/** D14: attention is told of threads of a queue that lives. */
public final class AttentionNamesLivingQueue {
    public static final Rule RULE = Rule.named("D14", "attention-names-living-queue")
            .severity(Severity.ERROR)
            .states(
                    "An EU_ATTENTION names at least one thread, and a queue that an event of a smaller number created and none "
                            + "destroyed.")
            .why("The debugger asks for the state of threads that are not there, or of those of another queue.")
            .source("xe_eudebug.c:attention_scan_fn; IGT xe_eudebug_online@stopped-thread, @interrupt-reconnect")
            .advice("Look the queue up in the connection under the lock that orders attention and destruction.")
            .needs(Stream.DEBUG, Stream.EU)
            .before(DebugEvent.class, AttentionNamesLivingQueue::judge)
            .build();

    private AttentionNamesLivingQueue() {}

    private static void judge(DebugEvent event, KernelState state, Report report) {
        if (event.type() != DebugEventType.EU_ATTENTION) {
            return;
        }
        byte[] threads = event.bitmask();
        if (threads != null && isEmpty(threads)) {
            report(event, report, "names no thread").since(event.seq());
            return;
        }
        DebugProtocol protocol = state.debugProtocols().protocol(event.connection());
        if (protocol == null || !event.hasQueueHandle()) {
            return;
        }
        DebugProtocol.Handle queue = protocol.handle(DebugEventType.EXEC_QUEUE, event.queueHandle());
        if (queue == null) {
            if (protocol.isComplete(event.seqno())) {
                report(event, report, "names a queue that was never announced").since(protocol.born());
            }
            return;
        }
        boolean numbered = event.hasSeqno();
        boolean createdLater = numbered && queue.createNumber() != Event.ABSENT && queue.createNumber() > event.seqno();
        boolean endedBefore = queue.destroySeq() > 0
                && (!numbered || queue.destroyNumber() == Event.ABSENT || queue.destroyNumber() < event.seqno());
        if (createdLater || endedBefore) {
            report(event, report, createdLater ? "names a queue that came later" : "names a queue that was destroyed")
                    .since(queue.createSeq())
                    .witness("queue announced", queue.createSeq())
                    .witness("queue destroyed", queue.destroySeq());
        }
    }

    private static boolean isEmpty(byte[] threads) {
        for (byte eight : threads) {
            if (eight != 0) {
                return false;
            }
        }
        return true;
    }

    private static Finding report(DebugEvent event, Report report, String how) {
        return report.violation("event=" + event.seq())
                .witness("attention", event.seq())
                .says("Attention event " + event.seqno() + " of connection " + event.connection() + " " + how + ".");
    }
}

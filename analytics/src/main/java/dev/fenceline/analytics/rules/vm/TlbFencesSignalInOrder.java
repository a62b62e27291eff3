package dev.fenceline.analytics.rules.vm;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.TlbInvalidation;
import dev.fenceline.analytics.state.TlbInvalidations;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;
import dev.fenceline.event.TlbInvalSend;
import dev.fenceline.event.TlbInvalSignal;

/** V04: the numbers of TLB invalidations of a GT follow each other, and their fences signal once and in that order. */
public final class TlbFencesSignalInOrder {
    private static final long LAST_SEQNO = 0xF_FFFF;

    public static final Rule RULE = Rule.named("V04", "tlb-fences-signal-in-order")
            .severity(Severity.ERROR)
            .states(
                    "On a GT the numbers of TLB invalidations are consecutive in 1 to 0xFFFFF and start again at 1; every fence "
                            + "signals once, in the order of sending.")
            .why(
                    "An answer completes all requests up to its number: with numbers out of order one counts as answered that is not.")
            .source("xe_tlb_inval.c:xe_tlb_inval_fence_prep, xe_tlb_inval_seqno_past, xe_tlb_inval_done_handler "
                    + "(TLB_INVALIDATION_SEQNO_MAX)")
            .advice("Give numbers out and queue the fence under one lock, and signal from the head of the queue only.")
            .needs(Stream.TLB)
            .before(TlbInvalSend.class, TlbFencesSignalInOrder::judge)
            .before(TlbInvalSignal.class, TlbFencesSignalInOrder::judge)
            .build();

    private TlbFencesSignalInOrder() {}

    private static void judge(TlbInvalSend send, KernelState state, Report report) {
        if (!send.hasSeqno()) {
            return;
        }
        if (isGtUnclear(state.invalidations().deviceOf(send.vm()), send.gt(), state)) {
            report.unknown("it is not known which GT TLB invalidation " + send.seqno() + " goes to");
            return;
        }
        TlbInvalidations.Gt gt = state.invalidations().gt(send);
        if (send.seqno() < 1 || send.seqno() > LAST_SEQNO) {
            report.violation("gt=" + send.gt())
                    .since(send.seq())
                    .witness("number out of range sent", send.seq())
                    .says("TLB invalidation number " + send.seqno() + " is none of 1 to " + LAST_SEQNO + ".");
        } else if (gt != null && gt.lastSeqno() != Event.ABSENT && send.seqno() != next(gt.lastSeqno())) {
            report.violation("gt=" + send.gt())
                    // The one between may be for a VM that is not known, and so on any device.
                    .restsOnAll()
                    .witness("previous one sent", gt.lastSendSeq())
                    .witness("sent with a number that does not follow", send.seq())
                    .says("TLB invalidation " + send.seqno() + " is sent after " + gt.lastSeqno() + ", the next is "
                            + next(gt.lastSeqno()) + ".");
        }
    }

    /** The fence texts of ftrace name neither device nor GT. A fragment shows one of each, unless it says otherwise. */
    private static boolean isGtUnclear(long device, long gt, KernelState state) {
        boolean anyGt = gt == Event.ABSENT
                && (!state.ledger().isFragment() || state.devices().maySeveralGtsExist());
        return anyGt || (device == Event.ABSENT && state.devices().size() > 1);
    }

    private static long next(long seqno) {
        return seqno >= LAST_SEQNO ? 1 : seqno + 1;
    }

    private static void judge(TlbInvalSignal signal, KernelState state, Report report) {
        TlbInvalidation request = state.invalidations().signaled(signal);
        if (request == null) {
            return;
        }
        if (request.signalSeq() > 0) {
            report.violation("gt=" + request.gt())
                    .since(request.born())
                    .witness("sent", request.sendSeq())
                    .witness("signalled", request.signalSeq())
                    .witness("signalled again", signal.seq())
                    .says("The fence of TLB invalidation " + request.seqno() + " signals a second time.");
            return;
        }
        // A request that the firmware refused signals at once, past those that wait for their answers.
        boolean refused = signal.hasError() && signal.error() != 0;
        if (isGtUnclear(request.device(), request.gt(), state)) {
            report.unknown("it is not known which GT TLB invalidation " + request.seqno() + " went to");
            return;
        }
        TlbInvalidation first = state.invalidations().oldestPending(request);
        if (!refused && first != null && first != request) {
            report.violation("gt=" + request.gt())
                    .since(first.born())
                    .since(request.born())
                    .restsOnAll()
                    .witness("earlier one sent", first.sendSeq())
                    .witness("later one sent", request.sendSeq())
                    .witness("later one signalled first", signal.seq())
                    .says("TLB invalidation " + request.seqno() + " signals while " + first.seqno()
                            + ", sent before it, is pending.");
        }
    }
}

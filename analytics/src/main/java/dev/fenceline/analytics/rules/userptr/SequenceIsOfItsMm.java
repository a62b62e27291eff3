package dev.fenceline.analytics.rules.userptr;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.InvalidationRange;
import dev.fenceline.analytics.state.InvalidationSeqs.Sequence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Notifier;
import dev.fenceline.analytics.state.NotifierCalls.Call;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.NotifierInvalidate;
import dev.fenceline.event.NotifierReadBeginDone;
import dev.fenceline.event.NotifierSetSeq;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** U04: the sequence numbers that callbacks get are those of their address space. */
public final class SequenceIsOfItsMm {
    public static final Rule RULE = Rule.named("U04", "sequence-is-of-its-mm")
            .severity(Severity.ERROR)
            .states(
                    "Callbacks get an odd number, the same one as long as ranges of the address space are being invalidated without "
                            + "a pause, and the next odd one after each pause; a fetch does not begin with that number "
                            + "while they run.")
            .why(
                    "A fetch that takes the number of a running invalidation, or one that comes back, finds its pages valid while "
                            + "they are being freed.")
            .source("mmu_notifier.c:mn_itree_inv_start_range, mn_itree_inv_end, mmu_interval_read_begin; thread 001")
            .advice("Hand on the number that the core gives; do not count invalidations.")
            .needs(Stream.MM, Stream.NOTIFIER)
            .before(NotifierInvalidate.class, SequenceIsOfItsMm::judgeCall)
            .before(NotifierSetSeq.class, SequenceIsOfItsMm::judgeSet)
            .before(NotifierReadBeginDone.class, SequenceIsOfItsMm::judgeBegin)
            .build();

    private SequenceIsOfItsMm() {}

    private static void judgeCall(NotifierInvalidate call, KernelState state, Report report) {
        if (!call.hasCurSeq()) {
            return;
        }
        long mm = state.notifiers().mmOf(call.notifier(), call.rangeId());
        judgeNumber(
                "mm=" + mm,
                call.curSeq(),
                state.invalidationSeqs().sequence(mm),
                "callback gets " + call.curSeq(),
                report);
    }

    private static void judgeSet(NotifierSetSeq set, KernelState state, Report report) {
        Call call = state.notifierCalls().running(set.tid(), set.notifier());
        if (call == null || !set.hasSeqValue()) {
            return;
        }
        long mm = state.notifiers().mmOf(set.notifier(), call.range());
        judgeNumber(
                "mm=" + mm,
                set.seqValue(),
                state.invalidationSeqs().sequence(mm),
                "notifier set to " + set.seqValue(),
                report);
    }

    private static void judgeNumber(
            String subject, long number, @Nullable Sequence sequence, String what, Report report) {
        if ((number & 1) == 0) {
            report(subject, report, what, "even").since(report.event().seq());
            return;
        }
        if (sequence == null || !sequence.hasNumber() || number == sequence.number()) {
            if (sequence != null && sequence.hasNumber() && sequence.endedSeq() > 0) {
                report(subject, report, what, "the number of an invalidation that ended")
                        .since(sequence.since())
                        .witness("number seen", sequence.numberSeq())
                        .witness("last range ended", sequence.endedSeq());
            }
            return;
        }
        if (sequence.isRunning()) {
            report(subject, report, what, "not the number " + sequence.number() + " of the ranges that run")
                    .since(sequence.since())
                    .witness("number seen", sequence.numberSeq());
        } else if (Long.compareUnsigned(number, sequence.number()) < 0) {
            report(subject, report, what, "less than an earlier number, " + sequence.number())
                    .since(sequence.numberSeq())
                    .witness("number seen", sequence.numberSeq());
        } else if (sequence.endedSeq() > 0 && number != sequence.number() + 2) {
            report(subject, report, what, "not the odd number after " + sequence.number())
                    .since(sequence.since())
                    .witness("number seen", sequence.numberSeq())
                    .witness("last range ended", sequence.endedSeq());
        }
    }

    private static void judgeBegin(NotifierReadBeginDone begin, KernelState state, Report report) {
        Notifier notifier = state.notifiers().notifier(begin.notifier());
        if (notifier == null || !begin.hasSeqValue()) {
            return;
        }
        InvalidationRange range = state.notifiers().runningFor(notifier.id());
        Sequence sequence = state.invalidationSeqs()
                .sequence(state.notifiers().mmOf(notifier.id(), range == null ? Event.ABSENT : range.id()));
        // Also ranges that do not hit the notifier keep its number the current one: mmu_interval_read_begin waits for
        // all.
        if (sequence != null
                && sequence.isRunning()
                && (begin.seqValue() & 1) == 1
                && begin.seqValue() == sequence.number()) {
            report("notifier=" + notifier.id(), report, "fetch begins with " + begin.seqValue(), "of a range that runs")
                    .since(sequence.since())
                    .witness("range starts", range == null ? sequence.since() : range.born())
                    .witness("number seen", sequence.numberSeq());
        }
    }

    private static Finding report(String subject, Report report, String what, String how) {
        return report.violation(subject)
                .witness(what, report.event().seq())
                .says("Sequence number: " + what + ", which is " + how + ".");
    }
}

package dev.fenceline.simulator.mm;

import dev.fenceline.event.MmRangeEnd;
import dev.fenceline.event.MmRangeStart;
import dev.fenceline.event.MmRangeStartDone;
import dev.fenceline.event.NotifierInvalidate;
import dev.fenceline.event.NotifierInvalidateDone;
import dev.fenceline.event.NotifierPass;
import dev.fenceline.event.RangeReason;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * mmu_notifier.c:__mmu_notifier_invalidate_range_start, which may sleep: first every notifier hit starts, then those finish that
 * asked for it. {@link #end} is {@code invalidate_range_end}.
 */
final class InvalidateRange extends Call {
    private static final Path<InvalidateRange> PATH = Path.<InvalidateRange>named(
                    "__mmu_notifier_invalidate_range_start")
            .run(InvalidateRange::begin)
            .run(range -> range.kernel().mmuNotifiers().enter(range.task()))
            .repeat(first -> first.leaveIf(range -> range.at == range.hit.size())
                    .run(range -> range.recordCall(range.firstPass()))
                    .call(range -> range.start = range.current().ops().start(range.curSeq))
                    .run(InvalidateRange::started))
            .run(range -> range.beginFinishPass())
            .repeat(second -> second.leaveIf(range -> range.at == range.hit.size())
                    .run(range -> range.recordCall(NotifierPass.FINISH))
                    .call(range -> range.current().ops().finish())
                    .run(range -> range.recordReturn(NotifierPass.FINISH, false)))
            .run(range -> range.kernel().mmuNotifiers().leave(range.task()))
            .run(InvalidateRange::done)
            .end();

    private final Mm mm;
    private final long start0;
    private final long end0;
    private final RangeReason reason;
    private final List<IntervalNotifier> deferred = new ArrayList<>(2);
    private List<IntervalNotifier> hit = List.of();
    private NotifierOps.@Nullable StartPass start;
    private long id;
    private long curSeq;
    private int at;

    InvalidateRange(Mm mm, long start, long end, RangeReason reason) {
        this.mm = mm;
        this.start0 = start;
        this.end0 = end;
        this.reason = reason;
    }

    private void begin() {
        id = kernel().newId();
        kernel().emit(MmRangeStart.builder()
                .rangeId(id)
                .mm(mm.id())
                .start(start0)
                .end(end0)
                .reason(reason)
                .blockable(true));
        hit = mm.subscriptions().beginRange(start0, end0, task());
        curSeq = mm.subscriptions().invalidateSeq();
    }

    private IntervalNotifier current() {
        return hit.get(at);
    }

    private NotifierPass firstPass() {
        return current().ops().hasTwoPasses() ? NotifierPass.START : NotifierPass.SINGLE;
    }

    private void started() {
        boolean defers = start != null && start.isDeferred();
        if (defers) {
            deferred.add(current());
        }
        recordReturn(firstPass(), defers);
    }

    private void beginFinishPass() {
        hit = deferred;
        at = 0;
    }

    private void recordCall(NotifierPass pass) {
        kernel().emit(NotifierInvalidate.builder()
                .notifier(current().id())
                .rangeId(id)
                .pass(pass)
                .curSeq(curSeq)
                .blockable(true)
                .vm(current().vm()));
    }

    private void recordReturn(NotifierPass pass, boolean defers) {
        kernel().emit(NotifierInvalidateDone.builder()
                .notifier(current().id())
                .rangeId(id)
                .pass(pass)
                .curSeq(curSeq)
                .blockable(true)
                .vm(current().vm())
                .result(true)
                .deferred(defers));
        at++;
    }

    private void done() {
        kernel().emit(MmRangeStartDone.builder()
                .rangeId(id)
                .mm(mm.id())
                .start(start0)
                .end(end0)
                .reason(reason)
                .blockable(true)
                .result(0));
    }

    /** {@code __mmu_notifier_invalidate_range_end}. */
    void end() {
        kernel().emit(MmRangeEnd.builder()
                .rangeId(id)
                .mm(mm.id())
                .start(start0)
                .end(end0)
                .reason(reason)
                .blockable(true));
        mm.subscriptions().endRange(task());
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

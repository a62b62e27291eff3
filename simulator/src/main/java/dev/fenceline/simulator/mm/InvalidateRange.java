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
    private static final int EAGAIN = -11;

    private static final Path<InvalidateRange> PATH = Path.<InvalidateRange>named(
                    "__mmu_notifier_invalidate_range_start")
            .run(InvalidateRange::begin)
            .run(range -> range.kernel().mmuNotifiers().enter(range.task()))
            .repeat(first -> first.leaveIf(range -> range.at == range.hit.size())
                    .run(range -> range.recordCall(range.firstPass()))
                    .call(range -> range.start = range.current().ops().start(range.asTold(), range.curSeq))
                    .run(InvalidateRange::started)
                    .leaveIf(range -> range.refused))
            .when(range -> range.refused, refused -> refused.run(InvalidateRange::wouldBlock))
            .returnIf(range -> range.refused)
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
    private final boolean blockable;
    private boolean refused;
    private final List<IntervalNotifier> deferred = new ArrayList<>(2);
    private List<IntervalNotifier> hit = List.of();
    private NotifierOps.@Nullable StartPass start;
    private long id;
    private long curSeq;
    private int at;

    /** A range that may block. */
    InvalidateRange(Mm mm, long start, long end, RangeReason reason) {
        this(mm, start, end, reason, true);
    }

    /** A range; {@code mmu_notifier_invalidate_range_start_nonblock} unless {@code blockable}. */
    InvalidateRange(Mm mm, long start, long end, RangeReason reason, boolean blockable) {
        this.mm = mm;
        this.start0 = start;
        this.end0 = end;
        this.reason = reason;
        this.blockable = blockable;
    }

    private void begin() {
        id = kernel().newId();
        kernel().emit(MmRangeStart.builder()
                .rangeId(id)
                .mm(mm.id())
                .start(start0)
                .end(end0)
                .reason(reason)
                .blockable(blockable));
        hit = mm.subscriptions().beginRange(start0, end0, task());
        curSeq = mm.subscriptions().invalidateSeq();
    }

    private MmuRange asTold() {
        return new MmuRange(start0, end0, reason, blockable);
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
        refused = start != null && start.isRefused();
        recordReturn(firstPass(), defers);
    }

    /** Whether a callback refused a range that must not block; then it has not started, and must not be ended. */
    boolean isRefused() {
        return refused;
    }

    private void wouldBlock() {
        kernel().mmuNotifiers().leave(task());
        recordStart(EAGAIN);
        mm.subscriptions().endRange(task());
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
                .blockable(blockable)
                .vm(current().vm()));
    }

    private void recordReturn(NotifierPass pass, boolean defers) {
        kernel().emit(NotifierInvalidateDone.builder()
                .notifier(current().id())
                .rangeId(id)
                .pass(pass)
                .curSeq(curSeq)
                .blockable(blockable)
                .vm(current().vm())
                .result(!refused)
                .deferred(defers));
        at++;
    }

    private void done() {
        recordStart(0);
    }

    private void recordStart(int result) {
        kernel().emit(MmRangeStartDone.builder()
                .rangeId(id)
                .mm(mm.id())
                .start(start0)
                .end(end0)
                .reason(reason)
                .blockable(blockable)
                .result(result));
    }

    /** {@code __mmu_notifier_invalidate_range_end}. */
    void end() {
        kernel().emit(MmRangeEnd.builder()
                .rangeId(id)
                .mm(mm.id())
                .start(start0)
                .end(end0)
                .reason(reason)
                .blockable(blockable));
        mm.subscriptions().endRange(task());
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

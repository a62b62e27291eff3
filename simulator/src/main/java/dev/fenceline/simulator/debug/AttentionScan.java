package dev.fenceline.simulator.debug;

import dev.fenceline.event.EuAttention;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.vm.EuThreads;
import dev.fenceline.simulator.vm.ExecQueue;

/**
 * xe_eudebug.c:attention_scan_fn: looks for threads that stand still, again and again as long as there are some. Whoever debugs them is
 * told each time; if nobody does, the GT is reset.
 */
public final class AttentionScan {
    /** Threads that nobody serves are found and left (rule D15). It would be healed by the next scan. */
    public static final Deviation LEAVES_UNATTENDED = new Deviation("unattended-halt-is-left", 60);

    /** Attention is told under the handle of a queue that was destroyed (rule D14). */
    public static final Deviation NAMES_DESTROYED = new Deviation("attention-names-destroyed-queue");

    /** The scan interval of the series while somebody debugs, in ns. */
    private static final long DEBUGGED_NS = 100_000_000;

    /** The same while nobody does. */
    private static final long UNATTENDED_NS = 1_000_000_000;

    private final Kernel kernel;
    private final EuDebug debug;
    private boolean due;

    AttentionScan(Kernel kernel, EuDebug debug) {
        this.kernel = kernel;
        this.debug = debug;
    }

    /** There may be something to find: the next scan happens. */
    void schedule() {
        if (due) {
            return;
        }
        due = true;
        kernel.agenda()
                .after(
                        debug.connections().isEmpty() ? UNATTENDED_NS : DEBUGGED_NS,
                        () -> debug.device().unorderedWorkqueue().queue(new Scan(this)));
    }

    private void scan() {
        due = false;
        boolean unattended = false;
        for (ExecQueue queue : debug.queues()) {
            if (queue.threads().areHalted()) {
                unattended |= !tell(queue);
            }
        }
        if (unattended && !kernel.deviates(LEAVES_UNATTENDED)) {
            debug.queues().forEach(ExecQueue::reset);
        }
        if (debug.queues().stream().anyMatch(queue -> queue.threads().areHalted())) {
            schedule();
        }
    }

    /** Whether somebody could be told. */
    private boolean tell(ExecQueue queue) {
        kernel.emit(EuAttention.builder()
                .queue(queue.id())
                .lrc(queue.id())
                .threads(EuThreads.bits(queue.threads().halted())));
        for (DebugConnection connection : debug.connections()) {
            if (connection.clients().attention(queue)) {
                return true;
            }
        }
        return false;
    }

    private static final class Scan extends Call {
        private static final Path<Scan> PATH = Path.<Scan>named("attention_scan_fn")
                .lock(work -> work.scan.debug.euLock(), Lock.Mode.X)
                .run(work -> work.scan.scan())
                .unlock(work -> work.scan.debug.euLock())
                .end();

        private final AttentionScan scan;

        Scan(AttentionScan scan) {
            this.scan = scan;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}

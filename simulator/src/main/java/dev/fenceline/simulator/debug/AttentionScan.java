package dev.fenceline.simulator.debug;

import dev.fenceline.event.EuAttention;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.vm.EuThreads;
import dev.fenceline.simulator.vm.ExecQueue;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

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

    private List<ExecQueue> halted() {
        return debug.queues().stream()
                .filter(queue -> queue.threads().areHalted())
                .toList();
    }

    private static final class Scan extends Call {
        private static final Path<Scan> PATH = Path.<Scan>named("attention_scan_fn")
                .run(Scan::begin)
                .repeat(each -> each.leaveIf(work -> !work.halted.hasNext())
                        .run(Scan::next)
                        .when(work -> work.connection != null, Scan::tell))
                .run(Scan::end)
                .end();

        private final AttentionScan scan;
        private Iterator<ExecQueue> halted = List.<ExecQueue>of().iterator();
        private @Nullable ExecQueue queue;
        private @Nullable DebugConnection connection;
        private boolean unattended;

        Scan(AttentionScan scan) {
            this.scan = scan;
        }

        private static Path.Builder<Scan> tell(Path.Builder<Scan> path) {
            return path.lock(work -> work.connection().euLock(), Lock.Mode.X)
                    .run(Scan::sendAttention)
                    .call(work -> work.connection().clients().awaitReader())
                    .unlock(work -> work.connection().euLock());
        }

        private void begin() {
            scan.due = false;
            halted = scan.halted().iterator();
        }

        private void next() {
            ExecQueue found = halted.next();
            queue = found;
            connection = scan.debug.connectionOf(found);
            if (found.threads().areHalted()) {
                kernel().emit(EuAttention.builder()
                        .queue(found.id())
                        .lrc(found.id())
                        .threads(EuThreads.bits(found.threads().halted())));
                unattended |= connection == null;
            }
        }

        private DebugConnection connection() {
            return Objects.requireNonNull(connection);
        }

        /** -EBUSY until the debugger was shown what there is: the next scan tells it. */
        private void sendAttention() {
            ExecQueue found = Objects.requireNonNull(queue);
            boolean stands = found.threads().areHalted() && !connection().isDetached();
            if (stands && connection().isDiscovered()) {
                unattended |= !connection().clients().attention(found);
            }
        }

        private void end() {
            if (unattended && !kernel().deviates(LEAVES_UNATTENDED)) {
                scan.debug.device().reset().request();
            }
            if (!scan.halted().isEmpty()) {
                scan.schedule();
            }
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}

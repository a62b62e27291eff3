package dev.fenceline.simulator.debug;

import dev.fenceline.event.DebugEuControl;
import dev.fenceline.event.EuCommand;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.vm.EuThreads;
import dev.fenceline.simulator.vm.ExecQueue;

/**
 * xe_eudebug.c:xe_eudebug_eu_control: halts all threads of a queue, asks which stand still, or lets some go on. It takes a number of the
 * connection, by which the debugger knows that attention with a smaller one is stale.
 */
public final class EuControl extends Call {
    /** The context that was halted is not compared with the one that was meant, so another client's stands still (rule D13). */
    public static final Deviation HALTS_OTHER = new Deviation("interrupt-halts-another-client");

    /** A context that is off the hardware is interrupted, which would halt whatever runs there instead (rule D13). */
    public static final Deviation IGNORES_ABSENCE = new Deviation("interrupt-of-a-suspended-queue", 4);

    private static final int EINVAL = -22;
    private static final int EBUSY = -16;
    private static final int ENOTCONN = -107;

    private static final Path<EuControl> PATH = Path.<EuControl>named("xe_eudebug_eu_control")
            .await(control -> control.connection.faultsOver(), control -> control.connection.areFaultsOver())
            .lock(control -> control.connection.euLock(), Lock.Mode.X)
            .spend(control -> control.kernel().costs().stepNs())
            .run(EuControl::control)
            .unlock(control -> control.connection.euLock())
            .end();

    private final DebugConnection connection;
    private final EuCommand command;
    private final long queueHandle;
    private final long threads;
    private long stopped;
    private int result;

    /** {@code command} for {@code threads} of the queue that {@code queueHandle} names; INTERRUPT_ALL and STOPPED are for all. */
    public EuControl(DebugConnection connection, EuCommand command, long queueHandle, long threads) {
        this.connection = connection;
        this.command = command;
        this.queueHandle = queueHandle;
        this.threads = threads;
    }

    /** The threads that STOPPED found. */
    public long stopped() {
        return stopped;
    }

    /** 0 or a negative errno. */
    public int result() {
        return result;
    }

    private void control() {
        ExecQueue queue = connection.queue(queueHandle);
        if (connection.isDetached()) {
            result = ENOTCONN;
        } else if (queue == null) {
            result = EINVAL;
        } else if (!queue.mayBeHalted()) {
            result = refusal(queue);
        } else if (command == EuCommand.STOPPED) {
            stopped = queue.threads().halted();
        }
        record();
        if (queue == null || result != 0 || !queue.mayBeHalted()) {
            return;
        }
        if (command == EuCommand.INTERRUPT_ALL) {
            ExecQueue other = connection.debug().queueOfAnother(connection);
            boolean misses = other != null && kernel().deviates(HALTS_OTHER);
            (misses && other != null ? other : queue).threads().interrupt(connection.id());
        } else if (command == EuCommand.RESUME) {
            queue.threads().resume(threads);
        }
    }

    /** The context is not the active one. */
    private int refusal(ExecQueue queue) {
        if (command != EuCommand.INTERRUPT_ALL) {
            return EBUSY;
        }
        return queue.isSuspended() && kernel().deviates(IGNORES_ABSENCE) ? 0 : EINVAL;
    }

    private void record() {
        DebugEuControl.Builder event = DebugEuControl.builder()
                .connection(connection.id())
                .command(command)
                .queueHandle(queueHandle)
                .lrcHandle(queueHandle)
                .result(result);
        if (result == 0) {
            event.seqno(connection.takeNumber());
        }
        if (command != EuCommand.INTERRUPT_ALL) {
            event.bitmask(EuThreads.bits(command == EuCommand.STOPPED ? stopped : threads));
        }
        kernel().emit(event);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

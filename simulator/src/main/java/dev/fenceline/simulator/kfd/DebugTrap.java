package dev.fenceline.simulator.kfd;

import dev.fenceline.event.KfdDebugTrap;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;

/**
 * kfd_chardev.c:kfd_ioctl_set_debug_trap: a process debugs the compute side of itself, or of one that it traces or whose debugger it is
 * already. That applies to all operations.
 */
public final class DebugTrap extends Call {
    /** What a debugger may ask for, as far as the model goes: what stops waves is left out. */
    public enum Operation {
        ENABLE,
        GET_QUEUE_SNAPSHOT,
        DISABLE
    }

    /** An operation on a process that the caller does not trace is not refused (rule K01). */
    public static final Deviation UNTRACED = new Deviation("kfd-debugs-untraced-process");

    private static final int EPERM = -1;
    private static final int EINVAL = -22;
    private static final int EALREADY = -114;

    private static final Path<DebugTrap> PATH = Path.<DebugTrap>named("kfd_ioctl_set_debug_trap")
            .spend(trap -> trap.kernel().costs().stepNs())
            .run(DebugTrap::decide)
            .run(DebugTrap::perform)
            .end();

    private final UserProcess caller;
    private final KfdProcess target;
    private final Operation operation;
    private int result;

    /** Has {@code caller} perform {@code operation} on {@code target}. */
    public DebugTrap(UserProcess caller, KfdProcess target, Operation operation) {
        this.caller = caller;
        this.target = target;
        this.operation = operation;
    }

    /** 0 or a negative errno. */
    public int result() {
        return result;
    }

    private boolean isPtraced() {
        return target.owner().tracer() == caller;
    }

    private void decide() {
        boolean permitted = target.owner() == caller || isPtraced() || target.debugger() == caller;
        boolean enables = operation == Operation.ENABLE;
        int answer = 0;
        if (enables && target.debugger() != null) {
            answer = EALREADY;
        } else if (!enables && target.debugger() == null) {
            answer = EINVAL;
        }
        boolean passes = permitted || (answer == 0 && kernel().deviates(UNTRACED));
        result = passes ? answer : EPERM;
    }

    private void perform() {
        if (result == 0 && operation == Operation.ENABLE) {
            target.setDebugger(caller);
        } else if (result == 0 && operation == Operation.DISABLE) {
            target.setDebugger(null);
        }
        kernel().emit(KfdDebugTrap.builder()
                .op(operation.name())
                .target(target.owner().tgid())
                .byTgid(caller.tgid())
                .ptraced(isPtraced())
                .result(result));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

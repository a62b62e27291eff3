package dev.fenceline.simulator.workload;

import dev.fenceline.event.SyscallReturn;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/** {@code modprobe -r}: the administrator removes the driver, and tries again as long as somebody refers to it. */
public final class ModuleRemover extends Call {
    private static final int EWOULDBLOCK = -11;

    /** {@code __NR_delete_module} of x86-64. */
    private static final long DELETE_MODULE_NR = 176;

    private static final Path<ModuleRemover> PATH = Path.<ModuleRemover>named("delete_module")
            .repeat(each -> each.sleep(remover -> remover.everyNs)
                    .run(ModuleRemover::attempt)
                    .leaveIf(remover -> remover.removed))
            .end();

    private final World world;
    private final long notBeforeNs;
    private final long everyNs;
    private boolean removed;

    /** Removes the drivers, from {@code notBeforeNs} on, with so long between two attempts. */
    ModuleRemover(World world, long notBeforeNs, long everyNs) {
        this.world = world;
        this.notBeforeNs = notBeforeNs;
        this.everyNs = everyNs;
    }

    private void attempt() {
        if (kernel().nowNs() >= notBeforeNs) {
            removed = world.unload();
            kernel().emit(SyscallReturn.builder().nr(DELETE_MODULE_NR).result(removed ? 0 : EWOULDBLOCK));
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

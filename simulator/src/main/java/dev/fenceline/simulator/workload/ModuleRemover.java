package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;

/** {@code rmmod}: the administrator removes the driver when nobody uses it any more. */
public final class ModuleRemover extends Call {
    /** The driver goes although programs hold sync files with its fences (rule A-F14). */
    public static final Deviation IGNORES_HELD_FENCES = new Deviation("module-goes-before-its-fences");

    private static final long LOOK_NS = 20_000_000;

    private static final Path<ModuleRemover> PATH = Path.<ModuleRemover>named("delete_module")
            .repeat(each -> each.sleep(remover -> LOOK_NS).leaveIf(ModuleRemover::isUnused))
            .run(remover -> remover.world.unload())
            .end();

    private final World world;
    private final long notBeforeNs;

    ModuleRemover(World world, long notBeforeNs) {
        this.world = world;
        this.notBeforeNs = notBeforeNs;
    }

    private boolean isUnused() {
        if (kernel().nowNs() < notBeforeNs || world.openGpus() > 0) {
            return false;
        }
        return world.openFiles() == 0 || kernel().deviates(IGNORES_HELD_FENCES);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

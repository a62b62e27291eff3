package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.vm.GpuVm;

/** A compute service that makes an address space for each request, and destroys it when the request is done. */
final class RequestServer extends Call {
    private static final long REQUEST_NS = 60_000_000;
    private static final long PAUSE_NS = 60_000_000;

    private static final Path<RequestServer> PATH = Path.<RequestServer>named("request_server")
            .repeat(request -> request.call(server -> server.driver.createVm(GpuVm.Mode.PREEMPT_FENCE))
                    .sleep(server -> server.chance.around(REQUEST_NS))
                    .call(server -> server.driver.destroyVm(result -> {}))
                    .sleep(server -> server.chance.around(PAUSE_NS)))
            .end();

    private final UserModeDriver driver;
    private final Chance chance;

    RequestServer(World world, UserProcess process) {
        this.driver = new UserModeDriver(world, process);
        this.chance = world.kernel().chanceOf(process.name());
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.Submission;
import java.util.List;

/** Records what another process shows: reads its buffer again and again and leaves it to implicit synchronisation to find whole frames. */
final class Recorder extends Call {
    private static final Path<Recorder> PATH = Path.<Recorder>named("recorder")
            .call(program -> program.driver.start(false))
            .repeat(until -> until.sleep(program -> program.frameNs).leaveIf(program -> program.shown.orNull() != null))
            .call(program -> program.driver.importAndMap(program.shown.get().bo(), program.seen::set))
            .repeat(each -> each.call(program -> program.driver.exec(program.reading(), program.fence::set))
                    .run(program -> program.fence.get().put())
                    .spend(program -> program.frameNs / 4 * 3))
            .end();

    private final UserModeDriver driver;
    private final Local<BoVma> shown;
    private final long frameNs;
    private final Local<BoVma> seen = new Local<>();
    private final Local<DmaFence> fence = new Local<>();

    Recorder(World world, UserProcess process, Local<BoVma> shown, long frameNs) {
        this.driver = new UserModeDriver(world, process);
        this.shown = shown;
        this.frameNs = frameNs;
    }

    private Submission reading() {
        return Submission.of(List.of(seen.get()), frameNs / 6).syncing(Submission.Implicit.READS);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

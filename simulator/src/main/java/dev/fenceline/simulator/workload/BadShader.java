package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sched.Work;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.Submission;
import java.util.List;

/**
 * A program whose shader sometimes loops for ever, and which goes on when the GPU was reset. It submits two more jobs behind it, and when
 * the last is done looks whether the one before is.
 */
final class BadShader extends Call {
    private static final long BUFFER_BYTES = 1L << 20;
    private static final long JOB_NS = 2_000_000;
    private static final long PAUSE_NS = 300_000_000;
    private static final int HANGS_ONE_IN = 3;

    /** How many jobs after a hang are well-behaved, so that nobody waits for two hangs in a row. */
    private static final int GOOD_JOBS = 4;

    private static final Path<BadShader> PATH = Path.<BadShader>named("bad-shader")
            .call(program -> program.driver.start(false))
            .call(program -> program.driver.buffer(BUFFER_BYTES, false, false, program.buffer::set))
            .call(program -> program.driver.buffer(BUFFER_BYTES, false, false, program.secret::set))
            .repeat(each -> each.call(program -> program.driver.exec(program.job(), program.first::set))
                    .call(program -> program.driver.exec(program.wellBehaved(), program.second::set))
                    .call(program -> program.driver.exec(program.wellBehaved(), program.third::set))
                    .call(program -> new FenceWait(program.first.get()))
                    .run(program -> program.first.get().put())
                    .call(program -> new FenceWait(program.third.get()))
                    .run(program -> program.third.get().put())
                    .run(program -> program.second.get().test())
                    .call(program -> new FenceWait(program.second.get()))
                    .run(program -> program.second.get().put())
                    .spend(program -> PAUSE_NS))
            .end();

    private final UserModeDriver driver;
    private final Chance chance;
    private final boolean hangs;
    private int goodJobs = GOOD_JOBS;
    private final Local<BoVma> buffer = new Local<>();
    private final Local<BoVma> secret = new Local<>();
    private final Local<DmaFence> first = new Local<>();
    private final Local<DmaFence> second = new Local<>();
    private final Local<DmaFence> third = new Local<>();

    BadShader(World world, UserProcess process) {
        this.driver = new UserModeDriver(world, process);
        this.chance = world.kernel().chanceOf(process.name());
        this.hangs = world.conditions().disturbed();
    }

    private Submission job() {
        boolean loops = chance.oneIn(HANGS_ONE_IN) && hangs && goodJobs >= GOOD_JOBS;
        goodJobs = loops ? 0 : goodJobs + 1;
        return Submission.of(List.of(buffer.get()), loops ? Work.NEVER : JOB_NS);
    }

    private Submission wellBehaved() {
        return Submission.of(List.of(buffer.get()), JOB_NS);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

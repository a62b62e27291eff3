package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.debug.DebugConnection;
import dev.fenceline.simulator.debug.ReadEvent;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/** A debugger that reads some events and then none for a while, again and again: somebody stopped it, or it has other things to do. */
final class SlowDebugger extends Call {
    private static final long AWAY_NS = 500_000_000;
    private static final long THINKS_NS = 1_000_000;
    private static final int READS = 400;

    private static final Path<SlowDebugger> PATH = Path.<SlowDebugger>named("slow_debugger")
            .repeat(session -> session.sleep(program -> program.chance.around(AWAY_NS))
                    .call(SlowDebugger::connect)
                    .when(program -> program.connection() != null, SlowDebugger::read))
            .end();

    private final World world;
    private final UserProcess process;
    private final UserProcess target;
    private final int batch;
    private final long pauseNs;
    private final Chance chance;
    private final Local<Attach> attempt = new Local<>();
    private int reads;

    /** Debugs {@code target}, and pauses for {@code pauseNs} each time it has read {@code batch} events. */
    SlowDebugger(World world, UserProcess process, UserProcess target, int batch, long pauseNs) {
        this.world = world;
        this.process = process;
        this.target = target;
        this.batch = batch;
        this.pauseNs = pauseNs;
        this.chance = world.kernel().chanceOf(process.name());
    }

    private static Path.Builder<SlowDebugger> read(Path.Builder<SlowDebugger> path) {
        return path.run(program -> program.reads = 0)
                .repeat(next -> next.call(program -> new ReadEvent(program.attached()))
                        .leaveIf(program -> program.attached().isDetached() || ++program.reads == READS)
                        .sleep(program -> program.reads % program.batch == 0 ? program.pauseNs : THINKS_NS))
                .run(program -> program.attached().detach());
    }

    private Call connect() {
        return attempt.set(new Attach(world, process, target));
    }

    private @Nullable DebugConnection connection() {
        return attempt.get().connection();
    }

    private DebugConnection attached() {
        DebugConnection connection = connection();
        if (connection == null) {
            throw new IllegalStateException(process.name() + " is not attached");
        }
        return connection;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

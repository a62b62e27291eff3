package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.debug.Connect;
import dev.fenceline.simulator.debug.DebugConnection;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Inline;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import java.util.List;

/** Somebody who tries to debug what is not theirs, what is debugged already, and what is not there; and is refused each time. */
final class Stranger extends Call {
    private static final long PAUSE_NS = 20_000_000;
    private static final long MISSING_TGID = 4_000_000;

    private static final Path<Stranger> PATH = Path.<Stranger>named("stranger")
            .repeat(again -> again.sleep(program -> program.chance.around(PAUSE_NS))
                    .when(
                            program -> program.world.conditions().disturbed(),
                            curious -> curious.call(Stranger::connect).run(Stranger::detachIfConnected)))
            .end();

    private final World world;
    private final UserProcess process;
    private final List<UserProcess> targets;
    private final Chance chance;
    private final Local<Attach> attempt = new Local<>();

    Stranger(World world, UserProcess process, List<UserProcess> targets) {
        this.world = world;
        this.process = process;
        this.targets = targets;
        this.chance = world.kernel().chanceOf(process.name());
    }

    private Call connect() {
        attempt.clear();
        int choice = chance.below(targets.size() + 1);
        if (choice == targets.size()) {
            return world.debug().attachesToClients() ? new Inline(() -> {}) : noProcess();
        }
        return attempt.set(new Attach(world, process, targets.get(choice)));
    }

    private Call noProcess() {
        return Attach.ioctl(new Connect(world.debug(), process, MISSING_TGID));
    }

    private void detachIfConnected() {
        Attach made = attempt.orNull();
        DebugConnection connection = made == null ? null : made.connection();
        if (connection != null) {
            connection.detach();
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

package dev.fenceline.simulator.mm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/** migrate.c:migration_entry_wait, for all of a range: nothing of it is on its way elsewhere. */
final class AwaitMigrations extends Call {
    private static final Path<AwaitMigrations> PATH = Path.<AwaitMigrations>named("migration_entry_wait")
            .await(wait -> wait.migrations.waiters(), wait -> !wait.migrations.isAny(wait.start, wait.end))
            .end();

    private final Migrations migrations;
    private final long start;
    private final long end;

    AwaitMigrations(Migrations migrations, long start, long end) {
        this.migrations = migrations;
        this.start = start;
        this.end = end;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

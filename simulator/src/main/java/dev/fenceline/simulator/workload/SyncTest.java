package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sync.SwSync;
import dev.fenceline.simulator.sync.SyncFile;
import dev.fenceline.simulator.sync.Syncobj;
import java.util.ArrayList;
import java.util.List;

/**
 * What IGT's sw_sync and syncobj tests do to the kernel: fences that a program completes, files merged and closed before they are done, and
 * fences looked at out of order.
 */
final class SyncTest extends Call {
    private static final int FENCES = 4;

    private static final Path<SyncTest> PATH = Path.<SyncTest>named("sw_sync")
            .repeat(round -> round.run(SyncTest::createFences)
                    .sleep(program -> program.chance.around(program.roundNs / 4))
                    .run(SyncTest::abandonOne)
                    .run(program -> program.timeline.raise(FENCES))
                    .run(SyncTest::lookOutOfOrder)
                    .call(program -> program.merged.get().poll())
                    .run(SyncTest::closeFiles)
                    .sleep(program -> program.chance.around(program.roundNs)))
            .end();

    private final Kernel kernel;
    private final SwSync timeline;
    private final Syncobj object;
    private final Chance chance;
    private final long roundNs;
    private final List<SyncFile> files = new ArrayList<>(FENCES);
    private final Local<SyncFile> merged = new Local<>();

    SyncTest(World world, UserProcess process, long roundNs) {
        this.kernel = world.kernel();
        this.timeline = new SwSync(kernel, process.name());
        this.object = new Syncobj(kernel);
        this.chance = kernel.chanceOf(process.name());
        this.roundNs = roundNs;
    }

    private void createFences() {
        for (int i = 0; i < FENCES; i++) {
            files.add(timeline.createFence());
        }
        object.importFile(files.get(1));
        SyncFile exported = object.exportFile();
        object.replace(null);
        if (exported == null) {
            throw new IllegalStateException("an import is lost");
        }
        merged.set(SyncFile.merge(kernel, files.get(0), exported));
        exported.release();
    }

    /** Looks at a fence that is not done, twice, and closes its file: nobody waits for it any more. */
    private void abandonOne() {
        SyncFile last = files.remove(FENCES - 1);
        last.pollNow();
        last.pollNow();
        last.release();
    }

    private void lookOutOfOrder() {
        files.get(2).fence().test();
        files.get(0).fence().test();
        object.replace(null);
        SyncFile nothing = object.exportFile();
        if (nothing != null) {
            nothing.release();
        }
        object.signal();
    }

    private void closeFiles() {
        files.forEach(SyncFile::release);
        files.clear();
        merged.get().release();
        object.replace(null);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

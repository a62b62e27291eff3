package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sync.SyncFile;
import dev.fenceline.simulator.sync.Syncobj;
import dev.fenceline.simulator.sync.Syncpoint;
import java.util.ArrayList;
import java.util.List;

/**
 * A video decoder's program: fences of an engine that counts, in files that are merged, looked at out of order, and closed before they are
 * done.
 */
final class Decoder extends Call {
    private static final int FENCES = 4;

    private static final Path<Decoder> PATH = Path.<Decoder>named("decoder")
            .repeat(round -> round.run(Decoder::createFences)
                    .sleep(program -> program.chance.around(program.roundNs / 4))
                    .run(Decoder::abandonOne)
                    .run(program -> program.timeline.raise(FENCES))
                    .run(program -> program.audio.raise(1))
                    .run(Decoder::lookOutOfOrder)
                    .call(program -> program.merged.get().poll())
                    .run(Decoder::closeFiles)
                    .sleep(program -> program.chance.around(program.roundNs)))
            .end();

    private final Kernel kernel;
    private final Syncpoint timeline;
    private final Syncpoint audio;
    private final Syncobj object;
    private final Chance chance;
    private final long roundNs;
    private final List<SyncFile> files = new ArrayList<>(FENCES);
    private final Local<SyncFile> merged = new Local<>();

    Decoder(World world, UserProcess process, long roundNs) {
        this.kernel = world.kernel();
        this.timeline = new Syncpoint(kernel, process.name());
        this.audio = new Syncpoint(kernel, process.name() + "-audio");
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
        SyncFile video = SyncFile.merge(kernel, files.get(0), exported);
        SyncFile sound = audio.createFence();
        SyncFile both = SyncFile.merge(kernel, video, sound);
        merged.set(SyncFile.merge(kernel, both, files.get(2)));
        List.of(exported, video, sound, both).forEach(SyncFile::release);
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

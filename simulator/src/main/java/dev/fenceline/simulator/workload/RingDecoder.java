package dev.fenceline.simulator.workload;

import dev.fenceline.event.Placement;
import dev.fenceline.simulator.dmabuf.DmaBuf;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sync.Syncobj;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.userq.Batch;
import dev.fenceline.simulator.userq.WaitInfo;
import dev.fenceline.simulator.vm.BoVma;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A video decoder on a user-mode queue of the first GPU, whose frames the other GPU has imported. Before it decodes into a buffer again
 * it waits for what the other GPU left there, a fence of a kernel queue, for which no packet can wait; what it leaves is a fence that the
 * other GPU's scheduler waits for like any other.
 */
final class RingDecoder extends Call {
    private static final int FRAMES = 2;
    private static final int REFERENCES = 2;
    private static final long FIRST_FD = 30;
    private static final long FRAME_BYTES = 3L << 20;
    private static final long REFERENCE_BYTES = 4L << 20;
    private static final long DECODE_NS = 2_500_000;
    private static final long PARSE_NS = 400_000;

    private static final Path<RingDecoder> PATH = Path.<RingDecoder>named("ring_decoder")
            .call(program -> program.driver.start())
            .repeat(each -> each.leaveIf(program -> program.references.size() == REFERENCES)
                    .call(program ->
                            program.driver.memory().buffer(REFERENCE_BYTES, false, false, program.references::add)))
            .repeat(each -> each.leaveIf(program -> program.targets.size() == FRAMES)
                    .call(program -> program.driver.memory().keepBuffer(FRAME_BYTES, Placement.TT, program.made::set))
                    .call(program -> program.driver
                            .memory()
                            .export(program.made.get(), FIRST_FD + program.targets.size(), program.frame::set))
                    .call(program -> program.driver.memory().map(program.made.get(), program.mapped::set))
                    .run(RingDecoder::ready))
            .repeat(next -> next.await(program -> program.pipe.changed(), program -> program.pipe.hasFree())
                    .run(program -> program.frame.set(program.pipe.nextFree()))
                    .spend(program -> PARSE_NS)
                    .call(program -> program.driver.waitFor(program.written(), List.of(), program.after::set))
                    .call(RingDecoder::decode)
                    .run(program -> program.pipe.offer(program.frame.get())))
            .end();

    private final UserQueueDriver driver;
    private final Chance chance;
    private final Frames pipe;
    private final Syncobj decoded;
    private final List<BoVma> references = new ArrayList<>(REFERENCES);
    private final Map<DmaBuf, BoVma> targets = new LinkedHashMap<>();
    private final Local<Bo> made = new Local<>();
    private final Local<DmaBuf> frame = new Local<>();
    private final Local<BoVma> mapped = new Local<>();
    private final Local<List<WaitInfo>> after = new Local<>();

    RingDecoder(World world, UserProcess process, Frames pipe) {
        this.driver = new UserQueueDriver(world, process, world.device());
        this.chance = world.kernel().chanceOf(process.name());
        this.pipe = pipe;
        this.decoded = new Syncobj(world.kernel());
    }

    private void ready() {
        targets.put(frame.get(), mapped.get());
        pipe.add(frame.get());
    }

    private List<Bo> written() {
        return List.of(Objects.requireNonNull(targets.get(frame.get())).bo());
    }

    private Call decode() {
        List<BoVma> used = new ArrayList<>(REFERENCES + 1);
        used.add(Objects.requireNonNull(targets.get(frame.get())));
        used.addAll(references);
        Batch batch = Batch.of(used, chance.around(DECODE_NS)).waitingFor(after.get());
        return driver.work(batch, written(), List.of(), decoded);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

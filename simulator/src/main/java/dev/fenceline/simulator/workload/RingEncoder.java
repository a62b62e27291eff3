package dev.fenceline.simulator.workload;

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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A video encoder on a user-mode queue of the first GPU: imports frames that the other GPU decodes, so that its eviction fence lies in
 * reservations of the other driver, and leaves fences of its queue there. Now and then it drops an import.
 */
final class RingEncoder extends Call {
    private static final long BITSTREAM_BYTES = 1L << 20;
    private static final long ENCODE_NS = 4_000_000;
    private static final int CACHE_MISSES_ONE_IN = 6;

    private static final Path<RingEncoder> PATH = Path.<RingEncoder>named("ring_encoder")
            .call(program -> program.driver.start())
            .call(program -> program.driver.memory().buffer(BITSTREAM_BYTES, false, false, program.bitstream::set))
            .repeat(next -> next.await(program -> program.pipe.changed(), program -> program.pipe.hasDecoded())
                    .run(program -> program.frame.set(program.pipe.nextDecoded()))
                    .when(
                            program -> !program.imported.containsKey(program.frame.get()),
                            first -> first.call(program -> program.driver
                                            .memory()
                                            .importBuffer(program.frame.get(), program.mapped::set))
                                    .run(program -> program.imported.put(program.frame.get(), program.mapped.get())))
                    .call(program -> program.driver.waitFor(List.of(), program.read(), program.after::set))
                    .call(RingEncoder::encode)
                    .call(program -> program.driver.await(program.encoded))
                    .when(
                            program -> program.chance.oneIn(CACHE_MISSES_ONE_IN),
                            full -> full.call(program -> program.driver
                                    .memory()
                                    .unmap(Objects.requireNonNull(program.imported.remove(program.frame.get())))))
                    .run(program -> program.pipe.giveBack(program.frame.get())))
            .end();

    private final UserQueueDriver driver;
    private final Chance chance;
    private final Frames pipe;
    private final Syncobj encoded;
    private final Map<DmaBuf, BoVma> imported = new LinkedHashMap<>();
    private final Local<DmaBuf> frame = new Local<>();
    private final Local<BoVma> mapped = new Local<>();
    private final Local<BoVma> bitstream = new Local<>();
    private final Local<List<WaitInfo>> after = new Local<>();

    RingEncoder(World world, UserProcess process, Frames pipe) {
        this.driver = new UserQueueDriver(world, process, world.device());
        this.chance = world.kernel().chanceOf(process.name());
        this.pipe = pipe;
        this.encoded = new Syncobj(world.kernel());
    }

    private BoVma source() {
        return Objects.requireNonNull(imported.get(frame.get()));
    }

    private List<Bo> read() {
        return List.of(source().bo());
    }

    private Call encode() {
        Batch batch = Batch.of(List.of(bitstream.get(), source()), chance.around(ENCODE_NS))
                .waitingFor(after.get());
        return driver.work(batch, List.of(), read(), encoded);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

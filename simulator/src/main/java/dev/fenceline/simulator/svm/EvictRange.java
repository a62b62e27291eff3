package dev.fenceline.simulator.svm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.HmmRangeFault;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.ReadBegin;

/** drm_gpusvm.c:drm_gpusvm_range_evict: fetches the pages of a range as a device would that has no memory of its own. */
final class EvictRange extends Call {
    private static final int EBUSY = -16;

    private static final Path<EvictRange> PATH = Path.<EvictRange>named("drm_gpusvm_range_evict")
            .returnIf(evict -> evict.mm.isReleased())
            .run(evict -> evict.mm.get(evict.task()))
            .repeat(attempt -> attempt.call(evict -> evict.begin.set(
                            new ReadBegin(evict.mm, evict.range.notifier().notifier())))
                    .call(evict -> evict.fault.set(evict.fetch()))
                    .leaveIf(evict -> evict.fault.get().result() != EBUSY))
            .run(evict -> evict.mm.put(evict.task()))
            .end();

    private final Mm mm;
    private final SvmRange range;
    private final Local<ReadBegin> begin = new Local<>();
    private final Local<HmmRangeFault> fault = new Local<>();

    EvictRange(GpuSvm svm, SvmRange range) {
        this.mm = svm.mm();
        this.range = range;
    }

    private HmmRangeFault fetch() {
        return new HmmRangeFault(
                mm,
                range.notifier().notifier(),
                range.start(),
                range.end(),
                begin.get().seq(),
                false);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

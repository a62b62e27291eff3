package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.HmmRangeFault;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.ReadBegin;

/**
 * amdgpu_hmm.c:amdgpu_hmm_range_get_pages: which pages a userptr BO's range shows now. Whether they still do is asked later, under the
 * notifier lock.
 */
public final class GetUserPages extends Call {
    private static final Path<GetUserPages> PATH = Path.<GetUserPages>named("amdgpu_hmm_range_get_pages")
            .repeat(attempt -> attempt.call(get -> get.begin.set(new ReadBegin(get.mm, get.vma.notifier())))
                    .call(GetUserPages::fault)
                    .leaveIf(get -> get.fault.get().result() == 0))
            .run(get ->
                    get.vma.setFetched(get.fault.get().pages(), get.begin.get().seq()))
            .end();

    private final UserptrBoVma vma;
    private final Mm mm;
    private final long invalidSampled;
    private final Local<ReadBegin> begin = new Local<>();
    private final Local<HmmRangeFault> fault = new Local<>();

    /** Fetches the pages of {@code vma}. */
    public GetUserPages(UserptrBoVma vma) {
        this(vma, 0);
    }

    /** The same, which began when the BO had been invalidated {@code invalidSampled} times (KFD). */
    public GetUserPages(UserptrBoVma vma, long invalidSampled) {
        this.vma = vma;
        this.mm = vma.vm().mm();
        this.invalidSampled = invalidSampled;
    }

    private Call fault() {
        return fault.set(new HmmRangeFault(mm, vma.notifier(), begin.get().seq(), true).countedFrom(invalidSampled));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

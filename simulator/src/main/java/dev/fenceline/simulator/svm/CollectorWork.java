package dev.fenceline.simulator.svm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;

/** xe_svm.c:xe_svm_garbage_collector_work_func: collects what no page fault collected first. */
final class CollectorWork extends Call {
    private static final Path<CollectorWork> PATH = Path.<CollectorWork>named("xe_svm_garbage_collector_work_func")
            .lock(work -> work.svm.vm().lock(), Lock.Mode.W)
            .run(work -> work.svm.collectorRuns())
            .call(work -> new CollectGarbage(work.svm))
            .unlock(work -> work.svm.vm().lock())
            .run(work -> work.svm.collectorIsDone())
            .end();

    private final GpuSvm svm;

    CollectorWork(GpuSvm svm) {
        this.svm = svm;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

package dev.fenceline.simulator.workload;

import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.ttm.KernelMapping;
import dev.fenceline.simulator.ttm.PopulateBo;

/** The kernel reads part of a BO for a program: under the reservation, once nobody writes it, through a mapping of the moment. */
final class Readback extends Call {
    private static final long BYTES = 4096;

    private static final Path<Readback> PATH = Path.<Readback>named("xe_bo_read")
            .call(read -> new LockResv(read.bo.resv()))
            .call(read -> new ResvWait(read.bo.resv(), Usage.WRITE))
            .call(read -> new PopulateBo(read.bo))
            .run(read -> read.mapping.set(KernelMapping.kmap(read.bo)))
            .spend(read -> read.kernel().costs().stepNs())
            .run(read -> read.mapping.get().access(0, BYTES, false))
            .run(read -> read.mapping.get().unmap())
            .run(read -> read.bo.resv().lock().release(read.task()))
            .run(read -> read.bo.put())
            .end();

    private final Bo bo;
    private final Local<KernelMapping> mapping = new Local<>();

    Readback(Bo bo) {
        this.bo = bo.get();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

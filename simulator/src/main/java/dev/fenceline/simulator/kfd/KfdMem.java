package dev.fenceline.simulator.kfd;

import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.vm.UserptrBoVma;

/** A {@code kgd_mem}: a userptr BO of a KFD process with its mapping, and how often notifiers made it invalid. */
public final class KfdMem {
    private final Bo bo;
    private final UserptrBoVma vma;
    private long invalid;

    KfdMem(KfdProcess process, Bo bo, long userptr) {
        this.bo = bo;
        this.vma = new UserptrBoVma(process.vm(), bo, userptr, curSeq -> new EvictUserptr(process, this, curSeq));
    }

    Bo bo() {
        return bo;
    }

    UserptrBoVma vma() {
        return vma;
    }

    /** How often its pages were invalidated since they were valid; under the notifier lock. */
    long invalid() {
        return invalid;
    }

    void invalidated() {
        invalid++;
    }

    /** Its pages were fetched, and no notifier came between. */
    void fetched() {
        invalid = 0;
    }
}

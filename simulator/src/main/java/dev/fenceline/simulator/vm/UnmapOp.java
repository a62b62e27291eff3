package dev.fenceline.simulator.vm;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A DRM_GPUVA_OP_UNMAP or DRM_GPUVA_OP_REMAP: a mapping goes, all of it or up to what is left before and after a hole, which becomes
 * mappings of their own.
 *
 * <p>Where the entries of what is left need not change ({@code skip_prev}, {@code skip_next}) it takes them over, which takes a hole that
 * begins or ends between two of the largest. A userptr gets other DMA addresses, so its parts are bound anew, and so are those of what the
 * same array maps, which has no entries yet.
 */
final class UnmapOp {
    private final Vma vma;
    private final long from;
    private final long to;
    private final boolean isNew;
    private final @Nullable Vma prev;
    private final @Nullable Vma next;

    /**
     * Takes what [from, to) has of {@code vma} out of it.
     *
     * @param isNew whether the entries of {@code vma} were still to be written
     */
    UnmapOp(Vma vma, long from, long to, boolean isNew) {
        this.isNew = isNew;
        this.vma = vma;
        this.from = Math.max(from, vma.start());
        this.to = Math.min(to, vma.end());
        this.prev = vma.start() < this.from ? vma.part(vma.start(), this.from) : null;
        this.next = this.to < vma.end() ? vma.part(this.to, vma.end()) : null;
    }

    Vma vma() {
        return vma;
    }

    /** What is left of it, in the order of addresses. */
    List<Vma> parts() {
        List<Vma> parts = new ArrayList<>(2);
        if (prev != null) {
            parts.add(prev);
        }
        if (next != null) {
            parts.add(next);
        }
        return parts;
    }

    boolean isRemap() {
        return prev != null || next != null;
    }

    /** What is left and is bound anew. */
    List<Vma> rebound() {
        return parts().stream().filter(this::isRebound).toList();
    }

    /** Whether {@code part}, one of those that are left, is bound anew. */
    private boolean isRebound(Vma part) {
        long cut = part == prev ? from : to;
        return vma.hasEntries() && (isNew || vma instanceof UserptrVma || cut % vma.largestEntry() != 0);
    }

    /** The first address whose entries are cleared. */
    long start() {
        return prev != null && isRebound(prev) ? vma.start() : from;
    }

    /** The address after the last. */
    long end() {
        return next != null && isRebound(next) ? vma.end() : to;
    }

    /** {@code xe_vma_op_commit}: what is left takes the place of the mapping. */
    void commit() {
        GpuVm vm = vma.vm();
        for (Vma part : parts()) {
            vm.vmas().add(part);
            if (vma.isInitiallyBound() || isRebound(part)) {
                part.setInitiallyBound();
            }
            if (vma instanceof BoVma old && part instanceof BoVma left) {
                vm.replaceStale(old, left);
            }
        }
        vma.setDestroyed();
        vm.mappingDies();
        vm.forget(vma);
    }

    /** Clears the entries, as the job that signals {@code fence}. */
    void zapPtes(long fence) {
        boolean wasBound = vma.isBound();
        vma.zapPtes(start(), end(), fence);
        if (wasBound) {
            parts().stream().filter(part -> !isRebound(part)).forEach(Vma::keepEntries);
        }
    }
}

package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.kernel.Call;

/** What stands behind a {@link CpuMirrorVma}: knows which of its addresses the GPU reaches now, and makes it reach others. */
public interface CpuMirror {
    /** Who wants to know that page tables show a range now. */
    interface Bound {
        /** Page tables show {@code [start, end)}, which is {@code range}. */
        void bound(long range, long start, long end);
    }

    /** Makes the GPU reach an address. */
    abstract class Service extends Call {
        /** 0, or why it cannot. */
        public abstract int result();
    }

    /** Whether the GPU reaches the page at {@code address}. */
    boolean isBound(long address);

    /** The page that the GPU finds at {@code address}. */
    long page(long address);

    /** The GPU has written {@code bytes} at {@code address}. */
    void written(long address, long bytes);

    /** {@code xe_svm_has_mapping}: whether there is something of {@code [start, end)} that the GPU reaches or may reach soon. */
    boolean hasMapping(long start, long end);

    /** The page table was cleared at its root, because the VM is being closed. */
    void entriesAreCleared();

    /** {@code xe_svm_close}: nothing of it runs by itself any more; without the lock of the VM. */
    Call close();

    /** {@code xe_svm_fini}: it shows nothing any more, and watches nothing; with the VM locked for writing. */
    Call fini();

    /** Serves a page fault at {@code address}, somewhere in {@code vma}, with the VM locked for writing. */
    Service serve(CpuMirrorVma vma, long address, Bound whenBound);
}

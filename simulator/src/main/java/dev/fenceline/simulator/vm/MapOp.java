package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.ttm.Bo;
import org.jspecify.annotations.Nullable;

/** One DRM_XE_VM_BIND_OP_MAP: what is to be mapped. */
public sealed interface MapOp {

    /** All of {@code bo}. */
    static Part bo(Bo bo) {
        return part(bo, 0, bo.bytes());
    }

    /** So many bytes of {@code bo} from {@code boOffset} on. */
    static Part part(Bo bo, long boOffset, long bytes) {
        return new Part(bo, boOffset, bytes, false, false, 0, null);
    }

    /** How much is mapped. */
    long bytes();

    /** Where it is mapped, in place of what is there; 0 for any free place. */
    long address();

    /** {@code new_vma}, at {@code start}. */
    Vma create(GpuVm vm, long start);

    /**
     * A part of a BO.
     *
     * @param boOffset where in the BO the mapping starts
     * @param readOnly whether the GPU may only read (DRM_XE_VM_BIND_FLAG_READONLY)
     * @param dumpable whether core dumps show it (DRM_XE_VM_BIND_FLAG_DUMPABLE)
     * @param image what a debugger is to know of it (DRM_XE_VM_BIND_OP_EXTENSIONS_ATTACH_DEBUG of the posted v1 to v3); null if nothing
     */
    record Part(
            Bo bo,
            long boOffset,
            long bytes,
            boolean readOnly,
            boolean dumpable,
            long address,
            @Nullable DebugMetadata image)
            implements MapOp {

        /** The same, for the GPU to read only. */
        public Part toBeRead() {
            return new Part(bo, boOffset, bytes, true, dumpable, address, image);
        }

        /** The same, in core dumps. */
        public Part toBeDumped() {
            return new Part(bo, boOffset, bytes, readOnly, true, address, image);
        }

        /** The same, at that GPU address. */
        public Part at(long gpuAddress) {
            return new Part(bo, boOffset, bytes, readOnly, dumpable, gpuAddress, image);
        }

        /** The same, with something for a debugger that tells what it holds. */
        public Part describedBy(DebugMetadata left) {
            return new Part(bo, boOffset, bytes, readOnly, dumpable, address, left);
        }

        @Override
        public Vma create(GpuVm vm, long start) {
            BoVma vma = new BoVma(vm, start, bo, boOffset, bytes, readOnly, dumpable);
            vma.attach(image);
            return vma;
        }
    }

    /**
     * Memory of the process, at any free GPU address (DRM_XE_VM_BIND_OP_MAP_USERPTR).
     *
     * @param userptr where in the memory of the process it starts
     * @param readOnly whether the GPU may only read
     */
    record Userptr(long userptr, long bytes, boolean readOnly) implements MapOp {
        @Override
        public long address() {
            return 0;
        }

        @Override
        public Vma create(GpuVm vm, long start) {
            return UserptrVma.watched(vm, start, userptr, bytes, readOnly);
        }
    }

    /** Nothing (DRM_XE_VM_BIND_FLAG_NULL): reads give zeros, and writes are lost. */
    record Sparse(long bytes, long address) implements MapOp {
        @Override
        public Vma create(GpuVm vm, long start) {
            return new NullVma(vm, start, start + bytes);
        }
    }

    /** Whatever the process has in a range, at the same addresses (DRM_XE_VM_BIND_FLAG_CPU_ADDR_MIRROR). */
    record Mirror(CpuMirror by, long address, long bytes) implements MapOp {
        @Override
        public Vma create(GpuVm vm, long start) {
            return new CpuMirrorVma(vm, start, start + bytes, by);
        }
    }
}

package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.ttm.Bo;
import org.jspecify.annotations.Nullable;

/**
 * One DRM_XE_VM_BIND_OP_MAP: what is to be mapped.
 *
 * @param bo what is mapped, or null for memory of the process and for nothing at all
 * @param boOffset where in the BO the mapping starts
 * @param userptr where in the memory of the process it starts; 0 for a BO and for nothing at all
 * @param bytes how much is mapped
 * @param readOnly whether the GPU may only read (DRM_XE_VM_BIND_FLAG_READONLY)
 * @param dumpable whether core dumps show it (DRM_XE_VM_BIND_FLAG_DUMPABLE)
 * @param address where it is mapped, in place of what is there; 0 for any free place
 * @param mirror what brings memory of the process to the GPU at the addresses that the process has for it, or null
 */
public record MapOp(
        @Nullable Bo bo,
        long boOffset,
        long userptr,
        long bytes,
        boolean readOnly,
        boolean dumpable,
        long address,
        @Nullable CpuMirror mirror) {

    /** All of {@code bo}. */
    public static MapOp bo(Bo bo) {
        return part(bo, 0, bo.bytes());
    }

    /** So many bytes of {@code bo} from {@code boOffset} on. */
    public static MapOp part(Bo bo, long boOffset, long bytes) {
        return new MapOp(bo, boOffset, 0, bytes, false, false, 0, null);
    }

    /** Memory of the process. */
    public static MapOp userptr(long userptr, long bytes, boolean readOnly) {
        return new MapOp(null, 0, userptr, bytes, readOnly, false, 0, null);
    }

    /** Nothing (DRM_XE_VM_BIND_FLAG_NULL): reads give zeros, and writes are lost. */
    public static MapOp sparse(long bytes) {
        return new MapOp(null, 0, 0, bytes, false, false, 0, null);
    }

    /** Whatever the process has in [start, start + bytes), at the same addresses (DRM_XE_VM_BIND_FLAG_CPU_ADDR_MIRROR). */
    public static MapOp mirror(CpuMirror by, long start, long bytes) {
        return new MapOp(null, 0, 0, bytes, false, false, start, by);
    }

    /** The same, for the GPU to read only. */
    public MapOp toBeRead() {
        return new MapOp(bo, boOffset, userptr, bytes, true, dumpable, address, mirror);
    }

    /** The same, in core dumps. */
    public MapOp toBeDumped() {
        return new MapOp(bo, boOffset, userptr, bytes, readOnly, true, address, mirror);
    }

    /** The same, at that GPU address. */
    public MapOp at(long gpuAddress) {
        return new MapOp(bo, boOffset, userptr, bytes, readOnly, dumpable, gpuAddress, mirror);
    }

    /** {@code new_vma}. */
    Vma create(GpuVm vm) {
        long start = address == 0 ? vm.reserveAddresses(bytes) : address;
        if (mirror != null) {
            return new CpuMirrorVma(vm, start, start + bytes, mirror);
        }
        if (bo != null) {
            return new BoVma(vm, start, bo, boOffset, bytes, readOnly, dumpable);
        }
        return userptr == 0
                ? new NullVma(vm, start, start + bytes)
                : UserptrVma.watched(vm, start, userptr, bytes, readOnly);
    }
}

package dev.fenceline.simulator.debug;

import dev.fenceline.event.AccessCaller;
import dev.fenceline.event.AccessPath;
import dev.fenceline.event.BoAccess;
import dev.fenceline.event.Placement;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.Bo;
import org.jspecify.annotations.Nullable;

/**
 * ttm_bo_vm.c:ttm_bo_access and xe_bo.c:xe_ttm_access_memory, under the reservation: by the CPU where it can reach the memory, by the
 * copy engine where it cannot or where much is wanted.
 *
 * <p>The CPU waits for KERNEL fences first: the placement is true only when the move or clear behind it is done. The kernel of thread
 * 000 does not wait here; see the fault.
 */
public final class AccessBo extends Call {
    /** The CPU reads although the clear or move of the BO is pending, as {@code ttm_bo_access} does (rule T05). */
    public static final Deviation READS_TOO_EARLY = new Deviation("debugger-reads-before-clear");

    private static final long COPY_FROM_BYTES = 16 * 1024;

    private static final Path<AccessBo> PATH = Path.<AccessBo>named("ttm_bo_access")
            .call(access -> new LockResv(access.bo.resv()))
            .run(AccessBo::choosePath)
            .when(
                    access -> access.path == AccessPath.GPU_COPY,
                    copy -> copy.run(AccessBo::submitCopy).call(access -> new FenceWait(access.copied())))
            .when(AccessBo::mustWait, cpu -> cpu.call(access -> new ResvWait(access.bo.resv(), Usage.KERNEL)))
            .run(AccessBo::record)
            .spend(access -> access.kernel().costs().stepNs())
            .run(access -> access.bo.resv().lock().release(access.task()))
            .run(access -> access.bo.put())
            .end();

    private final Bo bo;
    private final long offset;
    private final long length;
    private final boolean write;
    private AccessPath path = AccessPath.NONE;
    private @Nullable DmaFence copied;

    AccessBo(Bo bo, long offset, long length, boolean write) {
        this.bo = bo.get();
        this.offset = offset;
        this.length = length;
        this.write = write;
    }

    private void choosePath() {
        if (bo.placement() != Placement.VRAM) {
            path = AccessPath.KMAP;
        } else if (bo.isVisibleVram() && length < COPY_FROM_BYTES) {
            path = AccessPath.IOMEM;
        } else {
            path = AccessPath.GPU_COPY;
        }
    }

    private boolean mustWait() {
        if (path == AccessPath.GPU_COPY) {
            return false;
        }
        boolean pending = !bo.resv().isIdle(Usage.KERNEL);
        return !pending || !kernel().deviates(READS_TOO_EARLY);
    }

    private void submitCopy() {
        copied = bo.device().migrate().access(bo, length).finished();
    }

    private DmaFence copied() {
        if (copied == null) {
            throw new IllegalStateException("no copy was submitted");
        }
        return copied;
    }

    private void record() {
        kernel().emit(BoAccess.builder()
                .bo(bo.id())
                .offset(offset)
                .length(length)
                .write(write)
                .path(path)
                .caller(AccessCaller.EUDEBUG)
                .placement(bo.placement())
                .result(length));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

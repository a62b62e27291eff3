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
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.AccessMemory;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.ttm.PopulateBo;
import dev.fenceline.simulator.ttm.VramSection;
import org.jspecify.annotations.Nullable;

/**
 * ttm_bo_vm.c:ttm_bo_access and xe_bo.c:xe_ttm_access_memory, under the reservation: by the CPU where it can reach the memory, by the
 * copy engine where it cannot or where much is wanted.
 *
 * <p>The CPU waits for KERNEL fences first: the placement is true only when the move or clear behind it is done. The kernel of thread
 * 000 does not wait here; see the fault. VRAM of a device that is gone is not reached.
 */
public final class AccessBo extends Call {
    /** Bytes that the BO does not have are copied as well (rule T01). */
    public static final Deviation UNBOUNDED = new Deviation("access-beyond-the-end-of-the-bo");

    /** The BO is not reserved while its bytes are copied (rule T02). */
    public static final Deviation UNRESERVED = new Deviation("access-without-reservation");

    /** Memory in VRAM is mapped as if it had pages, without asking the driver (rule T03). */
    public static final Deviation KMAPS_VRAM = new Deviation("access-maps-pages-of-vram");

    /** The CPU copies VRAM beyond the aperture, as the first version of thread 000's patch did (rule T04). */
    public static final Deviation LEAVES_APERTURE = new Deviation("access-leaves-the-aperture");

    /** The CPU reads although the clear or move of the BO is pending, as {@code ttm_bo_access} does (rule T05). */
    public static final Deviation READS_TOO_EARLY = new Deviation("debugger-reads-before-clear");

    private static final int EIO = -5;
    private static final int ENODEV = -19;

    private static final long COPY_FROM_BYTES = 16 * 1024;

    private static final Path<AccessBo> PATH = Path.<AccessBo>named("ttm_bo_access")
            .run(AccessBo::checkBounds)
            .when(access -> access.result >= 0, AccessBo::reserveAndCopy)
            .when(access -> access.result < 0, refused -> refused.run(AccessBo::record))
            .run(access -> access.bo.put())
            .end();

    private final Bo bo;
    private final long offset;
    private final long length;
    private final boolean write;
    private final AccessCaller caller;
    private final VramSection section;
    private final Local<AccessMemory> memory = new Local<>();
    private AccessPath path = AccessPath.NONE;
    private boolean reserved;
    private boolean bySdma;
    private long result;
    private @Nullable DmaFence copied;

    /** Reads or writes {@code length} bytes of {@code bo} from {@code offset} on, on behalf of {@code caller}. */
    public AccessBo(Bo bo, long offset, long length, boolean write, AccessCaller caller) {
        this.bo = bo.get();
        this.offset = offset;
        this.length = length;
        this.write = write;
        this.caller = caller;
        this.section = new VramSection(bo);
    }

    /** The bytes done, which are all or none, or a negative errno. */
    public long result() {
        return result;
    }

    private static Path.Builder<AccessBo> reserveAndCopy(Path.Builder<AccessBo> path) {
        return path.run(access -> access.reserved = !access.kernel().deviates(UNRESERVED))
                .call(access -> access.reserved ? new LockResv(access.bo.resv()) : null)
                .run(access -> access.bySdma = access.isSdmasAffair())
                .when(
                        access -> access.bySdma,
                        vram -> vram.call(AccessBo::accessMemory)
                                .run(access ->
                                        access.result = access.memory.get().result()))
                .when(access -> !access.bySdma, AccessBo::copy)
                .when(
                        access -> access.reserved,
                        locked -> locked.run(access -> access.bo.resv().lock().release(access.task())));
    }

    private static Path.Builder<AccessBo> copy(Path.Builder<AccessBo> path) {
        return path.run(AccessBo::choosePath)
                .when(
                        access -> access.path == AccessPath.GPU_COPY,
                        copy -> copy.run(AccessBo::submitCopy).call(AccessBo::awaitCopy))
                .when(AccessBo::mustWait, cpu -> cpu.call(access -> new ResvWait(access.bo.resv(), Usage.KERNEL)))
                .call(access -> access.path == AccessPath.KMAP ? new PopulateBo(access.bo) : null)
                .run(AccessBo::enterDevice)
                .run(AccessBo::record)
                .spend(access -> access.kernel().costs().stepNs())
                .run(access -> access.section.exit());
    }

    private boolean isSdmasAffair() {
        return bo.placement() == Placement.VRAM && bo.device().variant().accessesVramBySdma();
    }

    private Call accessMemory() {
        return memory.set(new AccessMemory(bo, offset, length, write, caller));
    }

    private void checkBounds() {
        boolean inside = length >= 1 && offset + length <= bo.bytes();
        result = inside || kernel().deviates(UNBOUNDED) ? length : EIO;
    }

    private void choosePath() {
        if (bo.placement() != Placement.VRAM || kernel().deviates(KMAPS_VRAM)) {
            path = AccessPath.KMAP;
        } else if (length < COPY_FROM_BYTES && (bo.isVisibleVram() || kernel().deviates(LEAVES_APERTURE))) {
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
        if (section.enter()) {
            copied = bo.device().migrate().access(bo, length).finished();
            section.exit();
        }
    }

    /** Outside the section: the copy of a card that is gone ends only with its removal. */
    private @Nullable Call awaitCopy() {
        return copied == null ? null : new FenceWait(copied);
    }

    private void enterDevice() {
        if (path != AccessPath.KMAP && !section.enter()) {
            result = ENODEV;
        }
    }

    private void record() {
        kernel().emit(BoAccess.builder()
                .bo(bo.id())
                .offset(offset)
                .length(length)
                .write(write)
                .path(path)
                .caller(caller)
                .placement(bo.placement())
                .result(result));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

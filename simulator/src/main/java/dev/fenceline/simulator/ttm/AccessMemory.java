package dev.fenceline.simulator.ttm;

import dev.fenceline.event.AccessCaller;
import dev.fenceline.event.AccessPath;
import dev.fenceline.event.BoAccess;
import dev.fenceline.event.HardwareAccess;
import dev.fenceline.event.Placement;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;

/**
 * amdgpu_ttm.c:amdgpu_ttm_access_memory, under the BO's reservation: reads or writes VRAM for a debugger of the process. A page goes
 * through the SDMA engine; what is no page, and what the engine did not manage, through the aperture where the CPU sees it, and through
 * the window registers (MM_INDEX) where it does not.
 *
 * <p>As in the generic path the CPU waits for KERNEL fences first.
 */
public final class AccessMemory extends Call {
    private static final Path<AccessMemory> PATH = Path.<AccessMemory>named("amdgpu_ttm_access_memory")
            .when(access -> access.length == BounceBuffer.BYTES, AccessMemory::copyByEngine)
            .when(
                    access -> access.result <= 0,
                    cpu -> cpu.call(access -> new ResvWait(access.bo.resv(), Usage.KERNEL))
                            .run(AccessMemory::copyByCpu))
            .spend(access -> access.kernel().costs().stepNs())
            .run(access -> access.section.exit())
            .end();

    private static final int ENODEV = -19;

    private final Bo bo;
    private final long offset;
    private final long length;
    private final boolean write;
    private final AccessCaller caller;
    private final VramSection section;
    private final Local<SdmaAccess> sdma = new Local<>();
    private long result;

    /** Reads or writes {@code length} bytes of {@code bo}, which lies in VRAM, from {@code offset} on. */
    public AccessMemory(Bo bo, long offset, long length, boolean write, AccessCaller caller) {
        this.bo = bo;
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

    /** In one section with its wait, which is a short one. */
    private static Path.Builder<AccessMemory> copyByEngine(Path.Builder<AccessMemory> path) {
        return path.call(access -> access.section.enter() ? access.sdma.set(access.sdma()) : null)
                .run(AccessMemory::recordSdma)
                .run(access -> access.section.exit());
    }

    private SdmaAccess sdma() {
        return new SdmaAccess(bo.device().bounceBuffer(), bo, write);
    }

    private void recordSdma() {
        SdmaAccess entered = sdma.orNull();
        int errno = entered == null ? ENODEV : entered.result();
        result = errno == 0 ? length : errno;
        record(AccessPath.SDMA, offset, length, result);
    }

    /** {@code amdgpu_device_aper_access}, and {@code amdgpu_device_mm_access} for the rest: one after the other. */
    private void copyByCpu() {
        result = section.enter() ? length : ENODEV;
        if (result < 0) {
            record(isVisible(offset) ? AccessPath.IOMEM : AccessPath.MMIO, offset, length, result);
            return;
        }
        long end = offset + length;
        long at = offset;
        while (at < end) {
            boolean visible = isVisible(at);
            long next = nextPage(at);
            while (next < end && isVisible(next) == visible) {
                next = nextPage(next);
            }
            long bytes = Math.min(next, end) - at;
            if (!visible) {
                bo.device().drm().touch(HardwareAccess.MMIO);
            }
            record(visible ? AccessPath.IOMEM : AccessPath.MMIO, at, bytes, bytes);
            at += bytes;
        }
    }

    private static long nextPage(long at) {
        return (at / TtmDevice.PAGE_BYTES + 1) * TtmDevice.PAGE_BYTES;
    }

    private boolean isVisible(long at) {
        Resource resource = bo.resource();
        return resource != null
                && resource.vramPage(at / TtmDevice.PAGE_BYTES)
                        < bo.device().vram().visiblePages();
    }

    private void record(AccessPath path, long from, long bytes, long result) {
        kernel().emit(BoAccess.builder()
                .bo(bo.id())
                .offset(from)
                .length(bytes)
                .write(write)
                .path(path)
                .caller(caller)
                .placement(Placement.VRAM)
                .result(result));
        Resource resource = bo.resource();
        if (write && result > 0 && resource != null) {
            resource.written(bo.client(), from, bytes);
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

package dev.fenceline.simulator.vm;

import dev.fenceline.event.GpuAccess;
import dev.fenceline.event.LongList;
import dev.fenceline.event.PteWrite;
import dev.fenceline.event.PteWriter;
import dev.fenceline.event.Usage;
import dev.fenceline.event.VmMap;
import dev.fenceline.event.VmUnmap;
import dev.fenceline.event.VmUnmapBegin;
import dev.fenceline.event.VmaCreate;
import dev.fenceline.event.VmaEvict;
import dev.fenceline.event.VmaKind;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.sched.Job;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.ttm.BoMapping;
import dev.fenceline.simulator.ttm.Resource;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A mapping of part of a BO. */
public final class BoVma extends Vma implements BoMapping {
    private static final int ACCESS_BYTES = 64;

    private final Bo bo;
    private final long boOffset;
    private final boolean readOnly;
    private final boolean dumpable;
    private @Nullable Resource shown;
    private @Nullable DebugMetadata image;

    /**
     * Maps {@code bytes} of {@code bo} from {@code boOffset} on, for the GPU to read only if {@code readOnly}, in core dumps if
     * {@code dumpable}; holds a reference to it.
     */
    BoVma(GpuVm vm, long start, Bo bo, long boOffset, long bytes, boolean readOnly, boolean dumpable) {
        super(vm, start, start + bytes);
        this.bo = bo.get();
        this.boOffset = boOffset;
        this.readOnly = readOnly;
        this.dumpable = dumpable;
        bo.mappings().add(this);
        vm.kernel()
                .emit(VmaCreate.builder()
                        .vma(id())
                        .vm(vm.id())
                        .start(start)
                        .end(end())
                        .kind(VmaKind.BO)
                        .bo(bo.id())
                        .boOffset(boOffset)
                        .readOnly(readOnly)
                        .dumpable(dumpable));
        vm.kernel().enrol(this);
        if (vm.hasUserQueues()) {
            vm.kernel()
                    .emit(VmMap.builder()
                            .address(start)
                            .client(vm.file().client().id())
                            .bo(bo.id()));
        }
    }

    public Bo bo() {
        return bo;
    }

    /** Whether its program let it into core dumps (DRM_XE_VM_BIND_FLAG_DUMPABLE). */
    public boolean isDumpable() {
        return dumpable;
    }

    void attach(@Nullable DebugMetadata left) {
        image = left;
    }

    /** What its program left for a debugger that tells what it holds; null if nothing. */
    public @Nullable DebugMetadata image() {
        return image;
    }

    /** Where in the BO the mapping starts. */
    public long boOffset() {
        return boOffset;
    }

    /** Whether the GPU may only read: what the CPU writes to the BO is no matter of the mapping. */
    @Override
    boolean isReadOnly() {
        return readOnly;
    }

    @Override
    @Nullable LongList boundPages() {
        return null;
    }

    @Override
    Vma part(long from, long to) {
        BoVma part = new BoVma(vm(), from, bo, boOffset + from - start(), to - from, readOnly, dumpable);
        part.inherit(this);
        part.shown = shown;
        part.image = image;
        return part;
    }

    @Override
    Set<DmaResv> resvs() {
        Set<DmaResv> all = super.resvs();
        all.add(bo.resv());
        return all;
    }

    @Override
    void unmapBegins() {
        if (vm().hasUserQueues()) {
            vm().kernel()
                    .emit(VmUnmapBegin.builder()
                            .address(start())
                            .client(vm().file().client().id())
                            .bo(bo.id()));
        }
    }

    @Override
    VmaKind kind() {
        return VmaKind.BO;
    }

    @Override
    public @Nullable Call boMoves() {
        if (isInitiallyBound() && !isDestroyed()) {
            vm().kernel()
                    .emit(VmaEvict.builder()
                            .vma(id())
                            .vm(vm().id())
                            .start(start())
                            .end(end())
                            .kind(VmaKind.BO)
                            .bo(bo.id()));
            if (vm().isFaultMode()) {
                return new EvictVma(this);
            }
            vm().needsRebind(this);
        }
        return null;
    }

    /** The PTEs show where the BO lies now, wherever it is to go before the job runs. */
    @Override
    LongConsumer pteWriter() {
        Resource now = bo.backing();
        return fence -> writePtes(fence, now);
    }

    @Override
    void writePtes(long fence) {
        writePtes(fence, bo.backing());
    }

    /** {@code xe_pt_hugepte_possible}, {@code xe_pt_scan_64K}: one piece of VRAM lies behind {@code size} bytes at {@code address}. */
    private boolean fits(Resource memory, long address, long size) {
        return memory.isOnePiece(boOffset + address - start(), size);
    }

    private void writePtes(long fence, @Nullable Resource memory) {
        PteWrite.Builder event = PteWrite.builder()
                .vm(vm().id())
                .start(start())
                .end(end())
                .readOnly(readOnly)
                .tile(0)
                .by(fence == 0 ? PteWriter.CPU : PteWriter.GPU);
        if (fence != 0) {
            event.fence(fence);
        }
        vm().kernel().emit(event);
        setLargestEntry(
                EntrySize.fitting(start(), end(), (address, size) -> memory != null && fits(memory, address, size)));
        setBound(true);
        shown = memory;
        if (memory != null && memory == bo.backing() && bo.resv().isIdle(Usage.KERNEL)) {
            memory.expose(bo.id(), vm().file().client().id());
        }
    }

    @Override
    void access(ExecQueue queue, @Nullable Job job, long random, boolean wantsToWrite) {
        access(queue.id(), event -> by(queue, job, event), random, wantsToWrite);
    }

    /** Records one access of a user-mode queue, whose operations end with the fences of {@code context}, if anything is mapped. */
    public void accessByUserQueue(long queue, long context, long random, boolean wantsToWrite) {
        if (isBound()) {
            access(queue, event -> event.context(context), random, wantsToWrite);
        }
    }

    private void access(long queue, UnaryOperator<GpuAccess.Builder> by, long random, boolean wantsToWrite) {
        boolean write = wantsToWrite && !readOnly;
        long slots = (end() - start()) / ACCESS_BYTES;
        long offset = Long.remainderUnsigned(random, slots) * ACCESS_BYTES;
        long client = vm().file().client().id();
        Resource memory = shown;
        if (memory != null) {
            memory.expose(bo.id(), client);
        }
        GpuAccess.Builder event = GpuAccess.builder()
                .queue(queue)
                .vm(vm().id())
                .address(start() + offset)
                .length(ACCESS_BYTES)
                .write(write)
                .bo(bo.id());
        vm().kernel().emit(by.apply(event));
        if (write && memory != null) {
            memory.written(client, boOffset + offset, ACCESS_BYTES);
        }
    }

    @Override
    void destroy() {
        super.destroy();
        if (vm().hasUserQueues()) {
            vm().kernel()
                    .emit(VmUnmap.builder()
                            .address(start())
                            .client(vm().file().client().id())
                            .bo(bo.id()));
        }
        bo.mappings().remove(this);
        bo.put();
    }
}

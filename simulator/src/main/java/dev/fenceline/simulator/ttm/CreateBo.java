package dev.fenceline.simulator.ttm;

import dev.fenceline.event.BoCreate;
import dev.fenceline.event.BoMove;
import dev.fenceline.event.BoMoveCommit;
import dev.fenceline.event.BoType;
import dev.fenceline.event.LongList;
import dev.fenceline.event.MoveKind;
import dev.fenceline.event.Placement;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.kernel.AllocatePages;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** xe_bo.c:xe_bo_create_user: memory for a client, in VRAM if there is room, cleared by the copy engine before anybody may see it. */
public final class CreateBo extends Call {
    private static final Path<CreateBo> PATH = Path.<CreateBo>named("xe_bo_create_user")
            .call(create -> new AllocatePages(Gfp.KERNEL, 1))
            .call(create -> new LockResv(create.bo().resv()))
            .when(
                    create -> create.wanted == Placement.VRAM,
                    vram -> vram.call(create -> create.allocation =
                            new AllocateVram(create.bo(), create.bo().resv())))
            .spend(create -> create.kernel().costs().stepNs())
            .run(CreateBo::create)
            .run(create -> create.bo().resv().lock().release(create.task()))
            .end();

    private final TtmDevice device;
    private final long bytes;
    private final Placement wanted;
    private final boolean needsAperture;
    private final long client;
    private final long vm;
    private final @Nullable DmaResv shared;
    private @Nullable Bo bo;
    private @Nullable AllocateVram allocation;

    /**
     * Creates a BO that is shared or private to a VM.
     *
     * @param wanted VRAM, or TT for system pages
     * @param needsAperture whether the CPU must reach it
     * @param vm the VM it is private to, 0 if none
     * @param shared the reservation of that VM, null if the BO has one of its own
     */
    public CreateBo(
            TtmDevice device,
            long bytes,
            Placement wanted,
            boolean needsAperture,
            long client,
            long vm,
            @Nullable DmaResv shared) {
        this.device = device;
        this.bytes = bytes;
        this.wanted = wanted;
        this.needsAperture = needsAperture;
        this.client = client;
        this.vm = vm;
        this.shared = shared;
    }

    /** The BO, one reference to which is the caller's. */
    public Bo bo() {
        if (bo == null) {
            bo = new Bo(device.kernel(), device, bytes, needsAperture, shared);
        }
        return bo;
    }

    private void create() {
        Bo created = bo();
        Resource vram = allocation == null ? null : allocation.resource();
        BoCreate.Builder event = BoCreate.builder()
                .bo(created.id())
                .device(device.id())
                .client(client)
                .size(bytes)
                .placement(vram == null ? Placement.SYSTEM : Placement.VRAM)
                .resv(created.resv().id())
                .type(BoType.DEVICE)
                .flags(needsAperture ? "needs_cpu_access" : "")
                .populated(vram != null);
        if (vm != 0) {
            event.vm(vm);
        }
        if (vram != null) {
            Resource.Extent first = vram.extents().get(0);
            event.block(first.block()).generation(first.generation()).blocks(offsets(vram));
        }
        kernel().emit(event);
        kernel().enrol(created);
        if (vram == null) {
            Moves.move(kernel(), created, new Resource(kernel(), created.id(), Placement.TT, List.of()), false);
        } else {
            clear(created, vram);
        }
    }

    private void clear(Bo created, Resource vram) {
        device.vram().addEvictionFences(created.resv());
        created.setResource(vram);
        created.resv().reserve(1);
        DmaFence cleared = device.migrate().clear(created).finished();
        kernel().emit(BoMove.builder()
                .bo(created.id())
                .to(Placement.VRAM)
                .size(bytes)
                .fence(cleared.id())
                .evict(false)
                .kind(MoveKind.CLEAR)
                .lacksSource(true));
        created.resv().add(cleared, Usage.KERNEL);
        kernel().emit(BoMoveCommit.builder().bo(created.id()).to(Placement.VRAM).temporary(false));
        device.touch(created);
    }

    private static LongList offsets(Resource vram) {
        return LongList.of(vram.extents().stream()
                .mapToLong(extent -> extent.startPage() * TtmDevice.PAGE_BYTES)
                .toArray());
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

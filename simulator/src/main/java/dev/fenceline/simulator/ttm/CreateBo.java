package dev.fenceline.simulator.ttm;

import dev.fenceline.event.BoCreate;
import dev.fenceline.event.BoMove;
import dev.fenceline.event.BoMoveCommit;
import dev.fenceline.event.LongList;
import dev.fenceline.event.MoveKind;
import dev.fenceline.event.Placement;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.kernel.AllocatePages;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * xe_bo.c:xe_bo_create_user: memory for a client, in VRAM if there is room, cleared by the copy engine before anybody may see it; or
 * xe_bo_create_locked with XE_BO_FLAG_CPU_ADDR_MIRROR: in VRAM or not at all, and still locked.
 */
public final class CreateBo extends Call {
    private static final Path<CreateBo> PATH = Path.<CreateBo>named("xe_bo_create_user")
            .call(create -> new AllocatePages(Gfp.KERNEL, 1))
            .call(create -> new LockResv(create.bo().resv()))
            .when(
                    create -> create.wanted == Placement.VRAM,
                    vram -> vram.call(create -> create.allocation =
                            new AllocateVram(create.bo(), create.bo().resv())))
            .spend(create -> create.kernel().costs().stepNs())
            .when(create -> create.mirrors && !create.succeeded(), CreateBo::giveUp)
            .returnIf(create -> create.mirrors && !create.succeeded())
            .run(CreateBo::create)
            .returnIf(create -> create.mirrors)
            .call(create -> create.bo().resource() != null
                    ? null
                    : new HandleMove(
                            create.bo(),
                            new Resource(create.kernel(), create.bo().id(), Placement.TT, List.of(), false),
                            false,
                            false))
            .run(create -> create.bo().resv().lock().release(create.task()))
            .end();

    private final TtmDevice device;
    private final long bytes;
    private final Placement wanted;
    private final boolean needsAperture;
    private final long client;
    private final long vm;
    private final @Nullable DmaResv shared;
    private final boolean mirrors;
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
        this(device, bytes, wanted, needsAperture, client, vm, shared, false);
    }

    private CreateBo(
            TtmDevice device,
            long bytes,
            Placement wanted,
            boolean needsAperture,
            long client,
            long vm,
            @Nullable DmaResv shared,
            boolean mirrors) {
        this.device = device;
        this.bytes = bytes;
        this.wanted = wanted;
        this.needsAperture = needsAperture;
        this.client = client;
        this.vm = vm;
        this.shared = shared;
        this.mirrors = mirrors;
    }

    /** Creates the memory of a device that is to show at addresses of {@code client}'s program. */
    public static CreateBo mirroring(TtmDevice device, long bytes, long client) {
        return new CreateBo(device, bytes, Placement.VRAM, false, client, 0, null, true);
    }

    /** Whether there was room where it has to be. */
    public boolean succeeded() {
        return allocation != null && allocation.resource() != null;
    }

    private static Path.Builder<CreateBo> giveUp(Path.Builder<CreateBo> path) {
        return path.run(create -> create.bo().resv().lock().release(create.task()));
    }

    /** The BO, one reference to which is the caller's. */
    public Bo bo() {
        if (bo == null) {
            bo = Bo.of(device, bytes, client, needsAperture, shared);
            if (wanted == Placement.TT) {
                bo.setSystemOnly();
            }
        }
        return bo;
    }

    private void create() {
        Bo created = bo();
        Resource vram = allocation == null ? null : allocation.resource();
        BoCreate.Builder event = BoCreate.builder()
                .bo(created.id())
                .device(device.id())
                .size(bytes)
                .placement(vram == null ? Placement.SYSTEM : Placement.VRAM)
                .resv(created.resv().id())
                .type(created.type())
                .flags(needsAperture ? "needs_cpu_access" : "")
                .populated(vram != null);
        if (client != 0) {
            event.client(client);
        }
        if (vm != 0) {
            event.vm(vm);
        }
        if (vram != null) {
            Resource.Extent first = vram.extents().get(0);
            event.block(first.block()).generation(first.generation()).blocks(offsets(vram));
        }
        kernel().emit(event);
        kernel().enrol(created);
        if (vram != null) {
            clear(created, vram);
        }
    }

    private void clear(Bo created, Resource vram) {
        device.vram().addEvictionFences(created.resv());
        created.assign(vram);
        created.resv().reserve(1);
        DmaFence cleared = created.clearIfDirty(vram);
        BoMove.Builder event = BoMove.builder()
                .bo(created.id())
                .to(Placement.VRAM)
                .size(bytes)
                .evict(false)
                .kind(cleared == null ? MoveKind.NULL : MoveKind.CLEAR)
                .lacksSource(true);
        kernel().emit(cleared == null ? event : event.fence(cleared.id()));
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

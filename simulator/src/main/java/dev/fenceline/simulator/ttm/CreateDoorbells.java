package dev.fenceline.simulator.ttm;

import dev.fenceline.event.BoCreate;
import dev.fenceline.event.Placement;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * amdgpu_gem.c:amdgpu_gem_create_ioctl in the DOORBELL domain: a page of the aperture through which programs tell the hardware that there
 * is work. It is no memory: nothing is cleared, copied or evicted.
 */
public final class CreateDoorbells extends Call {
    private static final Path<CreateDoorbells> PATH = Path.<CreateDoorbells>named("amdgpu_gem_create_ioctl")
            .call(create -> new LockResv(create.bo().resv()))
            .spend(create -> create.kernel().costs().stepNs())
            .run(CreateDoorbells::create)
            .call(create -> new HandleMove(
                    create.bo(),
                    new Resource(create.kernel(), create.bo().id(), Placement.DOORBELL, List.of(), false),
                    false,
                    false))
            .run(create -> create.bo().resv().lock().release(create.task()))
            .end();

    private final TtmDevice device;
    private final long client;
    private @Nullable Bo bo;

    /** Creates a page of doorbells for {@code client}. */
    public CreateDoorbells(TtmDevice device, long client) {
        this.device = device;
        this.client = client;
    }

    /** The BO, one reference to which is the caller's. */
    public Bo bo() {
        if (bo == null) {
            bo = Bo.of(device, TtmDevice.PAGE_BYTES, client, false, null);
        }
        return bo;
    }

    private void create() {
        Bo created = bo();
        kernel().emit(BoCreate.builder()
                .bo(created.id())
                .device(device.id())
                .client(client)
                .size(created.bytes())
                .placement(Placement.SYSTEM)
                .resv(created.resv().id())
                .type(created.type())
                .flags("")
                .populated(false));
        kernel().enrol(created);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

package dev.fenceline.simulator.ttm;

import dev.fenceline.event.BoCreate;
import dev.fenceline.event.Placement;
import dev.fenceline.simulator.kernel.AllocatePages;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;

/**
 * amdgpu_gem.c:amdgpu_gem_userptr_ioctl, where it makes the BO: in the system domain, with a reservation of its own and no pages. In the
 * model's books it stays there; what validation does to it, mapping the process's pages for the device, is recorded as that.
 */
public final class CreateUserptrBo extends Call {
    private static final Path<CreateUserptrBo> PATH = Path.<CreateUserptrBo>named("amdgpu_gem_userptr_ioctl")
            .call(create -> new AllocatePages(Gfp.KERNEL, 1))
            .run(CreateUserptrBo::create)
            .end();

    private final TtmDevice device;
    private final long bytes;
    private final long client;
    private final Local<Bo> bo = new Local<>();

    /** Makes a BO of {@code client} over {@code bytes} of its process. */
    public CreateUserptrBo(TtmDevice device, long bytes, long client) {
        this.device = device;
        this.bytes = bytes;
        this.client = client;
    }

    /** The BO, one reference to which is the caller's. */
    public Bo bo() {
        return bo.get();
    }

    private void create() {
        Bo created = bo.set(Bo.of(device, bytes, client, false, null));
        created.setSystemOnly();
        kernel().emit(BoCreate.builder()
                .bo(created.id())
                .device(device.id())
                .size(bytes)
                .placement(Placement.SYSTEM)
                .resv(created.resv().id())
                .type(created.type())
                .flags("userptr")
                .populated(false)
                .client(client));
        kernel().enrol(created);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

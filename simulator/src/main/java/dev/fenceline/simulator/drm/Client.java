package dev.fenceline.simulator.drm;

import dev.fenceline.event.ClientClose;
import dev.fenceline.event.ClientOpen;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;

/** A {@code drm_file}: one open of a device by a process. */
public final class Client implements Census.Member {
    private final Kernel kernel;
    private final long id;
    private final Device device;
    private final UserProcess owner;
    private final long fd;

    /** Opens the render node of {@code device}. */
    public Client(Kernel kernel, Device device, UserProcess owner, long fd) {
        this.kernel = kernel;
        this.id = kernel.newId();
        this.device = device;
        this.owner = owner;
        this.fd = fd;
        kernel.emit(ClientOpen.builder()
                .client(id)
                .device(device.id())
                .fd(fd)
                .owner(owner.tgid())
                .result(0));
        kernel.enrol(this);
    }

    public long id() {
        return id;
    }

    @Override
    public void tell(Facts facts) {
        facts.of("client", id).with("device", device.id()).with("owner", owner.tgid());
    }

    public Device device() {
        return device;
    }

    public UserProcess owner() {
        return owner;
    }

    /** Closes the file. */
    public void close() {
        kernel.emit(ClientClose.builder()
                .client(id)
                .device(device.id())
                .fd(fd)
                .owner(owner.tgid())
                .result(0));
        kernel.strike(this);
    }
}

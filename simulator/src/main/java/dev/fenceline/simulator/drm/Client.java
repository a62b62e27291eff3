package dev.fenceline.simulator.drm;

import dev.fenceline.event.BoGrant;
import dev.fenceline.event.BoLookup;
import dev.fenceline.event.BoMmap;
import dev.fenceline.event.BoRevoke;
import dev.fenceline.event.ClientClose;
import dev.fenceline.event.ClientOpen;
import dev.fenceline.event.GrantHow;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Modules;
import dev.fenceline.simulator.kernel.Task;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.ttm.CpuVma;
import dev.fenceline.simulator.unplug.DrmDevice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A {@code drm_file}: one open of a device by a process. */
public final class Client implements Census.Member {
    /** The offset of a BO maps it for every file of the device (rule A-X04). */
    public static final Deviation MAPS_FOR_ANYBODY = new Deviation("mmap-skips-permission-check");

    /** A handle that was closed still finds its BO, which only waits for its destruction (rule A-T15). */
    public static final Deviation KEEPS_HANDLE = new Deviation("closed-handle-finds-dying-bo");

    /** The driver's own entry for ioctls does not ask whether the device is there (rule A-U10). */
    public static final Deviation SKIPS_UNPLUG_CHECK = new Deviation("ioctl-skips-unplugged-check");

    /** A device that is gone can be opened (rule A-U10). */
    public static final Deviation OPENS_DEAD = new Deviation("unplugged-device-is-opened");

    private static final int ENOENT = -2;
    private static final int ENODEV = -19;
    private static final int EACCES = -13;

    private final Kernel kernel;
    private final long id;
    private final Device device;
    private final UserProcess owner;
    private final long fd;
    private final Map<Long, Bo> handles = new LinkedHashMap<>();
    private final Map<Bo, Long> handleOf = new LinkedHashMap<>();
    private @Nullable Bo lastClosed;
    private long lastHandle;
    private @Nullable Call program;

    /** Opens the render node of {@code device}. */
    public Client(Kernel kernel, Device device, UserProcess owner, long fd) {
        this.kernel = kernel;
        this.id = kernel.newId();
        this.device = device;
        this.owner = owner;
        this.fd = fd;
        device.drm().get("client");
        kernel.modules().get(device.variant().driver(), Modules.Holder.OPEN_FILE);
        kernel.emit(ClientOpen.builder()
                .client(id)
                .device(device.id())
                .fd(fd)
                .owner(owner.tgid())
                .result(0));
        kernel.enrol(this);
    }

    /** {@code drm_open} of a device that is gone, which is refused. */
    public static void openGone(Kernel kernel, Device device, UserProcess owner, long fd) {
        if (!device.drm().isReleased() && kernel.deviates(OPENS_DEAD)) {
            new Client(kernel, device, owner, fd).close();
            return;
        }
        kernel.emit(ClientOpen.builder()
                .device(device.id())
                .fd(fd)
                .owner(owner.tgid())
                .result(ENODEV));
    }

    public long id() {
        return id;
    }

    /** {@code drm_ioctl} asks whether the device is there before it does anything. */
    boolean isGone() {
        DrmDevice drm = device.drm();
        return drm.isHotPluggable() && drm.testUnplugged() && !kernel.deviates(SKIPS_UNPLUG_CHECK);
    }

    /** A call that is refused because the device is gone makes the process give {@code doing} up. */
    public void onGone(Call doing) {
        program = doing;
    }

    void tellProgram(Task task) {
        if (program == null) {
            throw new IllegalStateException("client " + id + " does not expect its device to go");
        }
        task.giveUp(program);
    }

    @Override
    public void tell(Facts facts) {
        facts.of("client", id).with("device", device.id()).with("owner", owner.tgid());
        handles.forEach((handle, bo) -> facts.of("handle", id + "/" + handle).with("bo", bo.id()));
    }

    public Device device() {
        return device;
    }

    public UserProcess owner() {
        return owner;
    }

    /** {@code drm_gem_handle_create_tail}: from here this file may use and map the BO. */
    public long createHandle(Bo bo, GrantHow how) {
        long handle = ++lastHandle;
        handles.put(handle, bo.get());
        handleOf.put(bo, handle);
        bo.handleCreated();
        kernel.emit(
                BoGrant.builder().bo(bo.id()).client(id).handle(handle).how(how).result(0));
        return handle;
    }

    /** {@code drm_gem_object_lookup}: the BO, a reference to which is the caller's, or null if the file has no such handle. */
    public @Nullable Bo lookup(long handle) {
        Bo bo = handles.get(handle);
        BoLookup.Builder event = BoLookup.builder().client(id).handle(handle);
        Bo gone = lastClosed;
        if (bo == null && gone != null && gone.isWaitingForDestruction() && kernel.deviates(KEEPS_HANDLE)) {
            kernel.emit(event.bo(gone.id()).result(0));
            return null;
        }
        kernel.emit(bo == null ? event.result(ENOENT) : event.bo(bo.id()).result(0));
        return bo == null ? null : bo.get();
    }

    /** {@code drm_gem_handle_delete}. */
    public void deleteHandle(long handle) {
        Bo bo = handles.remove(handle);
        if (bo == null) {
            throw new IllegalArgumentException("client " + id + " has no handle " + handle);
        }
        handleOf.remove(bo);
        kernel.emit(BoRevoke.builder().bo(bo.id()).client(id).handle(handle).result(0));
        if (bo.handleClosed()) {
            device.names().forget(bo);
        }
        lastClosed = bo;
        bo.put();
    }

    /** Deletes the handle of {@code bo}, if the file has one. */
    public void close(Bo bo) {
        long handle = handleOf(bo);
        if (handle != 0) {
            deleteHandle(handle);
        }
    }

    /** {@code drm_gem_release}: the handles go with the file. */
    public void deleteHandles() {
        List.copyOf(handles.keySet()).forEach(this::deleteHandle);
    }

    /** The handle of {@code bo} in this file, 0 if there is none. */
    public long handleOf(Bo bo) {
        return handleOf.getOrDefault(bo, 0L);
    }

    /** {@code drm_gem_mmap}: maps all of {@code bo}, or is refused with -EACCES and gives null. */
    public @Nullable CpuVma mmap(Bo bo, long address) {
        if (device.drm().isUnplugged()) {
            return null;
        }
        if (handleOf.containsKey(bo) || kernel.deviates(MAPS_FOR_ANYBODY)) {
            return new CpuVma(bo, owner.mm(), id, address);
        }
        kernel.emit(BoMmap.builder()
                .bo(bo.id())
                .client(id)
                .mm(owner.mm().id())
                .address(address)
                .length(bo.bytes())
                .result(EACCES));
        return null;
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
        device.drm().put("client");
        kernel.modules().put(device.variant().driver(), Modules.Holder.OPEN_FILE);
    }
}

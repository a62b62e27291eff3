package dev.fenceline.simulator.debug;

import dev.fenceline.event.DebugAbi;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.vm.ExecQueue;
import dev.fenceline.simulator.vm.GpuVm;
import dev.fenceline.simulator.vm.XeFile;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The debugger support of one device: who has it open, and who debugs whom. */
public final class EuDebug {
    /** A client of a process is shown to whoever was allowed to debug it once (rule D20). */
    public static final Deviation CHECKS_ONCE = new Deviation("debugger-is-shown-new-image-unchecked");

    private final Kernel kernel;
    private final Device device;
    private final List<XeFile> files = new ArrayList<>();
    private final AttentionScan scan;
    private final List<DebugConnection> connections = new ArrayList<>();

    /** Nobody debugs anybody on {@code device}. */
    public EuDebug(Kernel kernel, Device device) {
        this.kernel = kernel;
        this.device = device;
        this.scan = new AttentionScan(kernel, this);
        device.onAttention(scan::schedule);
    }

    public Device device() {
        return device;
    }

    /** Whether a debugger attaches to one client, whose file it has, instead of to a process. */
    public boolean attachesToClients() {
        return device.variant().debugAbi() == DebugAbi.XE_CLIENT_FD;
    }

    /**
     * A client of the device that could be debugged. Who debugs its process is told at once, if the debugger may still look into it:
     * the process may have executed an image with more privilege since.
     */
    public void add(XeFile file) {
        files.add(file);
        for (DebugConnection connection : connections) {
            boolean opened = !connection.isToClient() && connection.isTo(file);
            if (opened && (connection.debugger().mayRead(connection.target()) || kernel.deviates(CHECKS_ONCE))) {
                connection.clients().discover(file);
            }
        }
    }

    /** {@code xe_eudebug_file_close}: a client is gone. */
    public void remove(XeFile file) {
        files.remove(file);
        connections.forEach(connection -> connection.clients().closed(file));
    }

    /** Who debugs the client of {@code queue}, or null. */
    @Nullable DebugConnection connectionOf(ExecQueue queue) {
        for (DebugConnection connection : connections) {
            if (connection.isTo(queue.vm().file())) {
                return connection;
            }
        }
        return null;
    }

    /** What {@code connection} debugs. */
    List<XeFile> filesOf(DebugConnection connection) {
        return files.stream().filter(connection::isTo).toList();
    }

    /** The first client of {@code process} that is open, or null. */
    public @Nullable XeFile fileOf(UserProcess process) {
        for (XeFile file : files) {
            if (file.client().owner() == process) {
                return file;
            }
        }
        return null;
    }

    /** The long-running queues of all clients, in the order of the clients. */
    List<ExecQueue> queues() {
        return files.stream()
                .flatMap(file -> file.vms().stream())
                .filter(GpuVm::isLongRunning)
                .flatMap(vm -> vm.queues().stream())
                .toList();
    }

    /** A queue on the hardware of a process that {@code connection} does not debug, or null. */
    @Nullable ExecQueue queueOfAnother(DebugConnection connection) {
        for (ExecQueue queue : queues()) {
            boolean other = queue.vm().file().client().owner() != connection.target();
            if (other && queue.mayBeHalted()) {
                return queue;
            }
        }
        return null;
    }

    List<DebugConnection> connections() {
        return connections;
    }

    /** Whether somebody debugs {@code process}, or {@code client} where connections are to clients. */
    boolean isDebugged(UserProcess process, @Nullable XeFile client) {
        for (DebugConnection connection : connections) {
            if (client == null ? connection.target() == process : connection.isTo(client)) {
                return true;
            }
        }
        return false;
    }
}

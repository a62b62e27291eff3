package dev.fenceline.simulator.debug;

import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.vm.XeFile;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The debugger support of one device: who has it open, and who debugs whom. */
public final class EuDebug {
    private final Device device;
    private final List<XeFile> files = new ArrayList<>();
    private final List<DebugConnection> connections = new ArrayList<>();

    /** Nobody debugs anybody on {@code device}. */
    public EuDebug(Device device) {
        this.device = device;
    }

    public Device device() {
        return device;
    }

    /** A client of the device that could be debugged. */
    public void add(XeFile file) {
        files.add(file);
    }

    /** A client that is gone. */
    public void remove(XeFile file) {
        files.remove(file);
    }

    List<XeFile> filesOf(UserProcess process) {
        return files.stream().filter(file -> file.client().owner() == process).toList();
    }

    List<DebugConnection> connections() {
        return connections;
    }

    /** The connection to {@code process}, or null. */
    @Nullable DebugConnection connectionTo(UserProcess process) {
        for (DebugConnection connection : connections) {
            if (connection.target() == process) {
                return connection;
            }
        }
        return null;
    }
}

package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.debug.EuDebug;
import dev.fenceline.simulator.drm.Client;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.mm.PageFrames;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.vm.XeFile;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One host with a GPU, and the processes on it. */
public final class World {
    /** The VRAM of the GPU: little, so that it is short. */
    public static final long VRAM_BYTES = 64L << 20;

    /** How much of it the CPU reaches. */
    public static final long VISIBLE_BYTES = 32L << 20;

    private static final int FIRST_USER = 1000;
    private static final long FIRST_FD = 4;

    private final Kernel kernel;
    private final PageFrames frames;
    private final Device device;
    private final EuDebug debug;
    private long window;
    private @Nullable Bo leaked;
    private final Map<String, UserProcess> processes = new LinkedHashMap<>();

    /** A host on which nothing runs yet. */
    public World(Kernel kernel) {
        this.kernel = kernel;
        this.frames = new PageFrames(kernel);
        this.device = new Device(kernel, 0, "0000:03:00.0", VRAM_BYTES, VISIBLE_BYTES);
        this.debug = new EuDebug(device);
    }

    public Kernel kernel() {
        return kernel;
    }

    public Device device() {
        return device;
    }

    public EuDebug debug() {
        return debug;
    }

    /** {@code name} is the flink name of the window a program shows last. */
    void showWindow(long name) {
        window = name;
    }

    /** The name of the window shown last, 0 if there was none. */
    long window() {
        return window;
    }

    /** Somebody finds out at which offset of the device's file {@code bo} can be mapped. */
    void leakOffset(Bo bo) {
        leaked = bo;
    }

    /** The BO whose offset became known, or null. */
    @Nullable Bo leaked() {
        return leaked;
    }

    /** Starts a process of the desktop user. */
    public UserProcess process(String name) {
        return process(name, FIRST_USER, "");
    }

    /** Starts a process of the given user. */
    public UserProcess process(String name, int uid, String capabilities) {
        UserProcess process = new UserProcess(kernel, frames, name, uid, capabilities, true);
        processes.put(name, process);
        return process;
    }

    /** The process started as {@code name}. */
    public UserProcess processNamed(String name) {
        UserProcess process = processes.get(name);
        if (process == null) {
            throw new IllegalStateException("no process is called " + name);
        }
        return process;
    }

    /** Has {@code process} open the GPU. */
    XeFile open(UserProcess process) {
        XeFile file = new XeFile(new Client(kernel, device, process, FIRST_FD));
        debug.add(file);
        return file;
    }
}

package dev.fenceline.simulator.workload;

import dev.fenceline.event.ModuleLoad;
import dev.fenceline.event.ModuleUnload;
import dev.fenceline.simulator.debug.EuDebug;
import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.drm.Client;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.dump.DeviceCoredump;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kfd.KfdProcess;
import dev.fenceline.simulator.mm.PageFrames;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.unplug.UnplugSrcu;
import dev.fenceline.simulator.vm.XeFile;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One host with its GPUs, and the processes on it. */
public final class World {
    /** PCI buses of cards, as a desktop with several slots numbers them. */
    private static final int FIRST_BUS = 3;

    /** The module of drm_sched. */
    static final String SCHEDULER_MODULE = "gpu_sched";

    private static final int FIRST_USER = 1000;
    private static final long FIRST_FD = 4;

    private final Kernel kernel;
    private final PageFrames frames;
    private final Conditions conditions;
    private final List<Device> devices;
    private final @Nullable UnplugSrcu srcu;
    private int minors;
    private final EuDebug debug;
    private long window;
    private @Nullable Bo leaked;
    private final Map<String, UserProcess> processes = new LinkedHashMap<>();
    private final Map<UserProcess, KfdProcess> kfdProcesses = new LinkedHashMap<>();
    private final Set<String> modules;
    private final List<Surface> surfaces = new ArrayList<>();

    /** A host with a GPU for each of {@code drivers}, on which nothing runs yet. */
    public World(Kernel kernel, Conditions conditions, List<Variant> drivers) {
        this.kernel = kernel;
        this.conditions = conditions;
        this.frames = new PageFrames(kernel);
        this.modules = modules(drivers);
        load(drivers.get(0));
        this.srcu = conditions.options().contains(Conditions.Option.HOT_PLUG) ? new UnplugSrcu() : null;
        this.devices = new ArrayList<>(drivers.size());
        for (Variant driver : drivers) {
            devices.add(probe(driver, String.format(Locale.ROOT, "0000:%02x:00.0", FIRST_BUS + devices.size())));
        }
        if (conditions.options().contains(Conditions.Option.DEBUGS_FAULT_MODE_ONLY)) {
            devices.forEach(Device::debugFaultModeOnly);
        }
        devices.stream()
                .filter(device -> device.variant().dumpsMemory())
                .forEach(device -> new DeviceCoredump(kernel, device));
        if (conditions.options().contains(Conditions.Option.AUTOSUSPEND)) {
            devices.forEach(Device::useAutosuspend);
        }
        if (conditions.options().contains(Conditions.Option.ENGINE_GROUPS)) {
            devices.forEach(device -> device.groupEngines(kernel));
        }
        this.debug = new EuDebug(kernel, device());
    }

    private void load(Variant first) {
        for (String module : modules) {
            kernel.emit(ModuleLoad.builder().module(module).kernel(first.kernel()));
        }
    }

    /** The drivers are loaded again, and find the hardware in that slot. */
    void load(int slot) {
        load(devices.get(0).variant());
        plugIn(slot);
    }

    private Device probe(Variant driver, String bus) {
        return new Device(kernel, driver, minors++, bus, conditions.vramBytes(), conditions.visibleBytes(), srcu);
    }

    /** The hardware in that slot comes back, or its driver does: as another device. */
    void plugIn(int slot) {
        Device before = devices.get(slot);
        Device back = probe(before.variant(), before.bus());
        devices.set(slot, back);
        if (back.variant().dumpsMemory()) {
            new DeviceCoredump(kernel, back);
        }
    }

    /** The modules that {@code drivers} need, each after those it uses itself. */
    private static Set<String> modules(List<Variant> drivers) {
        Set<String> modules = new LinkedHashSet<>();
        modules.add(SCHEDULER_MODULE);
        drivers.forEach(driver -> modules.add(driver.driver()));
        return modules;
    }

    public Kernel kernel() {
        return kernel;
    }

    /** What the host is like. */
    public Conditions conditions() {
        return conditions;
    }

    /** The first GPU, which has the display. */
    public Device device() {
        return devices.get(0);
    }

    /** The GPUs, the one with the display first. */
    public List<Device> devices() {
        return devices;
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

    /** What clients gave the compositor to show. */
    List<Surface> surfaces() {
        return surfaces;
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

    /** A process makes another one of the same user. */
    UserProcess fork(UserProcess parent, String name) {
        UserProcess child = parent.fork(name);
        processes.put(name, child);
        return child;
    }

    /** A process is gone. */
    void exit(UserProcess process) {
        processes.remove(process.name());
        process.exit();
    }

    /** The process started as {@code name}, or null if it is gone. */
    @Nullable UserProcess findProcess(String name) {
        return processes.get(name);
    }

    /** The process started as {@code name}. */
    public UserProcess processNamed(String name) {
        UserProcess process = processes.get(name);
        if (process == null) {
            throw new IllegalStateException("no process is called " + name);
        }
        return process;
    }

    /** {@code delete_module}: the drivers go, each after its devices; false if somebody refers to one of them. */
    boolean unload() {
        if (!kernel.modules().mayGo(modules)) {
            return false;
        }
        devices.forEach(Device::fini);
        kernel.rcu()
                .call(() -> kernel.rcu().call(() -> {
                    List<String> loaded = new ArrayList<>(modules);
                    Collections.reverse(loaded);
                    for (String module : loaded) {
                        kernel.emit(ModuleUnload.builder()
                                .module(module)
                                .kernel(device().variant().kernel()));
                    }
                }));
        return true;
    }

    /** Has {@code process} close a GPU. */
    void close(XeFile file) {
        debug.remove(file);
        file.client().close();
    }

    /** Has {@code process} open /dev/kfd, and a GPU for it. */
    KfdProcess openKfd(UserProcess process) {
        KfdProcess opened = new KfdProcess(kernel, open(process, device()));
        kfdProcesses.put(process, opened);
        return opened;
    }

    /** The compute side of {@code process} ({@code kfd_lookup_process_by_mm}). */
    KfdProcess kfdOf(UserProcess process) {
        KfdProcess found = kfdProcesses.get(process);
        if (found == null) {
            throw new IllegalStateException(process.name() + " has not opened /dev/kfd");
        }
        return found;
    }

    /** Has {@code process} open a GPU. */
    XeFile open(UserProcess process, Device device) {
        XeFile file = new XeFile(new Client(kernel, device, process, FIRST_FD + device.minor()));
        debug.add(file);
        return file;
    }
}

package dev.fenceline.simulator;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The scenarios there are, one list for each family. */
public final class Scenarios {
    /** Page flips while VRAM is short. */
    public static final Scenario COMPOSITOR = DesktopScenarios.COMPOSITOR;

    /** Long-running compute on user memory that others want. */
    public static final Scenario COMPUTE_UNDER_PRESSURE = ComputeScenarios.COMPUTE_UNDER_PRESSURE;

    /** Compute whose accesses may fault. */
    public static final Scenario FAULT_MODE_COMPUTE = ComputeScenarios.FAULT_MODE_COMPUTE;

    /** Address spaces come and go. */
    public static final Scenario ADDRESS_SPACES = ComputeScenarios.ADDRESS_SPACES;

    /** Mappings that come and go in parts. */
    public static final Scenario SPARSE_AND_SPLIT = ComputeScenarios.SPARSE_AND_SPLIT;

    /** The kernel looks for memory in everything that has some. */
    public static final Scenario OUT_OF_MEMORY = ComputeScenarios.OUT_OF_MEMORY;

    /** Queues without fences, stopped and started by notifiers. */
    public static final Scenario KFD_COMPUTE = ComputeScenarios.KFD_COMPUTE;

    /** Jobs on user memory, each of which looks whether it is still the same. */
    public static final Scenario USERPTR_JOBS = ComputeScenarios.USERPTR_JOBS;

    /** Jobs on user memory that is pinned for them. */
    public static final Scenario PINNED_USERPTR = ComputeScenarios.PINNED_USERPTR;

    /** TLBs that do not answer. */
    public static final Scenario TLB_TIMEOUT = ComputeScenarios.TLB_TIMEOUT;

    /** Debuggers come and go. */
    public static final Scenario DEBUGGER_SESSION = DebuggerScenarios.DEBUGGER_SESSION;

    /** Memory of the GPU through the eyes of a debugger that knows of none. */
    public static final Scenario MEMORY_READ_FROM_OUTSIDE = DebuggerScenarios.MEMORY_READ_FROM_OUTSIDE;

    /** One bounce buffer, two users. */
    public static final Scenario TWO_MEMORY_DEBUGGERS = DebuggerScenarios.TWO_MEMORY_DEBUGGERS;

    /** Buffers that are moved between two reads of a page. */
    public static final Scenario DEBUGGED_UNDER_EVICTION = DebuggerScenarios.DEBUGGED_UNDER_EVICTION;

    /** Kernels that stand still, with a debugger and without. */
    public static final Scenario GPU_BREAKPOINTS = DebuggerScenarios.GPU_BREAKPOINTS;

    /** Kernels that stand still, and nobody comes. */
    public static final Scenario BREAKPOINT_WITHOUT_DEBUGGER = DebuggerScenarios.BREAKPOINT_WITHOUT_DEBUGGER;

    /** Halted threads where no fence waits for them. */
    public static final Scenario HALTED_IN_FAULT_MODE = DebuggerScenarios.HALTED_IN_FAULT_MODE;

    /** Clients that wait for somebody to read. */
    public static final Scenario DEBUGGER_DOES_NOT_READ = DebuggerScenarios.DEBUGGER_DOES_NOT_READ;

    /** A pointer to nowhere, with a debugger and without. */
    public static final Scenario PAGE_FAULT_UNDER_DEBUGGER = DebuggerScenarios.PAGE_FAULT_UNDER_DEBUGGER;

    /** Timelines, sync files and implicit synchronisation side by side. */
    public static final Scenario EXPLICIT_SYNC = SyncScenarios.EXPLICIT_SYNC;

    /** The driver goes when nobody uses it. */
    public static final Scenario DRIVER_UNLOAD = SyncScenarios.DRIVER_UNLOAD;

    /** A ring that hangs and is reset. */
    public static final Scenario GPU_HANG = SyncScenarios.GPU_HANG;

    private static final List<Scenario> ALL = Stream.of(
                    DesktopScenarios.ALL,
                    ComputeScenarios.ALL,
                    EngineGroupScenarios.ALL,
                    UserptrScenarios.ALL,
                    SvmScenarios.ALL,
                    DebuggerScenarios.ALL,
                    SyncScenarios.ALL,
                    MemoryScenarios.ALL,
                    SharingScenarios.ALL,
                    DmaBufScenarios.ALL,
                    UnplugScenarios.ALL,
                    UserQueueScenarios.ALL,
                    ScaleScenarios.ALL)
            .flatMap(List::stream)
            .toList();

    private static final List<Scenario> QUIET =
            ALL.stream().map(Scenario::quiet).toList();

    private Scenarios() {}

    /** All scenarios, in the order of the documentation, without the quiet twins. */
    public static List<Scenario> all() {
        return ALL;
    }

    /** The quiet twin of each. */
    public static List<Scenario> quiet() {
        return QUIET;
    }

    /** The scenario or quiet twin called {@code name}, or null. */
    public static @Nullable Scenario named(String name) {
        return Stream.concat(ALL.stream(), QUIET.stream())
                .filter(scenario -> scenario.name().equals(name))
                .findFirst()
                .orElse(null);
    }
}

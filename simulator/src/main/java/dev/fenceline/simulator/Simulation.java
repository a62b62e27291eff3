package dev.fenceline.simulator;

import dev.fenceline.event.DebugAbi;
import dev.fenceline.event.Event;
import dev.fenceline.event.NotifierModel;
import dev.fenceline.event.SessionStart;
import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.kernel.Adversity;
import dev.fenceline.simulator.kernel.Agenda;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Context;
import dev.fenceline.simulator.kernel.Costs;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Trace;
import dev.fenceline.simulator.ttm.TtmDevice;
import dev.fenceline.simulator.workload.Conditions;
import dev.fenceline.simulator.workload.World;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One run of a scenario: the same scenario, seed, driver, faults and limits give the same events, wherever and whenever it runs. */
public final class Simulation {
    /** The most objects that {@link #scaledTo} keeps alive: more than fit into any memory, and still an index of an array. */
    public static final int LARGEST_SCALE = 1_000_000_000;

    /** The stream of TLB invalidations, which only drivers have that make them by requests of their own. */
    private static final String TLB = "tlb";

    /** The resolution of thread 000 on what may be debugged, as {@code session_start.policy} names it. */
    private static final String FAULT_MODE_ONLY = "post-2024-11";

    /** The streams about drm_sched, of which only its drivers tell. */
    private static final List<String> OF_DRM_SCHED =
            List.of("sched", "jobs", "credit", "dep", "end", "isync", "kill", "tdr", "hwf", "ctx", "obj");

    /** The stream of core dumps, of which only one driver's are in the model. */
    private static final String DUMP = "dump";

    /** The streams about devices that go, of which only hosts tell where one may. */
    private static final List<String> OF_HOT_PLUG = List.of("dev", "device", "hw", "order", "uapi");

    /** The streams about user-mode queues, of which only hosts tell where programs get some. */
    private static final List<String> OF_USER_QUEUES = List.of("userq", "dbell", "umem", "force");

    private static final String MIXED = "mixed";

    /** What the model records completely, in the words of the streams page. */
    private static final List<String> STREAMS = List.of(
            "pin",
            "move",
            "resv",
            "lock",
            "fence",
            "wait",
            "sched",
            "vm",
            "pte",
            TLB,
            "notifier",
            "mm",
            "page",
            "dma",
            "userptr",
            "access",
            "debug",
            "debugvm",
            "kfd",
            "eu",
            DUMP,
            "task",
            "clock",
            "alloc",
            "cb",
            "cont",
            "credit",
            "ctx",
            "dep",
            "dmaacc",
            "drv",
            "end",
            "evict",
            "flock",
            "fref",
            "ghost",
            "gpu",
            "hop",
            "hwf",
            "isync",
            "jobs",
            "kill",
            "life",
            "lockcls",
            "lockset",
            "mgr",
            "mod",
            "obj",
            "own",
            "point",
            "pub",
            "range",
            "rcu",
            "reclaim",
            "replace",
            "resvkey",
            "sf",
            "sig",
            "slots",
            "so",
            "sync",
            "tdr",
            "time",
            "tt",
            "umf",
            "usage",
            "use",
            "user",
            "wfg",
            "ww",
            "cpte",
            "kmap",
            "ref",
            "cli",
            "sec",
            "vram",
            "vis",
            "dmabuf",
            "dbufref",
            "dbufcall",
            "map",
            "pinb",
            "inval",
            "p2p",
            "sg",
            "vmap",
            "cpuacc",
            "mmap",
            "poll");

    private static final String PRODUCER = "fenceline-simulator";
    private static final String VERSION = "1";
    private static final int CPUS = 8;
    private static final long COLLISION_LIMIT = 100;

    private final Scenario scenario;
    private final long seed;
    private final List<Fault> faults;
    private final Limits limits;
    private final Variant variant;
    private final Conditions conditions;
    private final @Nullable UUID given;

    private Simulation(
            Scenario scenario,
            long seed,
            List<Fault> faults,
            Limits limits,
            Variant variant,
            Conditions conditions,
            @Nullable UUID given) {
        this.scenario = scenario;
        this.seed = seed;
        this.faults = List.copyOf(faults);
        this.limits = limits;
        this.variant = variant;
        this.conditions = conditions;
        this.given = given;
    }

    /** A run that has not started, on the scenario's usual driver. */
    public static Simulation of(Scenario scenario, long seed, List<Fault> faults, Limits limits) {
        return of(scenario, seed, faults, limits, scenario.variants().get(0));
    }

    /**
     * A run that has not started, whose first GPU has the driver {@code variant}.
     *
     * @throws IllegalArgumentException if the scenario does not run on it
     */
    public static Simulation of(Scenario scenario, long seed, List<Fault> faults, Limits limits, Variant variant) {
        if (!scenario.variants().contains(variant)) {
            throw new IllegalArgumentException(scenario.name() + " does not run on " + variant);
        }
        return new Simulation(scenario, seed, faults, limits, variant, scenario.conditions(), null);
    }

    /** The same run under another identity, as one of several recordings of it. */
    public Simulation recordedAs(UUID session) {
        return new Simulation(scenario, seed, faults, limits, variant, conditions, session);
    }

    /**
     * The same run with so many objects alive.
     *
     * @throws IllegalArgumentException if no workload of the scenario grows, or the number is not from 1 to {@link #LARGEST_SCALE}
     */
    public Simulation scaledTo(long objects) {
        if (!scenario.isScalable() || objects <= 0 || objects > LARGEST_SCALE) {
            throw new IllegalArgumentException(scenario.name() + " cannot be scaled to " + objects);
        }
        return new Simulation(scenario, seed, faults, limits, variant, conditions.scaledTo(objects), given);
    }

    /** The identity of the recording: as given, or else one that depends on nothing but scenario, seed, driver, scale and faults. */
    public UUID session() {
        if (given != null) {
            return given;
        }
        StringBuilder name = new StringBuilder(scenario.name()).append('/').append(seed);
        name.append('/').append(variant.name()).append('/').append(conditions.scale());
        faults.forEach(fault -> name.append('/').append(fault.name()));
        return UUID.nameUUIDFromBytes(name.toString().getBytes(StandardCharsets.UTF_8));
    }

    /**
     * How a run ended.
     *
     * @param events the number of events, {@code session_end} included
     * @param virtualNs the virtual time it took
     * @param deadlocks the cycles of tasks, locks and fences that wait for each other
     */
    public record Ended(long events, long virtualNs, List<String> deadlocks) {
        /** Keeps a copy of the list. */
        public Ended {
            deadlocks = List.copyOf(deadlocks);
        }
    }

    /** Runs the scenario; {@code sink} gets every event from {@code session_start} to {@code session_end}, in order. */
    public Ended run(Consumer<? super Event> sink) {
        return run(sink, null);
    }

    /** Runs the scenario, with everything that is born in it in {@code census}. */
    public Ended run(Consumer<? super Event> sink, @Nullable Census census) {
        long durationNs = limits.durationNs() == Limits.OF_SCENARIO ? scenario.durationNs() : limits.durationNs();
        Agenda agenda = new Agenda(durationNs);
        Trace trace = new Trace(sink, limits.events());
        Chance chance = new Chance(seed);
        Adversity adversity =
                new Adversity(faults.stream().map(Fault::deviation).toList(), chance.split("faults"));
        Kernel kernel = new Kernel(agenda, trace, chance, Costs.discreteGpu(), adversity, CPUS);
        if (census != null) {
            kernel.countIn(census);
        }
        List<Variant> devices = scenario.devices(variant);
        kernel.emit(start(devices));
        World world = new World(kernel, conditions, devices);
        scenario.actors().forEach(actor -> actor.enters().accept(world));
        kernel.run();
        trace.end(agenda.nowNs(), new Context(0, 0, 0, "swapper"));
        return new Ended(trace.seq(), agenda.nowNs(), kernel.deadlocks());
    }

    private SessionStart.Builder start(List<Variant> devices) {
        SessionStart.Builder start = SessionStart.builder();
        if (conditions.options().contains(Conditions.Option.DEBUGS_FAULT_MODE_ONLY)) {
            start.policy(FAULT_MODE_ONLY);
        }
        return start.session(session().toString())
                .producer(PRODUCER)
                .producerVersion(VERSION)
                .scenario(scenario.name())
                .seed(seed)
                .parameters(parameters())
                .host("simulated")
                .kernel(variant.kernel())
                .clock("virtual")
                .driver(devices.stream().map(Variant::driver).distinct().count() == 1 ? variant.driver() : MIXED)
                .notifierModel(notifierModel(devices))
                .debugAbi(common(devices, Variant::debugAbi, DebugAbi.UNKNOWN))
                .streams(streams(devices, conditions.options()))
                .visibleVramLimit(conditions.visibleBytes())
                .finiteTime(scenario.finiteTimeNs())
                .collisionLimit(COLLISION_LIMIT)
                .dmaInNotifier(common(devices, Variant::unmapsDmaInNotifier, false))
                .highmem(conditions.options().contains(Conditions.Option.MAPS_PAGE_BY_PAGE))
                .pageSize(TtmDevice.PAGE_BYTES);
    }

    private NotifierModel notifierModel(List<Variant> devices) {
        NotifierModel ofScenario = scenario.notifierModel();
        return ofScenario == null ? common(devices, Variant::notifierModel, NotifierModel.UNKNOWN) : ofScenario;
    }

    private static <F> F common(List<Variant> devices, Function<Variant, F> fact, F ifTheyDiffer) {
        F first = fact.apply(devices.get(0));
        return devices.stream().map(fact).allMatch(first::equals) ? first : ifTheyDiffer;
    }

    private static List<String> streams(List<Variant> devices, Set<Conditions.Option> options) {
        boolean tlb = devices.stream().allMatch(Variant::hasExplicitTlbInvalidation);
        boolean drmSched = devices.stream().allMatch(Variant::hasDrmScheduler);
        boolean dump = devices.stream().allMatch(Variant::dumpsMemory);
        List<String> told = new ArrayList<>(STREAMS);
        if (options.contains(Conditions.Option.HOT_PLUG)) {
            told.addAll(OF_HOT_PLUG);
        }
        if (options.contains(Conditions.Option.USER_QUEUES)) {
            told.addAll(OF_USER_QUEUES);
        }
        return told.stream()
                .filter(name -> tlb || !name.equals(TLB))
                .filter(name -> dump || !name.equals(DUMP))
                .filter(name -> drmSched || !OF_DRM_SCHED.contains(name))
                .toList();
    }

    /** What a re-run needs to know besides scenario and seed. */
    private String parameters() {
        StringBuilder json =
                new StringBuilder("{\"driver\":\"").append(variant.name()).append("\",\"faults\":[");
        for (int i = 0; i < faults.size(); i++) {
            json.append(i == 0 ? "\"" : ",\"").append(faults.get(i).name()).append('"');
        }
        json.append(']');
        if (scenario.isScalable()) {
            json.append(",\"scale\":").append(conditions.scale());
        }
        if (limits.events() != Long.MAX_VALUE) {
            json.append(",\"events\":").append(limits.events());
        }
        if (limits.durationNs() != Limits.OF_SCENARIO && limits.durationNs() != Long.MAX_VALUE) {
            json.append(",\"duration_ns\":").append(limits.durationNs());
        }
        return json.append('}').toString();
    }
}

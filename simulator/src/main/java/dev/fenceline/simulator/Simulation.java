package dev.fenceline.simulator;

import dev.fenceline.event.DebugAbi;
import dev.fenceline.event.Event;
import dev.fenceline.event.NotifierModel;
import dev.fenceline.event.SessionStart;
import dev.fenceline.simulator.kernel.Adversity;
import dev.fenceline.simulator.kernel.Agenda;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Context;
import dev.fenceline.simulator.kernel.Costs;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Trace;
import dev.fenceline.simulator.ttm.TtmDevice;
import dev.fenceline.simulator.workload.World;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One run of a scenario: the same scenario, seed, faults and limits give the same events, wherever and whenever it runs. */
public final class Simulation {
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
            "tlb",
            "notifier",
            "mm",
            "page",
            "dma",
            "userptr",
            "access",
            "debug",
            "debugvm",
            "task",
            "clock",
            "dep",
            "dmaacc",
            "evict",
            "ghost",
            "gpu",
            "hop",
            "jobs",
            "life",
            "mgr",
            "own",
            "pub",
            "range",
            "resvkey",
            "sf",
            "sig",
            "slots",
            "time",
            "tt",
            "usage",
            "ww",
            "alloc",
            "reclaim",
            "lockcls",
            "user",
            "use");

    private static final String PRODUCER = "fenceline-simulator";
    private static final String VERSION = "1";
    private static final int CPUS = 8;
    private static final long COLLISION_LIMIT = 100;

    private final Scenario scenario;
    private final long seed;
    private final List<Fault> faults;
    private final Limits limits;
    private final UUID session;

    private Simulation(Scenario scenario, long seed, List<Fault> faults, Limits limits, UUID session) {
        this.scenario = scenario;
        this.seed = seed;
        this.faults = List.copyOf(faults);
        this.limits = limits;
        this.session = session;
    }

    /** A run that has not started. */
    public static Simulation of(Scenario scenario, long seed, List<Fault> faults, Limits limits, UUID session) {
        return new Simulation(scenario, seed, faults, limits, session);
    }

    /** A run that has not started, under the identity that {@link #sessionFor} gives. */
    public static Simulation of(Scenario scenario, long seed, List<Fault> faults, Limits limits) {
        return of(scenario, seed, faults, limits, sessionFor(scenario, seed, faults));
    }

    /** The identity of a run that is not recorded beside others: it depends on nothing but the arguments. */
    public static UUID sessionFor(Scenario scenario, long seed, List<Fault> faults) {
        String name = scenario.name() + "/" + seed + "/" + names(faults);
        return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
    }

    private static String names(List<Fault> faults) {
        return faults.stream().map(Fault::name).collect(Collectors.joining(","));
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
        kernel.emit(start());
        World world = new World(kernel);
        scenario.actors().forEach(actor -> actor.enters().accept(world));
        kernel.run();
        trace.end(agenda.nowNs(), new Context(0, 0, 0, "swapper"));
        return new Ended(trace.seq(), agenda.nowNs(), kernel.deadlocks());
    }

    private SessionStart.Builder start() {
        return SessionStart.builder()
                .session(session.toString())
                .producer(PRODUCER)
                .producerVersion(VERSION)
                .scenario(scenario.name())
                .seed(seed)
                .parameters(parameters())
                .host("simulated")
                .kernel("7.3")
                .clock("virtual")
                .driver("xe")
                .notifierModel(NotifierModel.UNPINNED_WAIT)
                .debugAbi(DebugAbi.XE_PID)
                .streams(STREAMS)
                .visibleVramLimit(World.VISIBLE_BYTES)
                .finiteTime(scenario.finiteTimeNs())
                .collisionLimit(COLLISION_LIMIT)
                .dmaInNotifier(true)
                .highmem(false)
                .pageSize(TtmDevice.PAGE_BYTES);
    }

    /** What a re-run needs to know besides scenario and seed. */
    private String parameters() {
        StringBuilder json = new StringBuilder("{\"faults\":[");
        for (int i = 0; i < faults.size(); i++) {
            json.append(i == 0 ? "\"" : ",\"").append(faults.get(i).name()).append('"');
        }
        json.append(']');
        if (limits.events() != Long.MAX_VALUE) {
            json.append(",\"events\":").append(limits.events());
        }
        if (limits.durationNs() != Limits.OF_SCENARIO && limits.durationNs() != Long.MAX_VALUE) {
            json.append(",\"duration_ns\":").append(limits.durationNs());
        }
        return json.append('}').toString();
    }
}

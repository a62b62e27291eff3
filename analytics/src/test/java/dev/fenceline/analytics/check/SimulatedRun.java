package dev.fenceline.analytics.check;

import dev.fenceline.analytics.rules.RuleCatalogue;
import dev.fenceline.event.Alert;
import dev.fenceline.event.Event;
import dev.fenceline.simulator.Fault;
import dev.fenceline.simulator.Faults;
import dev.fenceline.simulator.Limits;
import dev.fenceline.simulator.Scenario;
import dev.fenceline.simulator.Scenarios;
import dev.fenceline.simulator.Simulation;
import dev.fenceline.simulator.driver.Variant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** One simulation, named as the command line would. */
record SimulatedRun(Scenario scenario, Variant variant, long seed, List<Fault> faults) {
    /** Every scenario without faults on every driver that it runs on. */
    static Stream<SimulatedRun> clean(List<Scenario> scenarios, int seeds) {
        return scenarios.stream()
                .flatMap(scenario -> scenario.variants().stream()
                        .flatMap(variant -> LongStream.rangeClosed(1, seeds)
                                .mapToObj(seed -> new SimulatedRun(scenario, variant, seed, List.of()))));
    }

    /** Every fault in every scenario in which it shows, on the scenario's usual driver. */
    static Stream<SimulatedRun> faulty(int seeds) {
        return Faults.all().stream()
                .flatMap(fault -> fault.scenarios().stream().flatMap(scenario -> of(fault, scenario, seeds)));
    }

    /** One fault in one scenario. */
    static Stream<SimulatedRun> of(Fault fault, String scenario, int seeds) {
        Scenario in = Objects.requireNonNull(Scenarios.named(scenario), scenario);
        return LongStream.rangeClosed(1, seeds)
                .mapToObj(seed -> new SimulatedRun(in, in.variants().get(0), seed, List.of(fault)));
    }

    List<Event> events() {
        return events(Limits.none());
    }

    /** The first so many events. */
    List<Event> events(int most) {
        return events(Limits.events(most));
    }

    private List<Event> events(Limits limits) {
        List<Event> events = new ArrayList<>();
        Simulation.of(scenario, seed, faults, limits, variant).run(events::add);
        return events;
    }

    /** The ids of the rules that are violated. */
    Set<String> brokenRules() {
        return brokenRules(check(events()));
    }

    static List<Event> check(List<Event> events) {
        List<Event> out = new ArrayList<>();
        SessionCheck check = new SessionCheck(RuleCatalogue.all());
        events.forEach(event -> check.apply(event, out::add));
        check.finish(out::add);
        return out;
    }

    static Set<String> brokenRules(List<Event> out) {
        Set<String> rules = new TreeSet<>();
        for (Event event : out) {
            if (event instanceof Alert alert) {
                rules.add(Objects.requireNonNull(alert.rule()));
            }
        }
        return rules;
    }

    @Override
    public String toString() {
        StringBuilder name = new StringBuilder(scenario.name())
                .append(" --driver '")
                .append(variant)
                .append("' --seed ")
                .append(seed);
        faults.forEach(fault -> name.append(" --fault ").append(fault.name()));
        return name.toString();
    }
}

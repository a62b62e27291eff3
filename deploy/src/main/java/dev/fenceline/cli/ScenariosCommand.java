package dev.fenceline.cli;

import dev.fenceline.simulator.Actor;
import dev.fenceline.simulator.Fault;
import dev.fenceline.simulator.Faults;
import dev.fenceline.simulator.Scenario;
import dev.fenceline.simulator.Scenarios;
import dev.fenceline.simulator.driver.Variant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The scenarios there are. */
@Command(name = "scenarios", description = "List the scenarios that the simulator can run.")
final class ScenariosCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions options = new CommonOptions();

    @Override
    public Integer call() {
        Output out = options.output();
        if (out.json()) {
            out.json(Scenarios.all().stream().map(ScenariosCommand::describe).toList());
        } else {
            for (Scenario scenario : Scenarios.all()) {
                out.say(scenario.name());
                scenario.story().strip().lines().forEach(line -> out.say("    " + line.strip()));
                out.say("    who: "
                        + String.join(
                                "; ",
                                scenario.actors().stream()
                                        .map(actor -> actor.name() + ", " + actor.role())
                                        .toList()));
                out.say("    adversity: " + scenario.adversity());
                out.say("    drivers: " + String.join(", ", drivers(scenario))
                        + (scenario.companions().isEmpty()
                                ? ""
                                : "; beside " + String.join(", ", scenario.companions())));
                if (scenario.isScalable()) {
                    out.say("    scale: " + scenario.conditions().scale() + " objects");
                }
                if (!scenario.expectedVerdicts().isEmpty()) {
                    out.say("    breaks: " + String.join(", ", scenario.expectedVerdicts()));
                }
                out.say("    faults: " + String.join(", ", faults(scenario)));
                out.say("    quiet twin: " + scenario.quiet().name());
                out.say("");
            }
        }
        return ExitCode.FINE;
    }

    private static Map<String, Object> describe(Scenario scenario) {
        Map<String, Object> description = new LinkedHashMap<>();
        description.put("name", scenario.name());
        description.put("story", scenario.story().strip().replaceAll("\\s+", " "));
        description.put("adversity", scenario.adversity());
        description.put("actors", scenario.actors().stream().map(Actor::name).toList());
        description.put("drivers", drivers(scenario));
        description.put("beside", scenario.companions());
        if (scenario.isScalable()) {
            description.put("scale", scenario.conditions().scale());
        }
        description.put("faults", faults(scenario));
        description.put("quiet_twin", scenario.quiet().name());
        return description;
    }

    private static List<String> drivers(Scenario scenario) {
        return scenario.variants().stream().map(Variant::name).toList();
    }

    private static List<String> faults(Scenario scenario) {
        return Faults.all().stream()
                .filter(fault -> fault.scenarios().contains(scenario.name()))
                .map(Fault::name)
                .toList();
    }
}

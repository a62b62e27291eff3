package dev.fenceline.cli;

import dev.fenceline.simulator.Fault;
import dev.fenceline.simulator.Faults;
import dev.fenceline.simulator.Scenario;
import dev.fenceline.simulator.Scenarios;
import dev.fenceline.text.Nearest;

/** Scenarios and faults as a person names them. */
final class Choices {
    private Choices() {}

    static Scenario scenario(String name) {
        Scenario scenario = Scenarios.named(name);
        if (scenario == null) {
            throw UserError.badUse("there is no scenario '" + name + "'"
                    + Nearest.suggestion(
                            name, Scenarios.all().stream().map(Scenario::name).toList()));
        }
        return scenario;
    }

    static Fault fault(String name, Scenario scenario) {
        Fault fault = Faults.named(name);
        if (fault == null) {
            throw UserError.badUse("there is no fault '" + name + "'"
                    + Nearest.suggestion(
                            name, Faults.all().stream().map(Fault::name).toList()));
        }
        if (!fault.scenarios().contains(scenario.name())) {
            throw UserError.badUse("fault '" + name + "' cannot happen in " + scenario.name() + "; it shows in "
                    + String.join(", ", fault.scenarios()));
        }
        return fault;
    }
}

package dev.fenceline.cli;

import dev.fenceline.simulator.Fault;
import dev.fenceline.simulator.Faults;
import dev.fenceline.simulator.Scenario;
import dev.fenceline.simulator.Scenarios;
import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.text.Nearest;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Scenarios and faults as a person names them. */
final class Choices {
    private Choices() {}

    static Scenario scenario(String name) {
        Scenario scenario = Scenarios.named(name);
        if (scenario == null) {
            throw UserError.badUse("there is no scenario '" + name + "'"
                    + Nearest.suggestion(
                            name,
                            Stream.concat(Scenarios.all().stream(), Scenarios.quiet().stream())
                                    .map(Scenario::name)
                                    .toList()));
        }
        return scenario;
    }

    /** The driver called {@code name}, on which {@code scenario} must run; the usual one if there is no name. */
    static Variant variant(@Nullable String name, Scenario scenario) {
        if (name == null) {
            return scenario.variants().get(0);
        }
        Variant variant = Variant.named(name.strip().replaceAll("\\s+", " "));
        if (variant == null) {
            List<String> names = Variant.all().stream().map(Variant::name).toList();
            throw UserError.badUse("there is no driver '" + name + "'; there are " + String.join(", ", names)
                    + Nearest.suggestion(name, names));
        }
        if (!scenario.variants().contains(variant)) {
            throw UserError.badUse(scenario.name() + " does not run on " + variant.name() + "; it runs on "
                    + String.join(
                            ", ",
                            scenario.variants().stream().map(Variant::name).toList()));
        }
        return variant;
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

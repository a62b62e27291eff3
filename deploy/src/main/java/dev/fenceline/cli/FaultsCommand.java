package dev.fenceline.cli;

import dev.fenceline.simulator.Fault;
import dev.fenceline.simulator.Faults;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The faults that can be injected. */
@Command(name = "faults", description = "List the faults that a simulation can be told to commit.")
final class FaultsCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions options = new CommonOptions();

    @Override
    public Integer call() {
        Output out = options.output();
        if (out.json()) {
            out.json(Faults.all().stream().map(FaultsCommand::describe).toList());
        } else {
            out.table(
                    List.of("name", "breaks", "what goes wrong", "in"),
                    Faults.all().stream()
                            .map(fault -> List.of(
                                    fault.name(), fault.rule(), fault.statement(), String.join(" ", fault.scenarios())))
                            .toList());
        }
        return ExitCode.FINE;
    }

    private static Map<String, Object> describe(Fault fault) {
        Map<String, Object> description = new LinkedHashMap<>();
        description.put("name", fault.name());
        description.put("rule", fault.rule());
        description.put("statement", fault.statement());
        description.put("scenarios", fault.scenarios());
        description.put("also_expected", fault.alsoExpected());
        return description;
    }
}

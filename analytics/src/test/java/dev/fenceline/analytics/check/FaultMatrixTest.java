package dev.fenceline.analytics.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fenceline.simulator.Fault;
import dev.fenceline.simulator.Faults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each fault against all rules: the rule that it breaks finds it, whatever the seed, and no rule fires that the fault does not say.
 * {@code FAULTS.md} is the table of it; {@code -Dfaults.update=true} writes it anew.
 */
class FaultMatrixTest {
    private static final Path DOCUMENT = Path.of("FAULTS.md");
    private static final int SEEDS = 3;
    private static final int MANY_SEEDS = 20;

    static Stream<SimulatedRun> withManySeeds() {
        return SimulatedRun.faulty(MANY_SEEDS).filter(run -> run.seed() > SEEDS);
    }

    @Test
    void everyFaultIsFoundByItsRuleAndTheDocumentSaysSo() throws IOException {
        StringBuilder table = new StringBuilder("""
                # The faults

                <!-- Written by FaultMatrixTest. Do not edit: change the fault or the rule, then run the test with
                     -Dfaults.update=true. -->

                What the simulator can be told to do wrong, and which rules tell of it, over %d seeds in each scenario: in how many
                runs the rule it breaks is violated, and which others are, rightly, as a consequence.

                | fault | what goes wrong | breaks | in | found | also |
                |---|---|---|---|---|---|
                """.formatted(SEEDS));
        for (Fault fault : Faults.all()) {
            for (String scenario : fault.scenarios()) {
                table.append(row(fault, scenario));
            }
        }
        String current = table.toString().replace("\r\n", "\n");
        if (Boolean.getBoolean("faults.update")) {
            Files.writeString(DOCUMENT, current);
        }
        assertThat(Files.readString(DOCUMENT))
                .as("FAULTS.md is out of date: run this test with -Dfaults.update=true and review the difference")
                .isEqualTo(current);
    }

    private static String row(Fault fault, String scenario) {
        List<SimulatedRun> runs = SimulatedRun.of(fault, scenario, SEEDS).toList();
        Map<String, Integer> counts = new TreeMap<>();
        for (SimulatedRun run : runs) {
            Set<String> broken = run.brokenRules();
            assertIsFound(run, broken);
            broken.forEach(rule -> counts.merge(rule, 1, Integer::sum));
        }
        Integer found = counts.remove(fault.rule());
        String also = counts.entrySet().stream()
                .map(other -> other.getKey() + " in " + other.getValue())
                .collect(Collectors.joining(", "));
        return "| %s | %s | %s | %s | %d of %d | %s |%n"
                .formatted(fault.name(), fault.statement(), fault.rule(), scenario, found, runs.size(), also);
    }

    @Tag("long")
    @ParameterizedTest
    @MethodSource("withManySeeds")
    void everyFaultIsFoundWhateverTheSeed(SimulatedRun run) {
        assertIsFound(run, run.brokenRules());
    }

    private static void assertIsFound(SimulatedRun run, Set<String> broken) {
        Fault fault = run.faults().get(0);
        Set<String> expected = new TreeSet<>(fault.alsoExpected());
        expected.add(fault.rule());
        assertThat(broken).as(run.toString()).contains(fault.rule()).isSubsetOf(expected);
    }
}

package dev.fenceline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fenceline.analytics.rules.RuleCatalogue;
import dev.fenceline.event.EventType;
import dev.fenceline.simulator.Faults;
import dev.fenceline.simulator.Scenarios;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
    }

    private JsonNode json(String... arguments) throws IOException {
        run(arguments);
        return JSON.readTree(out.toString());
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    @Nested
    class Lists {
        @Test
        void everyEventOfTheContract() throws IOException {
            assertThat(json("events", "--json"))
                    .hasSize(EventType.values().length)
                    .allMatch(e -> e.has("name"));
        }

        @Test
        void everyScenarioFaultAndRule() throws IOException {
            assertThat(json("scenarios", "--json"))
                    .hasSameSizeAs(Scenarios.all())
                    .allMatch(s -> s.has("name"));
            assertThat(json("faults", "--json")).hasSameSizeAs(Faults.all()).allMatch(f -> f.has("name"));
            assertThat(json("rules", "--json"))
                    .hasSameSizeAs(RuleCatalogue.all().rules())
                    .allMatch(r -> r.has("id") && r.has("name"));
        }

        @Test
        void noSessionsWhereNothingIsRecorded() throws IOException {
            assertThat(json("sessions", "--json", "--data", directory.toString()))
                    .isEmpty();
            assertThat(err.toString()).contains("nothing is recorded");
        }
    }

    @Nested
    class Help {
        @ParameterizedTest
        @ValueSource(
                strings = {
                    "demo",
                    "scenarios",
                    "faults",
                    "rules",
                    "events",
                    "simulate",
                    "up",
                    "tail",
                    "sessions",
                    "check",
                    "sql",
                    "replay"
                })
        void teachesEveryCommand(String command) {
            assertThat(run(command, "--help")).isEqualTo(ExitCode.FINE);
            assertThat(out.toString()).contains("Usage: fenceline " + command, "--json");
        }

        @Test
        void isWhatComesOfNoCommandAtAll() {
            assertThat(run()).isEqualTo(ExitCode.BAD_USE);
            assertThat(err.toString()).contains("Exit codes:", "First steps:");
        }
    }

    @Nested
    class Check {
        private static final String BREAKS = "1 bo_pin bo=b1\n2 bo_move_begin bo=b1 from=VRAM to=TT\n";

        @Test
        void findsAViolationAndSaysSoByItsExitCode() throws IOException {
            Path trace = file("bug.trace", BREAKS);
            assertThat(run("check", trace.toString())).isEqualTo(ExitCode.VIOLATIONS);
            assertThat(out.toString()).contains("A-T01", "bo_move_begin", "is violated at 2");
        }

        @Test
        void isContentWithAViolationThatIsExpected() throws IOException {
            Path trace = file("expected.trace", BREAKS + "=> A-T01@2\n");
            assertThat(run("check", trace.toString())).isEqualTo(ExitCode.FINE);
        }

        @Test
        void isNotContentWithAnExpectationThatIsNotMet() throws IOException {
            Path trace = file("wrong.trace", BREAKS + "=> A-T01@1\n=> A-F01 none\n");
            assertThat(run("check", trace.toString())).isEqualTo(ExitCode.VIOLATIONS);
            assertThat(out.toString()).contains("A-T01 should first be violated at 1, but it is at 2");
        }

        @Test
        void takesManyFilesInOneRun() throws IOException {
            Path good = file("good.trace", BREAKS + "=> A-T01@2\n");
            Path bad = file("bad.trace", BREAKS + "=> none\n");
            Path typo = file("typo.trace", "1 bo_pinn bo=b1\n");
            JsonNode results = json("check", good.toString(), bad.toString(), typo.toString(), "--json");
            assertThat(results).hasSize(3);
            assertThat(results.get(0).get("ok").asBoolean()).isTrue();
            assertThat(results.get(0).get("expected").get(0).asText()).isEqualTo("A-T01@2");
            assertThat(results.get(0).get("found").get(0).asText()).isEqualTo("A-T01@2");
            assertThat(results.get(1).get("ok").asBoolean()).isFalse();
            assertThat(results.get(2).get("ok").asBoolean()).isFalse();
            assertThat(results.get(2).get("error").asText()).contains("typo.trace:1", "did you mean 'bo_pin'?");
        }

        @Test
        void namesTheLineOfATypo() throws IOException {
            Path trace = file("typo.trace", "# a comment\n1 bo_pin bo=b1\n2 bo_move_begn bo=b1\n");
            assertThat(run("check", trace.toString())).isEqualTo(ExitCode.BAD_USE);
            assertThat(err.toString())
                    .contains("typo.trace:3", "did you mean 'bo_move_begin'?")
                    .doesNotContain("\tat ");
        }

        @Test
        void simulatesOnTheDriverThatIsNamed() throws IOException {
            Path file = directory.resolve("amdgpu.trace");
            assertThat(run(
                            "simulate",
                            "compositor-quiet",
                            "--driver",
                            "amdgpu 6.12",
                            "--events",
                            "2000",
                            "--to",
                            file.toString()))
                    .isEqualTo(ExitCode.FINE);
            assertThat(Files.readString(file)).contains("kernel=6.12", "driver=amdgpu");
            assertThat(run("check", file.toString())).isEqualTo(ExitCode.FINE);
        }

        @Test
        void readsWhatSimulateWroteInEitherForm() {
            Path text = directory.resolve("x.trace");
            Path json = directory.resolve("x.jsonl");
            for (Path file : new Path[] {text, json}) {
                assertThat(run("simulate", "debugger-session", "--events", "3000", "--to", file.toString()))
                        .isEqualTo(ExitCode.FINE);
                assertThat(run("check", file.toString())).as(file.toString()).isEqualTo(ExitCode.FINE);
            }
        }
    }

    @Nested
    class BadUse {
        @ParameterizedTest
        @ValueSource(
                strings = {
                    "nonsense",
                    "check",
                    "check no/such/file.trace",
                    "events bo_mve",
                    "rules A-Z99",
                    "simulate compositer --to -",
                    "simulate compositor --fault lost --to -",
                    "simulate compositor --seed x --to -",
                    "simulate compositor --events 1 --to -",
                    "simulate compositor --for soon --to -",
                    "simulate compositor --events 10 --for 1s --to -",
                    "simulate compositor --driver nouveau --to -",
                    "simulate compositor --scale 5 --to -",
                    "simulate many-objects --scale 0 --to -",
                    "simulate",
                    "replay 1 --speed 0",
                    "tail --type bo_mve",
                })
        void endsWithTwoAndASentence(String line) {
            assertThat(run(line.split(" ", -1))).isEqualTo(ExitCode.BAD_USE);
            assertThat(err.toString()).isNotBlank().doesNotContain("\tat ");
        }

        @Test
        void saysWhichDriversAScenarioRunsOn() {
            assertThat(run("simulate", "debugger-session", "--driver", "amdgpu 7.3", "--to", "-"))
                    .isEqualTo(ExitCode.BAD_USE);
            assertThat(err.toString()).contains("does not run on amdgpu 7.3", "xe 7.3");
            assertThat(run("simulate", "compositor", "--driver", "amdgpu 7.2", "--to", "-"))
                    .isEqualTo(ExitCode.BAD_USE);
            assertThat(err.toString()).contains("there is no driver 'amdgpu 7.2'", "amdgpu 6.12");
        }

        @Test
        void suggestsWhatWasMeant() {
            run("simulate", "compositer", "--to", "-");
            assertThat(err.toString()).contains("did you mean 'compositor'?");
        }
    }

    @Nested
    class Failure {
        @Test
        void endsWithThreeAndSaysWhatToDo() {
            assertThat(run(
                            "sql",
                            "SELECT 1",
                            "--data",
                            directory.resolve("nothing").toString()))
                    .isEqualTo(ExitCode.FAILURE);
            assertThat(err.toString()).contains("there is no store at", "--data DIR");
            assertThat(run("tail", "--data", directory.toString())).isEqualTo(ExitCode.FAILURE);
            assertThat(err.toString()).contains("fenceline up", "--bootstrap");
        }
    }
}

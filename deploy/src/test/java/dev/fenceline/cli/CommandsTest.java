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
import org.junit.jupiter.params.provider.CsvSource;
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

    /** A recording that proves nothing must not look like a clean bill. */
    @Nested
    class CheckOfARecording {
        private static final String START = "1 session_start streams=fence\n2 dma_fence_init fence=f\n";

        private Path simulated(String name) {
            Path file = directory.resolve(name);
            assertThat(run("simulate", "compositor-quiet", "--events", "500", "--to", file.toString()))
                    .isEqualTo(ExitCode.FINE);
            return file;
        }

        private void isNotOk(Path file, String why) throws IOException {
            assertThat(run("check", file.toString())).isEqualTo(ExitCode.VIOLATIONS);
            assertThat(out.toString()).contains(why).doesNotContain(": ok");
            JsonNode result = json("check", file.toString(), "--json").get(0);
            assertThat(result.get("ok").asBoolean()).isFalse();
            assertThat(result.get("differences").toString()).contains(why);
            assertThat(result.get("traces").get(0).get("ok").asBoolean()).isFalse();
        }

        @ParameterizedTest
        @CsvSource({
            "3 dma_fence_signaled fence=f|5 session_end, at 5: seq 4 is missing",
            "4 clock_tick|3 clock_tick|5 session_end, at 4: seq 3 is missing",
            "3 session_end events=9, 'at 3: session_end counts 9 events, there are 3'",
            "3 session_end|4 dma_fence_signaled fence=f, at 4: an event after session_end",
        })
        void isNotOkIfItContradictsItself(String rest, String why) throws IOException {
            Path file = file("corrupt.trace", START + rest.replace('|', '\n') + "\n");
            isNotOk(file, "contradicts itself " + why + "; CORRUPT are the rules of all streams");
        }

        @Test
        void saysWhichStreamsContradictThemselves() throws IOException {
            String locks = """
                    1 lock_acquire lock_class=NOTIFIER_LOCK lock=L mode=W tid=T1
                    2 lock_acquire lock_class=NOTIFIER_LOCK lock=L mode=R tid=T2
                    """;
            isNotOk(file("locks.trace", locks), "; CORRUPT are the rules of the streams ");
            isNotOk(
                    file("expected.trace", locks + "=> U01 none\n"),
                    "U01 should be silent, but nobody can tell (CORRUPT");
        }

        @Test
        void isNotOkIfItIsNotWhatWasRecorded() throws IOException {
            for (String name : new String[] {"tampered.trace", "tampered.jsonl"}) {
                Path file = simulated(name);
                assertThat(run("check", file.toString())).isEqualTo(ExitCode.FINE);
                String text = Files.readString(file);
                String tampered = text.replaceFirst("compositor-quiet", "compositor-quick");
                assertThat(tampered).isNotEqualTo(text);
                Files.writeString(file, tampered);
                isNotOk(file, "the digest in session_end is not that of the events before it");
            }
        }

        @Test
        void isFineWithoutADigest() throws IOException {
            Path file = simulated("plain.trace");
            Files.writeString(file, Files.readString(file).replaceFirst(" digest=\\S+", ""));
            assertThat(run("check", file.toString())).isEqualTo(ExitCode.FINE);
            assertThat(out.toString()).contains(": ok");
        }

        @ParameterizedTest
        @CsvSource({
            "1 session_start streams=fence|2 dma_fence_init fence=f, the recording has no session_end: its end is missing",
            "1 trace_lost count=7|2 dma_fence_signaled fence=f, 7 events were lost before seq 1",
            "1 session_start|2 session_end, the recording holds the streams of no rule completely",
        })
        void isNotCalledOkIfNothingCouldBeJudged(String text, String reason) throws IOException {
            Path file = file("unjudged.trace", text.replace('|', '\n') + "\n");
            assertThat(run("check", file.toString())).isEqualTo(ExitCode.FINE);
            assertThat(out.toString())
                    .contains("line 1: nothing could be judged: " + reason)
                    .doesNotContain(": ok");
            JsonNode result = json("check", file.toString(), "--json").get(0);
            assertThat(result.get("unjudged").get(0).asText()).contains(reason);
        }
    }

    /** What cannot be read does not take with it what could. */
    @Nested
    class CheckOfATextWithAMistake {
        private static final String BREAKS = "1 bo_pin bo=b1\n2 bo_move_begin bo=b1 from=VRAM to=TT\n";

        @Test
        void keepsWhatItFoundBefore() throws IOException {
            Path file = file("half.trace", BREAKS + "\n1 bo_pinn bo=b1\n");
            assertThat(run("check", file.toString())).isEqualTo(ExitCode.BAD_USE);
            assertThat(out.toString()).contains("line 1: A-T01 is violated at 2");
            assertThat(err.toString()).contains("half.trace:4", "did you mean 'bo_pin'?");

            JsonNode result = json("check", file.toString(), "--json").get(0);
            assertThat(result.get("ok").asBoolean()).isFalse();
            assertThat(result.get("found").get(0).asText()).isEqualTo("A-T01@2");
            assertThat(result.get("traces")).hasSize(1);
            assertThat(result.get("error").asText()).contains("half.trace:4");
        }

        @Test
        void isNotOkIfWhatCouldBeReadIs() throws IOException {
            Path file = file("half.trace", BREAKS + "=> A-T01@2\n\n1 bo_pinn bo=b1\n");
            assertThat(run("check", file.toString())).isEqualTo(ExitCode.BAD_USE);
            assertThat(out.toString()).doesNotContain(": ok");
        }

        @Test
        void namesTheLineOfAnExpectationOfNoRule() throws IOException {
            Path file = file("no-rule.trace", BREAKS + "=> A-T01@2\n=> A-T99 none\n");
            assertThat(run("check", file.toString())).isEqualTo(ExitCode.BAD_USE);
            assertThat(err.toString()).contains("no-rule.trace:4: there is no rule A-T99");
        }

        @Test
        void saysThatAnEmptyFileHoldsNoTrace() throws IOException {
            for (String name : new String[] {"empty.trace", "empty.jsonl"}) {
                Path file = file(name, "\n");
                assertThat(run("check", file.toString())).isEqualTo(ExitCode.BAD_USE);
                assertThat(out.toString()).isEmpty();
                assertThat(err.toString()).contains(name + " holds no trace");
            }
        }

        @Test
        void goesOnWithTheNextFile() throws IOException {
            Path empty = file("empty.trace", "");
            Path broken = file("broken.jsonl", "{}\n");
            Path good = file("good.trace", BREAKS);
            String missing = directory.resolve("missing.trace").toString();
            JsonNode results = json("check", empty.toString(), broken.toString(), missing, good.toString(), "--json");
            assertThat(results).hasSize(4);
            assertThat(results.get(0).get("error").asText()).contains("holds no trace");
            assertThat(results.get(1).get("error").asText()).contains("broken.jsonl:1");
            assertThat(results.get(2).get("error").asText()).contains("there is no file");
            assertThat(results.get(3).get("found").get(0).asText()).isEqualTo("A-T01@2");
        }

        @Test
        void isWhatTheHelpSaysExitCodeTwoMeans() {
            run("check", "--help");
            assertThat(out.toString()).contains("Exit codes:", "what was found before");
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
                    "simulate many-objects --scale 99999999999 --to -",
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
        void saysTheLargestScale() {
            run("simulate", "many-objects", "--scale", "99999999999", "--to", "-");
            assertThat(err.toString()).contains("--scale wants a number from 1 to 1000000000");
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

package dev.fenceline;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The arrows between the modules, and what the pure core must not touch. */
class ArchitectureTest {
    private static final String[] SCHEMAS = {"dev.fenceline.event..", "dev.fenceline.wire..", "dev.fenceline.text.."};
    private static final String SIMULATOR = "dev.fenceline.simulator..";
    private static final String RECORDER = "dev.fenceline.recorder..";
    private static final String ANALYTICS = "dev.fenceline.analytics..";
    private static final String[] DEPLOY = {"dev.fenceline.cli..", "dev.fenceline.stack.."};

    /** What must give the same bytes everywhere: the contract, the kernel model, the fold, the rules. */
    private static final String[] PURE_CORE = {
        "dev.fenceline.event..",
        "dev.fenceline.wire..",
        "dev.fenceline.text..",
        "dev.fenceline.simulator..",
        "dev.fenceline.analytics.state..",
        "dev.fenceline.analytics.rule..",
        "dev.fenceline.analytics.rules..",
        "dev.fenceline.analytics.check..",
    };

    private static final JavaClasses PRODUCTION = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("dev.fenceline");

    @Test
    void everyModuleIsLookedAt() {
        for (String known : List.of(
                "dev.fenceline.event.Event",
                "dev.fenceline.simulator.Simulation",
                "dev.fenceline.recorder.Recorder",
                "dev.fenceline.analytics.check.SessionCheck",
                "dev.fenceline.cli.Main")) {
            assertThat(PRODUCTION.contain(known)).as(known).isTrue();
        }
    }

    @Test
    void schemasKnowNobody() {
        noClasses()
                .that()
                .resideInAnyPackage(SCHEMAS)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(SIMULATOR, RECORDER, ANALYTICS, DEPLOY[0], DEPLOY[1])
                .check(PRODUCTION);
    }

    @Test
    void theSimulatorKnowsOnlyTheSchemas() {
        noClasses()
                .that()
                .resideInAPackage(SIMULATOR)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(RECORDER, ANALYTICS, DEPLOY[0], DEPLOY[1])
                .check(PRODUCTION);
    }

    @Test
    void theRecorderKnowsOnlyTheSchemas() {
        noClasses()
                .that()
                .resideInAPackage(RECORDER)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(SIMULATOR, ANALYTICS, DEPLOY[0], DEPLOY[1])
                .check(PRODUCTION);
    }

    @Test
    void theCheckersShareOnlyTheSchemasWithTheSimulator() {
        noClasses()
                .that()
                .resideInAPackage(ANALYTICS)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(SIMULATOR, DEPLOY[0], DEPLOY[1])
                .check(PRODUCTION);
    }

    @Test
    void theCoreKnowsNoKafkaFlinkOrDuckDb() {
        noClasses()
                .that()
                .resideInAnyPackage(PURE_CORE)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.kafka..", "org.apache.flink..", "org.duckdb..", "java.sql..")
                .check(PRODUCTION);
    }

    @Test
    void theCoreTouchesNoThreadFileSocketOrLock() {
        noClasses()
                .that()
                .resideInAnyPackage(PURE_CORE)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.nio.file..",
                        "java.net..",
                        "java.nio.channels..",
                        "java.util.concurrent..",
                        "java.lang.ref..")
                .orShould()
                .dependOnClassesThat()
                .haveNameMatching(
                        "java\\.lang\\.(Thread|ThreadLocal|Process|ProcessBuilder|Runtime)|java\\.io\\.(File|Random).*")
                .check(PRODUCTION);
    }

    @Test
    void theCoreKnowsNoClockEnvironmentOrChanceButItsOwn() {
        noClasses()
                .that()
                .resideInAnyPackage(PURE_CORE)
                .should()
                .accessTargetWhere(new DescribedPredicate<JavaAccess<?>>("reads clock, environment or chance") {
                    @Override
                    public boolean test(JavaAccess<?> access) {
                        String owner = access.getTargetOwner().getName();
                        String name = access.getTarget().getName();
                        return (owner.equals("java.lang.System") && !name.equals("arraycopy"))
                                || (owner.startsWith("java.time.") && name.equals("now"))
                                || owner.equals("java.util.Random")
                                || owner.equals("java.util.SplittableRandom")
                                || (owner.equals("java.lang.Math") && name.equals("random"))
                                || (owner.equals("java.util.UUID") && name.equals("randomUUID"));
                    }
                })
                .check(PRODUCTION);
    }

    @Test
    void theCoreUsesNoCollectionWhoseOrderChangesFromRunToRun() {
        noClasses()
                .that()
                .resideInAnyPackage(PURE_CORE)
                .should()
                .accessTargetWhere(new DescribedPredicate<JavaAccess<?>>("makes a HashMap, HashSet, Map.of or Set.of") {
                    @Override
                    public boolean test(JavaAccess<?> access) {
                        JavaClass owner = access.getTargetOwner();
                        String name = access.getTarget().getName();
                        boolean hashed = owner.isEquivalentTo(HashMap.class) || owner.isEquivalentTo(HashSet.class);
                        boolean factory = owner.isEquivalentTo(Map.class) || owner.isEquivalentTo(Set.class);
                        return (hashed && name.equals("<init>"))
                                || (factory
                                        && List.of("of", "copyOf", "ofEntries").contains(name));
                    }
                })
                .check(PRODUCTION);
    }

    @Test
    void namesSayWhatThingsAre() {
        classes()
                .should()
                .haveNameNotMatching(".*(Manager|Helper|Util|Utils|Impl|Processor)")
                .check(PRODUCTION);
    }
}

package dev.fenceline.simulator;

import dev.fenceline.simulator.pagemap.MigrateToRam;
import dev.fenceline.simulator.pagemap.PopulateMm;
import dev.fenceline.simulator.svm.InvalidateRanges;
import java.util.List;

/** What goes wrong where a program's memory wanders into VRAM and back. */
final class SvmFaults {
    static final List<Fault> ALL = List.of(
            Fault.of(
                            InvalidateRanges.SKIPS_MIGRATION,
                            "U07",
                            "The notifier of SVM ranges leaves what its own driver migrates alone, although nobody else clears the entries.",
                            SvmScenarios.ALLOCATOR_IN_VRAM)
                    .alsoBreaks("V01"),
            Fault.of(
                    PopulateMm.DOES_NOT_WAIT,
                    "A-T08",
                    "System pages go back while the copy engine still reads them into VRAM.",
                    SvmScenarios.ALLOCATOR_IN_VRAM),
            Fault.of(
                            MigrateToRam.DOES_NOT_WAIT,
                            "A-T05",
                            "A program that faulted on memory in VRAM reads its page before the copy engine has filled it.",
                            SvmScenarios.ALLOCATOR_IN_VRAM)
                    .alsoBreaks("A-T08"),
            Fault.of(
                            MigrateToRam.FREES_VRAM_EARLY,
                            "A-T08",
                            "An eviction gives VRAM back while the copy engine still reads what a program had in it.",
                            SvmScenarios.ALLOCATOR_IN_VRAM)
                    .alsoBreaks("A-T05"));

    private SvmFaults() {}
}

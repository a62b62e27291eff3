package dev.fenceline.analytics.rules.dump;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.Coredumps.Coredump;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Mapping;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.CoredumpCapture;
import dev.fenceline.event.Severity;

/** C02: the first failure is kept until somebody read it, and holds only what user space let out. */
public final class OneDumpAtATime {
    public static final Rule RULE = Rule.named("C02", "one-dump-at-a-time")
            .severity(Severity.WARN)
            .states(
                    "A device has one core dump at most until user space has read it and it is freed, or it expired after an hour; and a dump holds only "
                            + "mappings that are marked dumpable.")
            .why(
                    "The later hang is often a consequence: it wipes out the evidence of the first; and a mapping that is not "
                            + "dumpable may hold what nobody else may see.")
            .source(
                    "xe_devcoredump.c:xe_devcoredump (captured), xe_devcoredump_free, xe_vm.c:xe_vm_snapshot_capture (XE_VMA_DUMPABLE)")
            .advice("Return if a dump is there, with a line in the log; skip mappings without the flag.")
            .needs(Stream.DUMP)
            .parameter("expiry_s", "3600", "xe_devcoredump.c: the dump is thrown away after an hour")
            .before(CoredumpCapture.class, OneDumpAtATime::judge)
            .build();

    private OneDumpAtATime() {}

    private static void judge(CoredumpCapture capture, KernelState state, Report report) {
        Coredump earlier = state.coredumps().overwrittenBy(capture);
        if (earlier != null) {
            report.violation("dump=" + earlier.captureSeq())
                    .since(earlier.captureSeq())
                    .witness("first failure captured", earlier.captureSeq())
                    .witness("captured over it", capture.seq())
                    .says("A second dump is captured while nobody has read the first.");
        }
        Mapping mapping = state.spaces().mapping(capture.vma());
        if (mapping != null && mapping.isLeftOutOfDumps()) {
            report.violation("vma=" + mapping.id())
                    .severity(Severity.HIGH)
                    .since(mapping.born())
                    .witness("created as not dumpable", mapping.born())
                    .witness("captured", capture.seq())
                    .says("The dump holds mapping " + mapping.id() + ", which is not dumpable.");
        }
    }
}

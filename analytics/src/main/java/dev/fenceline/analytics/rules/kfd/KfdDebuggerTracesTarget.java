package dev.fenceline.analytics.rules.kfd;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.KfdDebugging;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.Task;
import dev.fenceline.event.Event;
import dev.fenceline.event.KfdDebugTrap;
import dev.fenceline.event.Severity;

/** K01: a KFD process is debugged by itself, its ptracer, or its registered debugger. */
public final class KfdDebuggerTracesTarget {
    public static final Rule RULE = Rule.named("K01", "kfd-debugger-traces-target")
            .severity(Severity.CRITICAL)
            .states(
                    "A debug operation on a KFD process succeeds only for the process itself, its ptracer, or the process that "
                            + "enabled its debugging.")
            .why(
                    "A debug operation stops the waves of the target and reads their registers: without the check any user does "
                            + "that to any other.")
            .source("kfd_chardev.c:kfd_ioctl_set_debug_trap (\"This applies to ALL operations\"); thread 000")
            .advice("Refuse with -EPERM before anything else is done.")
            .needs(Stream.KFD, Stream.TASK)
            .before(KfdDebugTrap.class, KfdDebuggerTracesTarget::judge)
            .build();

    private KfdDebuggerTracesTarget() {}

    private static void judge(KfdDebugTrap trap, KernelState state, Report report) {
        long by = KfdDebugging.callerOf(trap);
        boolean refused = trap.hasResult() && trap.result() < 0;
        if (refused
                || !trap.hasTarget()
                || by == trap.target()
                || state.kfdDebugging().isDebugger(by, trap.target())) {
            return;
        }
        if (KfdDebugging.isDisable(trap) && state.session().isKernelAtMost(6, 11)) {
            // Before 6.12 an operation that ends debugging was not checked.
            return;
        }
        Task target = state.tasks().task(trap.target());
        if (trap.hasPtraced() ? trap.ptraced() : target != null && target.tracer() == by) {
            return;
        }
        if (by == Event.ABSENT && !trap.hasPtraced()) {
            report.unknown("it is not known which process debugs process " + trap.target());
            return;
        }
        report.violation("target=" + trap.target() + " by=" + by)
                .restsOn(target)
                .witness("debugged without ptrace", trap.seq())
                .says("Process " + trap.target()
                        + " is debugged by a process that neither traces it nor enabled its debugging.");
    }
}

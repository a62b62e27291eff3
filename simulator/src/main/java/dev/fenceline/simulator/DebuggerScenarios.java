package dev.fenceline.simulator;

import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.workload.Conditions;
import dev.fenceline.simulator.workload.Programs;
import java.util.List;

/** Programs that look into others. */
final class DebuggerScenarios {
    /** Debuggers come and go. */
    static final Scenario DEBUGGER_SESSION = ScenarioDraft.named("debugger-session", """
            A debugger attaches to a compute program, is told what it has, reads buffers the moment they are mapped, reads user memory
            while the program maps it anew, sets breakpoints, detaches and comes back. A second debugger does the same with another
            program. A stranger of another user tries to attach to both users' programs and to none, and is refused with the right errno
            each time; both debuggers try handles they were never given.
            """)
            .with(
                    new Actor("debuggee", "a long-running VM with userptr batches", Programs::debuggee),
                    new Actor("kcompactd", "migrates the debuggee's pages", Programs::balancing),
                    new Actor("twin", "the same with two VMs", Programs::twin),
                    new Actor("service", "the administrator's", Programs::service),
                    new Actor("gdb", "debugs the debuggee", Programs::debugger),
                    new Actor("gdb-2", "debugs the twin", Programs::otherDebugger),
                    new Actor("stranger", "is refused", Programs::stranger))
            .adversity("memory is mapped anew while it is being looked at", Conditions.SHORT_OF_VRAM)
            .on(Variant.XE_7_3, Variant.XE_6_12)
            .clean();

    static final List<Scenario> ALL = List.of(DEBUGGER_SESSION);

    private DebuggerScenarios() {}
}

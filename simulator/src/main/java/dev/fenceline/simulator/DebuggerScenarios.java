package dev.fenceline.simulator;

import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.workload.Conditions;
import dev.fenceline.simulator.workload.Programs;
import dev.fenceline.simulator.workload.Stories;
import java.util.List;

/** Programs that look into others. */
final class DebuggerScenarios {
    /** Debuggers come and go. */
    static final Scenario DEBUGGER_SESSION = ScenarioDraft.named("debugger-session", """
            A debugger attaches to a compute program, is told what it has, reads buffers the moment they are mapped, reads user memory
            while the program maps it anew, sets breakpoints, detaches and comes back. A second debugger does the same with another
            program. A third one debugs a program that executes a set-uid program in its place, and from then on sees nothing of it. A
            stranger of another user tries to attach to both users' programs and to none, and a rival to the one that is debugged already:
            they are refused with the right errno each time. Debuggers try handles they were never given.
            """)
            .with(
                    new Actor("debuggee", "a long-running VM with userptr batches", Programs::debuggee),
                    new Actor("kcompactd", "migrates the debuggee's pages", Programs::balancing),
                    new Actor("twin", "the same with two VMs", Programs::twin),
                    new Actor("service", "the administrator's", Programs::service),
                    new Actor("gdb", "debugs the debuggee", Programs::debugger),
                    new Actor("gdb-2", "debugs the twin", Programs::otherDebugger),
                    new Actor("helper", "turns into a set-uid program", Programs::setuidHelper),
                    new Actor("gdb-3", "debugs the helper", Programs::helperDebugger),
                    new Actor("lldb", "comes too late", Programs::rival),
                    new Actor("stranger", "is refused", Programs::stranger))
            .adversity("memory is mapped anew while it is being looked at", Conditions.SHORT_OF_VRAM)
            .on(Variant.XE_6_12, Variant.XE_7_3)
            .clean();

    /** Memory of the GPU through the eyes of a debugger that knows of none. */
    static final Scenario MEMORY_READ_FROM_OUTSIDE = ScenarioDraft.named("memory-read-from-outside", """
            An image viewer draws with the GPU and looks at its buffers through mappings of its own. A debugger of CPU programs reads
            the same mappings by ptrace: by page where a buffer lies in system memory, through the aperture where it lies in VRAM that the
            CPU sees, by the copy engine where it does not or where much is wanted. Sometimes it asks for more than the buffer has, and
            gets nothing. Somebody else uses nearly all of VRAM each frame, so buffers move between two reads.
            """)
            .with(
                    new Actor("viewer", "draws, looks, and is looked at by the inspector", Programs::inspectedViewer),
                    new Actor("hoarder", "needs nearly all of VRAM each frame", Stories::hoarder))
            .adversity("buffers move while they are being looked at", Conditions.SHORT_OF_VRAM)
            .on(Variant.XE_7_3, Variant.XE_6_12)
            .clean();

    /** One bounce buffer, two users. */
    static final Scenario TWO_MEMORY_DEBUGGERS = ScenarioDraft.named("two-memory-debuggers", """
            Two users each debug an image viewer of theirs by ptrace, on the same GPU. What the debuggers read and write of buffers in
            VRAM goes page by page through the SDMA engine and its only bounce buffer, and word by word through the aperture or the window
            registers. Others compete for VRAM and keep the engine busy, so now and then an access waits too long for its copy, and
            goes the other way while the copy still runs.
            """)
            .with(
                    new Actor("viewers", "draw, look, and are debugged, each by its own user", Programs::seizedViewers),
                    new Actor("game", "competes for VRAM", Programs::game),
                    new Actor("visitor", "comes and goes with a large buffer", Stories::visitor))
            .adversity("buffers move while they are being looked at, and copies are late", Conditions.SHORT_OF_VRAM)
            .on(Variant.AMDGPU_7_3, Variant.AMDGPU_6_12)
            .takesMs(240)
            .clean();

    static final List<Scenario> ALL = List.of(DEBUGGER_SESSION, MEMORY_READ_FROM_OUTSIDE, TWO_MEMORY_DEBUGGERS);

    private DebuggerScenarios() {}
}

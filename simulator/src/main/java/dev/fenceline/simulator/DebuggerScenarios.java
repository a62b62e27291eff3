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
            .adversity(
                    "memory is mapped anew while it is being looked at",
                    Conditions.SHORT_OF_VRAM.with(Conditions.Option.MAPS_PAGE_BY_PAGE))
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
            .takesMs(300)
            .clean();

    /** A GPU that sleeps between two looks. */
    static final Scenario MEMORY_READ_WHILE_ASLEEP = ScenarioDraft.named("memory-read-while-asleep", """
            An image viewer draws with a GPU now and then, and a debugger of CPU programs reads the viewer's buffers by ptrace. Nobody else
            uses the GPU, so it goes to sleep: mappings of VRAM end then, and the next ioctl, fault or look of the debugger wakes it.
            """)
            .with(new Actor(
                    "viewer", "draws, looks, and is looked at by the inspector", Programs::seldomInspectedViewer))
            .adversity(
                    "the GPU sleeps when nobody uses it",
                    Conditions.AMPLE.with(Conditions.Option.HOT_PLUG).with(Conditions.Option.AUTOSUSPEND))
            .on(Variant.XE_7_3, Variant.XE_6_12)
            .takesMs(300)
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

    /** Buffers that are moved between two reads of a page. */
    static final Scenario DEBUGGED_UNDER_EVICTION = ScenarioDraft.named("debugged-under-eviction", """
            Two users each debug an image viewer of theirs by ptrace, and somebody else uses nearly all of VRAM each frame. What the
            debuggers read has been moved just now, or is about to be: a copy by the SDMA engine waits until the move is done.
            """)
            .with(
                    new Actor("viewers", "draw, look, and are debugged, each by its own user", Programs::seizedViewers),
                    new Actor("hoarder", "needs nearly all of VRAM each frame", Stories::hoarder),
                    new Actor("game", "keeps the engine busy", Programs::game),
                    new Actor("visitor", "comes and goes with a large buffer", Stories::visitor))
            .adversity("buffers move while they are being looked at", Conditions.SHORT_OF_VRAM)
            .on(Variant.AMDGPU_7_3, Variant.AMDGPU_6_12)
            .takesMs(300)
            .clean();

    /** Kernels that stand still, with a debugger and without. */
    static final Scenario GPU_BREAKPOINTS = ScenarioDraft.named("gpu-breakpoints", """
            A program launches compute kernels, each on a queue of its own. A debugger halts them, by a breakpoint that it writes into their
            code and flushes or by an interrupt; a scan of the driver finds the halted threads and tells it; it looks, takes the breakpoint
            out, flushes and lets them go on. Meanwhile somebody needs memory of the program: its notifier waits until the debugger lets
            the queue leave the hardware. Now and then the debugger leaves while threads stand still: the driver resets the GT, and the
            program and a bystander launch their kernels again.
            """)
            .with(
                    new Actor("debuggee", "launches kernels", Programs::launcher),
                    new Actor("neighbour", "drives reclaim and migration", Programs::reclaimer),
                    new Actor("bystander", "must not be halted", Programs::bystander),
                    new Actor("gdb", "halts, looks, resumes", Programs::kernelDebugger))
            .adversity("memory is wanted that threads use which stand still", Conditions.AMPLE)
            .on(Variant.XE_6_12, Variant.XE_7_3)
            .takesMs(5_000)
            .finiteMs(2_000)
            .clean();

    /** Kernels that stand still, and nobody comes. */
    static final Scenario BREAKPOINT_WITHOUT_DEBUGGER = ScenarioDraft.named("breakpoint-without-debugger", """
            Kernels of a program hit breakpoints that were compiled in, and nobody debugs it. The driver looks for halted threads once a
            second, finds nobody to tell, and resets the GT. A bystander loses its kernel too. Both launch again.
            """)
            .with(
                    new Actor("broken", "has breakpoints and no debugger", Programs::brokenLauncher),
                    new Actor("bystander", "is reset too", Programs::bystander))
            .adversity("threads stand still that nobody will resume", Conditions.AMPLE)
            .on(Variant.XE_7_3, Variant.XE_6_12)
            .takesMs(5_000)
            .finiteMs(2_000)
            .clean();

    /** The debate of thread 000, first half. */
    static final Scenario HALTED_WITH_PREEMPT_FENCES = ScenarioDraft.named("halted-with-preempt-fences", """
            The debate of thread 000, as the series was posted. A debugger halts the threads of a kernel whose queue has a preempt fence,
            and its user looks at them for seconds. Meanwhile somebody needs memory: reclaim calls the notifier of the program's memory,
            the notifier enables the preempt fence and waits, and the fence waits until the context leaves the hardware, which the halted
            threads keep it from. A dma_fence that was promised in finite time waits for a person at a prompt.
            """)
            .with(
                    new Actor("debuggee", "launches kernels in a VM with preempt fences", Programs::launcher),
                    new Actor("neighbour", "drives reclaim and migration", Programs::reclaimer),
                    new Actor("gdb", "halts threads and lets them stand", Programs::patientDebugger))
            .adversity("memory is wanted that threads use which stand still", Conditions.AMPLE)
            .on(Variant.XE_6_12, Variant.XE_7_3)
            .takesMs(5_000)
            .finiteMs(2_000)
            .breaking("A-F07", "D16");

    /** The debate of thread 000, second half. */
    static final Scenario HALTED_IN_FAULT_MODE = ScenarioDraft.named("halted-in-fault-mode", """
            The debate of thread 000, as it was resolved. The same halt for the same seconds, on a queue whose accesses may fault. The
            notifier zaps the entries and flushes the TLBs under the halted threads, and asks nobody to leave the hardware: no fence waits
            for the person at the prompt. A second program asks for queues with preempt fences that may be debugged, and is refused.
            """)
            .with(
                    new Actor("debuggee", "launches kernels in a VM with faults", Programs::faultingLauncher),
                    new Actor("bystander", "is refused debuggable queues", Programs::bystander),
                    new Actor("neighbour", "drives reclaim and migration", Programs::reclaimer),
                    new Actor("gdb", "halts threads and lets them stand", Programs::patientDebugger))
            .adversity(
                    "memory is wanted that threads use which stand still",
                    Conditions.AMPLE.with(Conditions.Option.DEBUGS_FAULT_MODE_ONLY))
            .on(Variant.XE_7_3, Variant.XE_6_12)
            .takesMs(5_000)
            .finiteMs(2_000)
            .clean();

    /** Clients that wait for somebody to read. */
    static final Scenario DEBUGGER_DOES_NOT_READ = ScenarioDraft.named("debugger-does-not-read", """
            Two services make an address space for each request, and each of them has a debugger. The first debugger is stopped for
            40 s. The events that wait for it fill their queue, the service waits with the next one, and after 25 s in which nobody read
            anything the driver ends the connection and the service goes on. The second debugger reads one event in 20 s: its service
            waits for it again and again, and the connection stays.
            """)
            .with(
                    new Actor("server", "tells its debugger of each address space", Programs::requestServer),
                    new Actor("server-2", "the same for another user", Programs::otherServer),
                    new Actor("gdb", "is stopped, and continued", Programs::stoppedDebugger),
                    new Actor("gdb-2", "reads slowly", Programs::slowDebugger))
            .adversity("debuggers do not read what they are told", Conditions.AMPLE)
            .on(Variant.XE_6_12, Variant.XE_7_3)
            .takesMs(120_000)
            .clean();

    /** A pointer to nowhere, with a debugger and without. */
    static final Scenario PAGE_FAULT_UNDER_DEBUGGER = ScenarioDraft.named("page-fault-under-debugger", """
            Kernels of two programs follow pointers to where nothing is mapped, to read or to write. The first program has a debugger: the
            driver makes all threads halt, maps a page of zeros for those that fault, so that they get past the access and halt too,
            takes the page away and tells the debugger which threads stood still before, which then, and which at the end. The debugger
            looks and lets them go on. The second program has none: its fault is refused, its queue is banned, and it launches again.
            """)
            .with(
                    new Actor("debuggee", "launches kernels, some of which are wild", Programs::wildLauncher),
                    new Actor("bystander", "the same without a debugger", Programs::undebuggedWildLauncher),
                    new Actor("neighbour", "drives reclaim and migration", Programs::reclaimer),
                    new Actor("gdb", "halts, looks, resumes", Programs::kernelDebugger))
            .adversity("kernels follow wild pointers", Conditions.AMPLE.with(Conditions.Option.DEBUGS_FAULT_MODE_ONLY))
            .on(Variant.XE_7_3, Variant.XE_6_12)
            .takesMs(3_000)
            .finiteMs(2_000)
            .clean();

    /** Which image the code in memory is of. */
    static final Scenario IMAGES_ATTACHED_TO_CODE = ScenarioDraft.named("images-attached-to-code", """
            A program compiles one kernel after the other. It leaves the image of each for its debugger, attaches it to the mapping of the
            code, and takes it back when the kernel is done and unmapped. A debugger is told of each operation of a bind how many images are
            attached, and then which; when it comes late, or again, of all there are.
            """)
            .with(
                    new Actor("debuggee", "compiles and launches kernels", Programs::kernelCompiler),
                    new Actor("visitor", "comes and goes with a large buffer", Stories::visitor),
                    new Actor("gdb", "debugs the debuggee", Programs::unhurriedDebugger))
            .adversity("code comes and goes while it is being looked at", Conditions.SHORT_OF_VRAM)
            .on(Variant.XE_6_12)
            .takesMs(300)
            .clean();

    static final List<Scenario> ALL = List.of(
            DEBUGGER_SESSION,
            IMAGES_ATTACHED_TO_CODE,
            MEMORY_READ_FROM_OUTSIDE,
            MEMORY_READ_WHILE_ASLEEP,
            TWO_MEMORY_DEBUGGERS,
            DEBUGGED_UNDER_EVICTION,
            GPU_BREAKPOINTS,
            BREAKPOINT_WITHOUT_DEBUGGER,
            HALTED_WITH_PREEMPT_FENCES,
            HALTED_IN_FAULT_MODE,
            DEBUGGER_DOES_NOT_READ,
            PAGE_FAULT_UNDER_DEBUGGER);

    private DebuggerScenarios() {}
}

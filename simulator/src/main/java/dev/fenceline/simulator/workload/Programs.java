package dev.fenceline.simulator.workload;

import dev.fenceline.event.QuiesceKind;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kfd.KfdProcess;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.ttm.CpuVma;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.GpuVm;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Starts programs: each is a process, and what its first thread does. */
public final class Programs {
    /** How long a debugger is stopped: longer than the driver waits for it. */
    /** How long the administrator waits between two attempts to remove a driver, in ns. Ours. */
    private static final long REMOVES_EVERY_NS = 20_000_000;

    private static final long STOPPED_NS = 40_000_000_000L;

    /** How long a debugger takes for an event that tries the driver's patience and does not exhaust it. */
    private static final long SLOW_NS = 20_000_000_000L;

    private static final int ROOT = 0;

    private static final int SHARED_FRAMES = 4;

    /** Few enough that TTM has no reason to swap anything out. */
    private static final int DOCKED_FRAMES = 2;

    /** The slot of the GPU in the dock. */
    public static final int DOCK = 1;

    private static final int FIRST_USER = 1000;
    private static final int OTHER_USER = 1001;
    private static final long STARTUP_NS = 1_000_000;

    private static final int PRESSED_WEIGHTS = 4;
    private static final int FAULTING_WEIGHTS = 8;
    private static final long PRESSED_STEP_NS = 12_000_000;
    private static final int DEBUGGED_WEIGHTS = 1;
    private static final long DEBUGGED_STEP_NS = 5_000_000;

    private static final int PAGES = 24;

    private static final long KERNEL_NS = 50_000_000;
    private static final long LOOK_NS = 900_000;
    private static final long SELDOM_NS = 2_500_000;
    private static final long SHORT_OF_MEMORY_PAGES = 5_000;

    private Programs() {}

    /** A compositor on the only display. */
    public static void compositor(World world) {
        UserProcess process = world.process("compositor");
        start(world, process, new Compositor(world, process));
    }

    /** A game with more textures than fit. */
    public static void game(World world) {
        UserProcess process = world.process("game");
        start(world, process, new Game(world, process));
    }

    /** A game in an open world, which loads what comes up and throws away what is behind. */
    public static void openWorldGame(World world) {
        UserProcess process = world.process("open-world-game");
        start(world, process, new OpenWorldGame(world, process));
    }

    /** A compositor that shows what clients draw. */
    public static void surfaceCompositor(World world) {
        UserProcess process = world.process("compositor");
        start(world, process, new SurfaceCompositor(world, process));
    }

    /** The processes of a browser, one for each page. */
    public static void browser(World world) {
        for (int page = 1; page <= PAGES; page++) {
            UserProcess process = world.process("page-" + page);
            start(world, process, new BrowserTab(world, process));
        }
    }

    /** A video player's decoder on the first GPU, and a stream's encoder on the second. */
    public static void transcoder(World world) {
        Frames pipe = new Frames();
        UserProcess decoder = world.process("decoder");
        start(world, decoder, new VideoDecoder(world, decoder, world.device(), SHARED_FRAMES, pipe));
        UserProcess encoder = world.process("encoder");
        start(world, encoder, new VideoEncoder(world, encoder, world.devices().get(1), pipe));
    }

    /** A player that decodes on a GPU in a dock, and a compositor on the GPU with the display that shows its frames. */
    public static void dockedPlayer(World world) {
        Frames pipe = new Frames();
        UserProcess player = world.process("player");
        start(
                world,
                player,
                new Survivor(
                        world, player, DOCK, device -> new VideoDecoder(world, player, device, DOCKED_FRAMES, pipe)));
        UserProcess compositor = world.process("compositor");
        start(world, compositor, new VideoEncoder(world, compositor, world.device(), pipe));
    }

    /** A painter on the GPU in that slot, which looks at what it paints. */
    public static void painter(World world, int slot) {
        painter(world, slot, new ArrayList<>());
    }

    private static UserProcess painter(World world, int slot, List<CpuVma> maps) {
        UserProcess process = world.process("painter");
        start(world, process, new Survivor(world, process, slot, device -> new Painter(world, process, device, maps)));
        return process;
    }

    /** A painter on the only GPU, a debugger that has seized it, and who looks at its memory from outside. */
    public static void inspectedPainter(World world) {
        List<CpuVma> maps = new ArrayList<>();
        UserProcess painter = painter(world, 0, maps);
        UserProcess debugger = world.process("gdb");
        start(world, debugger, new MemoryDebugger(world, debugger, painter, maps, SELDOM_NS));
        UserProcess inspector = world.process("inspector");
        start(world, inspector, new Inspector(world, inspector, maps, SELDOM_NS));
    }

    /** The kernel's console on the GPU in that slot. */
    public static void console(World world, int slot) {
        UserProcess process = world.process("fbcon", ROOT, "");
        start(world, process, new Console(world, slot));
    }

    /** Who pulls the GPU out of the dock and puts it back. */
    public static void dock(World world) {
        if (world.conditions().disturbed()) {
            UserProcess process = world.process("pciehp", ROOT, "");
            start(world, process, new Unplugger(world, DOCK, QuiesceKind.SURPRISE));
        }
    }

    /** The administrator, who unbinds the driver of the only GPU and binds it again. */
    public static void unbinder(World world) {
        if (world.conditions().disturbed()) {
            UserProcess process = world.process("unbind", ROOT, "");
            start(world, process, new Unplugger(world, 0, QuiesceKind.ORDERLY));
        }
    }

    /** An image viewer, and who looks at its memory from outside, as a debugger of CPU programs does. */
    public static void inspectedViewer(World world) {
        inspectedViewer(world, LOOK_NS / 4);
    }

    /** The same, who looks so seldom that the GPU may sleep meanwhile. */
    public static void seldomInspectedViewer(World world) {
        inspectedViewer(world, SELDOM_NS);
    }

    private static void inspectedViewer(World world, long lookNs) {
        List<CpuVma> maps = new ArrayList<>();
        UserProcess viewer = world.process("viewer");
        start(world, viewer, new Viewer(world, viewer, maps));
        UserProcess inspector = world.process("inspector");
        start(world, inspector, new Inspector(world, inspector, maps, lookNs));
    }

    /** Two users' viewers, and a debugger of each that reads and writes what its viewer sees. */
    public static void seizedViewers(World world) {
        seizedViewer(world, "viewer", "gdb", FIRST_USER);
        seizedViewer(world, "viewer-2", "gdb-2", OTHER_USER);
    }

    private static void seizedViewer(World world, String name, String debuggerName, int uid) {
        List<CpuVma> maps = new ArrayList<>();
        UserProcess viewer = world.process(name, uid, "");
        start(world, viewer, new Viewer(world, viewer, maps));
        UserProcess debugger = world.process(debuggerName, uid, "");
        start(world, debugger, new MemoryDebugger(world, debugger, viewer, maps, LOOK_NS / 3));
    }

    /** A server that keeps as many buffers and fences as the host's scale says. */
    public static void bufferCache(World world) {
        UserProcess process = world.process("buffer-cache");
        start(world, process, new BufferCache(world, process));
    }

    /** A long-running compute program that fills VRAM and maps new batches all the time. */
    public static void trainer(World world) {
        UserProcess process = world.process("trainer");
        UserModeDriver driver = new UserModeDriver(world, process);
        start(
                world,
                process,
                new Trainer(world, process, driver, GpuVm.Mode.PREEMPT_FENCE, PRESSED_WEIGHTS, PRESSED_STEP_NS, 8));
    }

    /** The same trainer, whose accesses may fault. */
    public static void faultingTrainer(World world) {
        UserProcess process = world.process("trainer");
        UserModeDriver driver = new UserModeDriver(world, process);
        start(
                world,
                process,
                new Trainer(world, process, driver, GpuVm.Mode.FAULT, FAULTING_WEIGHTS, PRESSED_STEP_NS, 8));
    }

    /** A program that makes and destroys address spaces, and asks for what has to be refused. */
    public static void prober(World world) {
        UserProcess process = world.process("prober");
        start(world, process, new Prober(world, process));
    }

    /** A process whose memory demands make the kernel reclaim and migrate pages of the trainer. */
    public static void neighbour(World world) {
        UserProcess process = world.process("neighbour", OTHER_USER, "");
        start(world, process, new Neighbour(world, process, world.processNamed("trainer"), 9_000_000));
    }

    /** A filter whose jobs work on memory of its own. */
    public static void imageFilter(World world) {
        UserProcess process = world.process("image-filter");
        start(world, process, new ImageFilter(world, process));
    }

    /** A second thread of the image filter, which maps files over its images. */
    public static void imageLoader(World world) {
        UserProcess process = world.processNamed("image-filter");
        process.thread("image-loader").start(new ImageLoader(world, process), STARTUP_NS);
    }

    /** A process whose memory demands make the kernel reclaim and migrate pages of the image filter. */
    public static void filtersNeighbour(World world) {
        UserProcess process = world.process("neighbour", OTHER_USER, "");
        long heap = ImageFilter.IMAGES * ImageFilter.IMAGE_BYTES;
        start(world, process, new Neighbour(world, process, world.processNamed("image-filter"), heap, 250_000));
    }

    /** A compute program on the KFD, whose queue nobody but notifiers stops. */
    public static void solver(World world) {
        UserProcess process = world.process("solver");
        start(world, process, new Solver(world, process));
    }

    /** A process whose memory demands make the kernel reclaim and migrate pages of the solver. */
    public static void solversNeighbour(World world) {
        UserProcess process = world.process("neighbour", OTHER_USER, "");
        long heap = Solver.MATRICES * Solver.MATRIX_BYTES;
        start(world, process, new Neighbour(world, process, world.processNamed("solver"), heap, 400_000));
    }

    /** The debugger of the solver. */
    public static void solversDebugger(World world) {
        UserProcess process = world.process("rocgdb");
        KfdProcess target = world.kfdOf(world.processNamed("solver"));
        start(world, process, new KfdDebugger(world, process, world.openKfd(process), target));
    }

    /** A child of the solver, which has inherited its files and wants more. */
    public static void solversChild(World world) {
        UserProcess solver = world.processNamed("solver");
        UserProcess child = world.fork(solver, "child");
        start(world, child, new Intruder(world, child, world.openKfd(child), world.kfdOf(solver)));
    }

    /** What the administrator set aside at boot for huge pages, so that little is left. */
    public static void hugePages(World world) {
        if (world.conditions().disturbed()) {
            world.kernel().memory().leaveOnly(SHORT_OF_MEMORY_PAGES);
        }
    }

    /** A compute program that is killed with its queue on the hardware, again and again. */
    public static void leakyTrainer(World world) {
        LeakyTrainer.start(world);
    }

    /** A program whose jobs read from its memory. */
    public static void uploader(World world) {
        UserProcess process = world.process("uploader");
        start(world, process, new Uploader(world, process));
    }

    /** The kernel's thread that makes large pages of the uploader's. */
    public static void khugepaged(World world) {
        UserProcess process = world.process("khugepaged", ROOT, "");
        UserProcess victim = world.processNamed("uploader");
        start(
                world,
                process,
                new Khugepaged(
                        world,
                        process,
                        victim,
                        Uploader.ARRAY,
                        Uploader.ARRAY + Uploader.ARRAY_BYTES,
                        Uploader.LARGE_PAGE_BYTES));
    }

    /** A compute program that does with its memory whatever system calls there are. */
    public static void dataLoader(World world) {
        UserProcess process = world.process("data-loader");
        start(world, process, new DataLoader(world, process));
    }

    /** A compute program that makes a queue for each kernel, and memory anew at the same time. */
    public static void relauncher(World world) {
        UserProcess process = world.process("relauncher");
        start(world, process, new Relauncher(world, process));
    }

    /** A compute program that compiles its kernels, and leaves their images for a debugger. */
    public static void kernelCompiler(World world) {
        UserProcess process = world.process("debuggee");
        start(world, process, new KernelCompiler(world, process));
    }

    /** A compute program that write-protects what its kernel writes, again and again. */
    public static void careless(World world) {
        CarelessProgram.start(world);
    }

    /** A program with a window, and a compositor that shows it, both on user-mode queues. */
    public static void ringDesktop(World world) {
        UserProcess process = world.process("window");
        WindowClient client = new WindowClient(world, process);
        start(world, process, client);
        UserProcess compositor = world.process("compositor");
        start(world, compositor, new RingCompositor(world, compositor, client));
    }

    /** A decoder on a user-mode queue of the first GPU, for an encoder on a kernel queue of the second. */
    public static void ringDecoder(World world) {
        Frames pipe = new Frames();
        UserProcess decoder = world.process("ring-decoder");
        start(world, decoder, new RingDecoder(world, decoder, pipe));
        UserProcess encoder = world.process("encoder");
        start(world, encoder, new VideoEncoder(world, encoder, world.devices().get(1), pipe));
    }

    /** A decoder on a kernel queue of the second GPU, for an encoder on a user-mode queue of the first. */
    public static void ringEncoder(World world) {
        Frames pipe = new Frames();
        UserProcess decoder = world.process("decoder");
        start(world, decoder, new VideoDecoder(world, decoder, world.devices().get(1), DOCKED_FRAMES, pipe));
        UserProcess encoder = world.process("ring-encoder");
        start(world, encoder, new RingEncoder(world, encoder, pipe));
    }

    /** A program on a user-mode queue whose work hangs now and then. */
    public static void hangingWorker(World world) {
        UserProcess process = world.process("hanging-worker");
        start(world, process, new RingWorker(world, process, true));
    }

    /** The same, whose work does not hang. */
    public static void ringWorker(World world) {
        UserProcess process = world.process("worker", OTHER_USER, "");
        start(world, process, new RingWorker(world, process, false));
    }

    /** A careless program that replaces its user-mode queue all the time. */
    public static void ringResizer(World world) {
        UserProcess process = world.process("resizer", OTHER_USER, "");
        start(world, process, new RingResizer(world, process));
    }

    /** Somebody else, who gets the pages that the data loader frees. */
    public static void memoryUser(World world) {
        UserProcess process = world.process("memory-user", OTHER_USER, "");
        start(world, process, new MemoryUser(world, process));
    }

    /** A program whose kernels work on whatever malloc gave it. */
    public static void allocator(World world) {
        Allocator.start(world, false);
    }

    /** The same program on a GPU that takes its memory to itself. */
    public static void allocatorInVram(World world) {
        Allocator.start(world, true);
    }

    /** A process whose memory demands make the kernel reclaim and migrate pages of the allocator. */
    public static void allocatorsNeighbour(World world) {
        UserProcess process = world.process("neighbour", OTHER_USER, "");
        start(
                world,
                process,
                new Neighbour(world, process, () -> mmOf(world, Allocator.NAME), Allocator.HEAP_BYTES, 500_000));
    }

    /** Who kills it, and takes its memory before it has exited. */
    public static void oomDaemon(World world) {
        UserProcess process = world.process("oomd", ROOT, "");
        start(world, process, new OomDaemon(world, process));
    }

    /** A process that takes all memory there is and is killed for it, again and again. */
    public static void memoryHog(World world) {
        if (world.conditions().disturbed()) {
            MemoryHog.start(world, OTHER_USER, 5 * STARTUP_NS);
        }
    }

    /** The kernel's NUMA balancing, which finds that the debuggee's pages are on the wrong node. */
    public static void balancing(World world) {
        UserProcess process = world.process("kcompactd", ROOT, "");
        start(world, process, new Neighbour(world, process, world.processNamed("debuggee"), 5_000_000));
    }

    /** A compute program that somebody debugs. */
    public static void debuggee(World world) {
        UserProcess process = world.process("debuggee");
        UserModeDriver driver = new UserModeDriver(world, process);
        start(
                world,
                process,
                new Trainer(world, process, driver, GpuVm.Mode.PREEMPT_FENCE, DEBUGGED_WEIGHTS, DEBUGGED_STEP_NS, 3));
    }

    /** A compute program with two VMs, so that its debugger gets a handle that nobody else has. */
    public static void twin(World world) {
        UserProcess process = world.process("twin");
        UserModeDriver first = new UserModeDriver(world, process);
        UserModeDriver second = new UserModeDriver(first.file());
        start(
                world,
                process,
                new Trainer(
                        world, process, first, GpuVm.Mode.PREEMPT_FENCE, DEBUGGED_WEIGHTS, 5 * DEBUGGED_STEP_NS, 8));
        process.thread("twin-2").start(second.start(true), 2 * STARTUP_NS);
    }

    /** A compute service of the administrator, which nobody else may debug. */
    public static void service(World world) {
        UserProcess process = world.process("service", ROOT, "");
        UserModeDriver driver = new UserModeDriver(world, process);
        start(
                world,
                process,
                new Trainer(world, process, driver, GpuVm.Mode.PREEMPT_FENCE, 0, 10 * DEBUGGED_STEP_NS, 16));
    }

    /** A compute program that turns into a set-uid program of the administrator. */
    public static void setuidHelper(World world) {
        UserProcess process = world.process("helper");
        start(world, process, new SetuidProgram(world, process));
    }

    /** The debugger of that program, which may look into it only until then. */
    public static void helperDebugger(World world) {
        UserProcess process = world.process("gdb-3");
        start(world, process, new Debugger(world, process, world.processNamed("helper"), 4 * LOOK_NS));
    }

    /** A renderer with a sparse array. */
    public static void sparseRenderer(World world) {
        sparseArray(world, "renderer", GpuVm.Mode.DMA_FENCE);
    }

    /** A long-running program with a sparse array, which somebody debugs. */
    public static void sparseDebuggee(World world) {
        sparseArray(world, "debuggee", GpuVm.Mode.PREEMPT_FENCE);
    }

    /** A program with a sparse array whose accesses may fault. */
    public static void sparseFaulter(World world) {
        sparseArray(world, "faulter", GpuVm.Mode.FAULT);
    }

    private static void sparseArray(World world, String name, GpuVm.Mode mode) {
        UserProcess process = world.process(name);
        start(world, process, new SparseArray(world, process, mode));
    }

    /** A program that launches kernels which somebody debugs. */
    public static void launcher(World world) {
        UserProcess process = world.process("debuggee");
        start(world, process, new Launcher(world, process, GpuVm.Mode.PREEMPT_FENCE, KERNEL_NS, 0));
    }

    /** The same, whose accesses may fault. */
    public static void faultingLauncher(World world) {
        UserProcess process = world.process("debuggee");
        start(world, process, new Launcher(world, process, GpuVm.Mode.FAULT, KERNEL_NS, 0));
    }

    /** The same, some of whose kernels follow a pointer to nowhere. */
    public static void wildLauncher(World world) {
        UserProcess process = world.process("debuggee");
        start(world, process, wild(world, process));
    }

    /** The same for another user, whom nobody debugs. */
    public static void undebuggedWildLauncher(World world) {
        UserProcess process = world.process("bystander", OTHER_USER, "");
        start(world, process, wild(world, process));
    }

    private static Launcher wild(World world, UserProcess process) {
        return new Launcher(world, process, GpuVm.Mode.FAULT, KERNEL_NS, 0)
                .followingWildPointers(world.conditions().disturbed() ? 4 : 0);
    }

    /** The same for another user, whom nobody debugs. */
    public static void bystander(World world) {
        UserProcess process = world.process("bystander", OTHER_USER, "");
        start(world, process, new Launcher(world, process, GpuVm.Mode.PREEMPT_FENCE, 2 * KERNEL_NS, 0));
    }

    /** A program whose kernels hit breakpoints that nobody serves. */
    public static void brokenLauncher(World world) {
        UserProcess process = world.process("broken");
        start(
                world,
                process,
                new Launcher(
                        world,
                        process,
                        GpuVm.Mode.PREEMPT_FENCE,
                        KERNEL_NS,
                        world.conditions().disturbed() ? 4 : 0));
    }

    /** A service that makes an address space for each request. */
    public static void requestServer(World world) {
        UserProcess process = world.process("server");
        start(world, process, new RequestServer(world, process));
    }

    /** The same, for others. */
    public static void otherServer(World world) {
        UserProcess process = world.process("server-2", OTHER_USER, "");
        start(world, process, new RequestServer(world, process));
    }

    /** The debugger of the server, which somebody stops (SIGSTOP) and continues. */
    public static void stoppedDebugger(World world) {
        UserProcess process = world.process("gdb");
        long pauseNs = world.conditions().disturbed() ? STOPPED_NS : 0;
        start(world, process, new SlowDebugger(world, process, world.processNamed("server"), 40, pauseNs));
    }

    /** The debugger of the other server, which reads an event now and then. */
    public static void slowDebugger(World world) {
        UserProcess process = world.process("gdb-2", OTHER_USER, "");
        long pauseNs = world.conditions().disturbed() ? SLOW_NS : 0;
        start(world, process, new SlowDebugger(world, process, world.processNamed("server-2"), 1, pauseNs));
    }

    /** The debugger of the launcher's kernels. */
    public static void kernelDebugger(World world) {
        UserProcess process = world.process("gdb");
        start(
                world,
                process,
                new KernelDebugger(world, process, world.processNamed("debuggee"), KernelDebugger.LOOK_NS));
    }

    /** The same, whose user halts the threads and goes for a coffee. */
    public static void patientDebugger(World world) {
        UserProcess process = world.process("gdb");
        long looksNs = world.conditions().disturbed() ? KernelDebugger.PROMPT_NS : KernelDebugger.LOOK_NS;
        start(world, process, new KernelDebugger(world, process, world.processNamed("debuggee"), looksNs));
    }

    /** Firmware that stops answering, where life is hard. */
    public static void hangingFirmware(World world) {
        if (world.conditions().disturbed()) {
            Firmware.start(world);
        }
    }

    /** Somebody whose demands make the kernel reclaim pages of the debuggee. */
    public static void reclaimer(World world) {
        UserProcess process = world.process("neighbour", OTHER_USER, "");
        start(world, process, new Neighbour(world, process, world.processNamed("debuggee"), KERNEL_NS));
    }

    /** Another debugger of the debuggee, who comes too late. */
    public static void rival(World world) {
        UserProcess process = world.process("lldb");
        start(world, process, new Stranger(world, process, List.of(world.processNamed("debuggee"))));
    }

    /** The debugger of the debuggee. */
    public static void debugger(World world) {
        UserProcess process = world.process("gdb");
        start(world, process, new Debugger(world, process, world.processNamed("debuggee"), LOOK_NS));
    }

    /** The same, which looks seldom. */
    public static void unhurriedDebugger(World world) {
        UserProcess process = world.process("gdb");
        start(world, process, new Debugger(world, process, world.processNamed("debuggee"), 8 * LOOK_NS));
    }

    /** The debugger of the twin. */
    public static void otherDebugger(World world) {
        UserProcess process = world.process("gdb-2");
        start(world, process, new Debugger(world, process, world.processNamed("twin"), 4 * LOOK_NS));
    }

    /** Another user who tries to debug what is not theirs. */
    public static void stranger(World world) {
        UserProcess process = world.process("stranger", OTHER_USER, "");
        List<UserProcess> targets = List.of(world.processNamed("debuggee"), world.processNamed("service"));
        start(world, process, new Stranger(world, process, targets));
    }

    /** A renderer, who shows what it renders, and who records that: linked by timelines and by implicit synchronisation. */
    public static void swapchain(World world, long frameNs) {
        Swapchain chain = new Swapchain(world.kernel());
        Local<BoVma> shown = new Local<>();
        UserProcess renderer = world.process("renderer");
        start(world, renderer, new Renderer(world, renderer, chain, frameNs));
        UserProcess presenter = world.process("presenter");
        start(world, presenter, new Presenter(world, presenter, chain, shown, frameNs));
        UserProcess recorder = world.process("recorder");
        start(world, recorder, new Recorder(world, recorder, shown, frameNs + frameNs / 3));
    }

    /** A program whose fences come from a video decoder and go from file to file. */
    public static void decoder(World world) {
        UserProcess process = world.process("decoder");
        start(world, process, new Decoder(world, process, 6_000_000));
    }

    /** Two programs that lock the same buffers in opposite order. */
    public static void sharers(World world) {
        UserProcess left = world.process("left");
        Sharer first = new Sharer(world, left, null);
        start(world, left, first);
        UserProcess right = world.process("right");
        start(world, right, new Sharer(world, right, first));
    }

    /** Programs that exit with work queued, one after the other. */
    public static void quitters(World world, int count, long everyNs, long keepsNs) {
        for (int i = 0; i < count; i++) {
            String name = "quitter-" + (i + 1);
            long startNs = i * everyNs;
            world.kernel().agenda().after(startNs, () -> {
                UserProcess process = world.process(name);
                process.mainThread().start(new Quitter(world, process, keepsNs), STARTUP_NS);
            });
        }
    }

    /** The administrator, who removes the driver when nobody uses it. */
    public static void moduleRemover(World world, long notBeforeNs) {
        UserProcess process = world.process("rmmod", ROOT, "");
        start(world, process, new ModuleRemover(world, notBeforeNs, REMOVES_EVERY_NS));
    }

    /** A program that has what keeps a driver's module. */
    public static void moduleUser(World world) {
        UserProcess process = world.process("keeper");
        start(world, process, new ModuleUser(world, process));
    }

    /** The administrator, who unbinds the driver of the only GPU, removes its module, and loads it again. */
    public static void driverReloader(World world) {
        if (world.conditions().disturbed()) {
            UserProcess process = world.process("modprobe", ROOT, "");
            start(world, process, new DriverReloader(world));
        }
    }

    /** A program whose shader hangs now and then. */
    public static void badShader(World world) {
        UserProcess process = world.process("bad-shader");
        start(world, process, new BadShader(world, process));
    }

    private static @Nullable Mm mmOf(World world, String name) {
        UserProcess process = world.findProcess(name);
        return process == null ? null : process.mm();
    }

    /** Lets the first thread of {@code process} run {@code program} soon. */
    static void start(World world, UserProcess process, Call program) {
        process.mainThread()
                .start(
                        program,
                        world.kernel().chanceOf(process.name() + " start").between(0, STARTUP_NS));
    }
}

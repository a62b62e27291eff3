package dev.fenceline.simulator.workload;

import dev.fenceline.event.DebugEventType;
import dev.fenceline.event.EuCommand;
import dev.fenceline.simulator.debug.AckEvent;
import dev.fenceline.simulator.debug.DebugConnection;
import dev.fenceline.simulator.debug.EuControl;
import dev.fenceline.simulator.debug.ReadEvent;
import dev.fenceline.simulator.debug.VmAccess;
import dev.fenceline.simulator.debug.VmFile;
import dev.fenceline.simulator.drm.Ioctl;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.kernel.WaitList;
import dev.fenceline.simulator.kernel.Waits;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.EuThreads;
import dev.fenceline.simulator.vm.Vma;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A debugger of GPU programs: halts the threads by a breakpoint or by an interrupt, waits for the attention, looks at them and at memory,
 * and lets them go on. Now and then it leaves while they stand still.
 */
public final class KernelDebugger extends Call implements Waits {
    /** The code that was written is not flushed before the threads go on (rule D12). */
    public static final Deviation SKIPS_FLUSH = new Deviation("debugger-resumes-without-flush");

    /** Somebody looks at the halted threads for longer than reclaim can wait (rule D16). */
    public static final Deviation SITS_AT_PROMPT = new Deviation("debugger-sits-at-the-prompt", 2);

    private static final long TURN_NS = 60_000_000;
    private static final long AWAY_NS = 100_000_000;
    private static final long ATTENTION_NS = 400_000_000;
    /** How long somebody looks who does not think of the machine. */
    static final long PROMPT_NS = 3_000_000_000L;
    /** How long a script looks. */
    static final long LOOK_NS = 2_000_000;

    private static final long LOOK_BYTES = 256;
    private static final int TURNS = 8;

    private static final Path<KernelDebugger> PATH = Path.<KernelDebugger>named("kernel_debugger")
            .sleep(program -> program.chance.around(TURN_NS / 2))
            .repeat(session -> session.call(
                            program -> program.attach.set(new Attach(program.world, program.process, program.target)))
                    .when(program -> program.attach.get().connection() != null, KernelDebugger::debug)
                    .sleep(program -> program.chance.around(AWAY_NS)))
            .end();

    private final World world;
    private final UserProcess process;
    private final UserProcess target;
    private final long looksNs;
    private final Chance chance;
    private final WaitList attentions = new WaitList(this);
    private final Local<Attach> attach = new Local<>();
    private @Nullable VmFile file;
    private @Nullable Vma code;
    private long queue;
    private long attention;
    private long deadlineNs;
    private boolean usesBreakpoint;
    private int turns;

    /** Debugs {@code target}; its user looks at halted threads for {@code looksNs}. */
    KernelDebugger(World world, UserProcess process, UserProcess target, long looksNs) {
        this.looksNs = looksNs;
        this.world = world;
        this.process = process;
        this.target = target;
        this.chance = world.kernel().chanceOf(process.name());
    }

    private static Path.Builder<KernelDebugger> debug(Path.Builder<KernelDebugger> path) {
        return path.run(KernelDebugger::begin)
                .repeat(turn -> turn.leaveIf(program -> program.turns++ == TURNS)
                        .sleep(program -> program.chance.around(TURN_NS))
                        .when(program -> program.code != null && program.queue != 0, KernelDebugger::haltAndLook))
                .call(program -> program.queue != 0 && program.chance.oneIn(2) ? program.interrupt() : null)
                .run(program -> program.connection().detach());
    }

    private static Path.Builder<KernelDebugger> haltAndLook(Path.Builder<KernelDebugger> path) {
        return path.run(KernelDebugger::decide)
                .when(
                        program -> program.usesBreakpoint,
                        set -> set.call(program -> program.writeCode(true)).call(KernelDebugger::flush))
                .call(program -> program.usesBreakpoint ? null : program.interrupt())
                .run(program -> program.deadlineNs = program.kernel().nowNs() + ATTENTION_NS)
                .await(
                        program -> program.attentions,
                        program -> program.attention != 0,
                        program -> program.deadlineNs,
                        program -> false)
                .when(
                        program -> program.attention != 0,
                        seen -> seen.call(program -> program.control(EuCommand.STOPPED))
                                .call(KernelDebugger::look))
                .when(
                        program -> program.usesBreakpoint,
                        clear -> clear.call(program -> program.writeCode(false))
                                .call(KernelDebugger::flushUnlessAtFault))
                .when(
                        program -> program.attention != 0,
                        seen -> seen.sleep(KernelDebugger::promptNs)
                                .call(program -> program.control(EuCommand.RESUME)));
    }

    private DebugConnection connection() {
        DebugConnection connection = attach.get().connection();
        if (connection == null) {
            throw new IllegalStateException(process.name() + " is not attached");
        }
        return connection;
    }

    private void begin() {
        turns = 0;
        file = null;
        code = null;
        queue = 0;
        process.thread("events")
                .start(new Reader(this, connection()), kernel().costs().wakeupNs());
    }

    private void decide() {
        attention = 0;
        usesBreakpoint = chance.oneIn(2);
    }

    private long promptNs() {
        return kernel().deviates(SITS_AT_PROMPT) ? PROMPT_NS : looksNs;
    }

    private @Nullable Call writeCode(boolean breakpoint) {
        return file == null || code == null ? null : VmAccess.ofCode(file, code.start(), breakpoint);
    }

    private @Nullable Call flush() {
        return file == null ? null : new VmFile.Fsync(file);
    }

    private @Nullable Call flushUnlessAtFault() {
        return attention != 0 && kernel().deviates(SKIPS_FLUSH) ? null : flush();
    }

    /**
     * Looks at a BO. To look at memory of the process while its threads stand still is to wait for oneself in a VM with preempt fences: a
     * stale userptr is fetched when the notifier is done, which waits until the threads may leave the hardware.
     */
    private @Nullable Call look() {
        VmFile memory = file;
        if (memory == null) {
            return null;
        }
        List<Vma> vmas =
                memory.vmas().stream().filter(vma -> vma instanceof BoVma).toList();
        return vmas.isEmpty()
                ? null
                : new VmAccess(memory, vmas.get(chance.below(vmas.size())).start(), LOOK_BYTES, false);
    }

    private Call interrupt() {
        return control(EuCommand.INTERRUPT_ALL);
    }

    private Call control(EuCommand command) {
        long handle = command == EuCommand.INTERRUPT_ALL ? queue : attention;
        EuControl control = new EuControl(connection(), command, handle, EuThreads.ALL);
        return new Ioctl("DRM_XE_EUDEBUG_IOCTL_EU_CONTROL", null, control, control::result);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }

    @Override
    public String label() {
        return "attention for " + process.name();
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        // Threads halt when they get to the breakpoint; no task has to do anything for it.
    }

    /** The thread that reads events: it opens the VM, and tells the other one of queues and attention. */
    private static final class Reader extends Call {
        private static final Path<Reader> EVENTS = Path.<Reader>named("kernel_debugger_events")
                .repeat(next -> next.call(reader -> reader.event.set(new ReadEvent(reader.connection)))
                        .leaveIf(reader -> reader.connection.isDetached())
                        .when(
                                reader -> reader.event.get().created(DebugEventType.VM) != 0,
                                opened -> opened.call(Reader::open).run(Reader::keep))
                        .run(Reader::note)
                        .call(Reader::acknowledge))
                .run(reader -> reader.kernel().forget(reader.task()))
                .end();

        private final KernelDebugger program;
        private final DebugConnection connection;
        private final Local<ReadEvent> event = new Local<>();
        private final Local<VmFile.Open> opened = new Local<>();

        Reader(KernelDebugger program, DebugConnection connection) {
            this.program = program;
            this.connection = connection;
        }

        private Call open() {
            VmFile.Open open =
                    opened.set(new VmFile.Open(connection, event.get().created(DebugEventType.VM)));
            return new Ioctl("DRM_XE_EUDEBUG_IOCTL_VM_OPEN", null, open, open::result);
        }

        private void keep() {
            if (!connection.isDetached()) {
                program.file = opened.get().file();
            }
        }

        private @Nullable Call acknowledge() {
            if (event.get().toAcknowledge() == 0) {
                return null;
            }
            AckEvent ack = new AckEvent(connection, event.get().toAcknowledge());
            return new Ioctl("DRM_XE_EUDEBUG_IOCTL_ACK_EVENT", null, ack, ack::result);
        }

        /** The code is what a program maps first. */
        private void note() {
            ReadEvent read = event.get();
            if (program.code == null && read.bound() instanceof BoVma first) {
                program.code = first;
            }
            if (read.created(DebugEventType.EXEC_QUEUE) != 0) {
                program.queue = read.created(DebugEventType.EXEC_QUEUE);
            } else if (read.destroyed(DebugEventType.EXEC_QUEUE) == program.queue) {
                program.queue = 0;
            }
            if (read.attention() != 0 || read.pageFault() != 0) {
                program.attention = Math.max(read.attention(), read.pageFault());
                program.attentions.wakeAll();
            }
        }

        @Override
        protected Path<?> path() {
            return EVENTS;
        }
    }
}

package dev.fenceline.simulator.workload;

import dev.fenceline.event.DebugEventType;
import dev.fenceline.simulator.debug.AckEvent;
import dev.fenceline.simulator.debug.DebugConnection;
import dev.fenceline.simulator.debug.ReadEvent;
import dev.fenceline.simulator.debug.VmAccess;
import dev.fenceline.simulator.debug.VmFile;
import dev.fenceline.simulator.drm.Ioctl;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Inline;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.vm.UserptrVma;
import dev.fenceline.simulator.vm.Vma;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A debugger: attaches, watches what the program maps, looks into its memory, sets breakpoints, detaches, and comes back. */
public final class Debugger extends Call {
    /** The debugger looks at what is being bound before it is told that the bind is done (rule D09). */
    public static final Deviation LOOKS_EARLY = new Deviation("debugger-looks-before-bind-is-done");

    private static final long AWAY_NS = 10_000_000;
    private static final long LOOKS = 200;
    private static final long UNSERVED_LOOKS = 20;
    private static final long THINKS_NS = 100_000;
    private static final long SMALL_BYTES = 256;
    private static final long LARGE_BYTES = 32 * 1024;

    private static final Path<Debugger> PATH = Path.<Debugger>named("debugger")
            .sleep(program -> program.chance.around(AWAY_NS))
            .repeat(session -> session.call(Debugger::connect)
                    .when(program -> program.connection() != null, Debugger::debug)
                    .sleep(program -> program.chance.around(AWAY_NS)))
            .end();

    private final World world;
    private final UserProcess process;
    private final UserProcess target;
    private final long lookNs;
    private final Chance chance;
    private final List<VmFile> files = new ArrayList<>();
    private final Local<Attach> attempt = new Local<>();
    private final Local<VmAccess> access = new Local<>();
    private int looks;

    /** Debugs {@code target}, looking into its memory every {@code lookNs} or so. */
    Debugger(World world, UserProcess process, UserProcess target, long lookNs) {
        this.world = world;
        this.process = process;
        this.target = target;
        this.lookNs = lookNs;
        this.chance = world.kernel().chanceOf(process.name());
    }

    private static Path.Builder<Debugger> debug(Path.Builder<Debugger> path) {
        return path.run(Debugger::startReader)
                .repeat(look -> look.leaveIf(program -> program.looks++ == LOOKS)
                        .sleep(program -> program.chance.around(program.lookNs))
                        .call(Debugger::look)
                        .when(program -> program.chance.oneIn(8), Debugger::setBreakpoint)
                        .when(program -> program.chance.oneIn(8), other -> other.call(Debugger::openOther)))
                .run(program -> program.attached().detach())
                .run(program -> program.files.clear());
    }

    private static Path.Builder<Debugger> setBreakpoint(Path.Builder<Debugger> path) {
        return path.call(program -> program.accessTo(SMALL_BYTES, true)).call(program -> {
            VmFile file = program.anyFile();
            return file == null ? null : new VmFile.Fsync(file);
        });
    }

    private @Nullable DebugConnection connection() {
        return attempt.get().connection();
    }

    private DebugConnection attached() {
        DebugConnection connection = connection();
        if (connection == null) {
            throw new IllegalStateException(process.name() + " is not attached");
        }
        return connection;
    }

    private Call connect() {
        return attempt.set(new Attach(world, process, target));
    }

    private void startReader() {
        looks = 0;
        process.thread("events")
                .start(new Reader(this, attached()), world.kernel().costs().wakeupNs());
    }

    private @Nullable VmFile anyFile() {
        return files.isEmpty() ? null : files.get(chance.below(files.size()));
    }

    private @Nullable Call look() {
        return accessTo(chance.oneIn(6) ? LARGE_BYTES : SMALL_BYTES, false);
    }

    private @Nullable Call accessTo(long bytes, boolean write) {
        VmFile file = anyFile();
        if (file == null) {
            return null;
        }
        List<Vma> vmas = file.vmas();
        if (vmas.isEmpty()) {
            return null;
        }
        Vma vma = pick(vmas);
        long room = Math.max(1, (vma.end() - vma.start()) / SMALL_BYTES);
        long address = vma.start() + chance.between(0, room - 1) * SMALL_BYTES;
        return access.set(new VmAccess(file, address, bytes, write));
    }

    /** User memory is what the debugger looks at most. */
    private Vma pick(List<Vma> vmas) {
        Vma picked = vmas.get(chance.below(vmas.size()));
        for (int again = 0; again < 4 && !(picked instanceof UserptrVma); again++) {
            picked = vmas.get(chance.below(vmas.size()));
        }
        return picked;
    }

    /** A handle that this connection was never given; it is refused. */
    private Call openOther() {
        VmFile.Open open = new VmFile.Open(attached(), 2);
        return new Ioctl("DRM_XE_EUDEBUG_IOCTL_VM_OPEN", null, open, open::result);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }

    /** The thread that reads events, opens every VM it hears of, and has a first look at what was just mapped. */
    private static final class Reader extends Call {
        private static final Path<Reader> EVENTS = Path.<Reader>named("debugger_events")
                .repeat(next -> next.call(reader -> reader.event.set(new ReadEvent(reader.connection)))
                        .leaveIf(reader -> reader.connection.isDetached())
                        .when(
                                reader -> reader.event.get().created(DebugEventType.VM) != 0,
                                opened -> opened.call(Reader::open).call(Reader::keep))
                        .call(Reader::firstLook)
                        .when(
                                Reader::mustAcknowledge,
                                held -> held.sleep(reader -> THINKS_NS)
                                        .call(Reader::acknowledge)
                                        .call(reader -> reader.program.chance.oneIn(2) ? reader.acknowledge() : null)))
                .run(reader -> reader.kernel().forget(reader.task()))
                .end();

        private final Debugger program;
        private final DebugConnection connection;
        private final List<VmFile> files;
        private final Local<ReadEvent> event = new Local<>();
        private final Local<VmFile.Open> opened = new Local<>();

        Reader(Debugger program, DebugConnection connection) {
            this.program = program;
            this.connection = connection;
            this.files = program.files;
        }

        /** Towards its end a session acknowledges nothing any more: who detaches lets everything go. */
        private boolean mustAcknowledge() {
            return event.get().toAcknowledge() != 0 && program.looks < LOOKS - UNSERVED_LOOKS;
        }

        private Call acknowledge() {
            AckEvent ack = new AckEvent(connection, event.get().toAcknowledge());
            return new Ioctl("DRM_XE_EUDEBUG_IOCTL_ACK_EVENT", null, ack, ack::result);
        }

        private Call open() {
            VmFile.Open open =
                    opened.set(new VmFile.Open(connection, event.get().created(DebugEventType.VM)));
            return new Ioctl("DRM_XE_EUDEBUG_IOCTL_VM_OPEN", null, open, open::result);
        }

        private Call keep() {
            return new Inline(() -> {
                VmFile file = opened.get().file();
                if (file != null && !connection.isDetached()) {
                    files.add(file);
                }
            });
        }

        private @Nullable Call firstLook() {
            Vma bound = event.get().bound();
            if (bound == null && event.get().binding() != null && kernel().deviates(LOOKS_EARLY)) {
                bound = event.get().binding();
            }
            for (VmFile file : files) {
                if (bound != null && file.shows(bound)) {
                    return new VmAccess(file, bound.start(), SMALL_BYTES, false);
                }
            }
            return null;
        }

        @Override
        protected Path<?> path() {
            return EVENTS;
        }
    }
}

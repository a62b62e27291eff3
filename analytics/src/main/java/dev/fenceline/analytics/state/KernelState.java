package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.List;

/**
 * The state of the kernel's GPU memory management as the events of one session tell it.
 *
 * <p>{@link #apply} is the only way it changes, and a pure function of what came before: the same events give the same
 * state, and equal states give the same snapshot, byte for byte.
 */
public final class KernelState {
    private static final int MAGIC = 0x464C_5331;
    private static final int VERSION = 8;

    final StreamLedger ledger = new StreamLedger();
    final SessionFacts session = new SessionFacts();
    final Fences fences = new Fences(ledger, session);
    final Threads threads = new Threads();
    final Reservations reservations = new Reservations(ledger, fences, threads);
    final Devices devices = new Devices(ledger, session);
    final AddressSpaces spaces = new AddressSpaces(ledger, session, reservations);
    final BufferObjects buffers = new BufferObjects(ledger, session, reservations, devices, spaces);
    final BoCreations creations = new BoCreations(ledger, buffers);
    final Locks locks = new Locks(ledger);
    final Notifiers notifiers = new Notifiers(ledger, session, spaces, locks);
    final Pages pages = new Pages();
    final Queues queues = new Queues(ledger, session);
    final TlbInvalidations invalidations = new TlbInvalidations(session, devices, spaces);
    final Translations translations = new Translations(ledger, session, fences, devices, spaces, invalidations);
    final PageFaults faults = new PageFaults(spaces);
    final UserFences userFences = new UserFences();
    final Coredumps coredumps = new Coredumps(ledger, devices, queues, spaces);
    final Tasks tasks = new Tasks(ledger);
    final Debuggers debuggers = new Debuggers(ledger, session);
    final SyncObjects syncObjects = new SyncObjects(ledger, fences);
    final Schedulers schedulers = new Schedulers(ledger, session, fences, syncObjects);
    final FenceLockOrder fenceLocks = new FenceLockOrder(ledger, fences, threads, schedulers);
    final WaitGraph waits = new WaitGraph(fences, reservations, locks, threads, schedulers);
    final FenceCallbacks callbacks = new FenceCallbacks();
    final DriverMemory driverMemory = new DriverMemory(fences);
    final Resources resources = new Resources(ledger, session, fences, buffers);
    final VramBlocks vramBlocks = new VramBlocks();
    final MemoryContents contents = new MemoryContents(session, devices, resources);
    final CpuMappings cpuMappings = new CpuMappings(ledger, buffers);
    final Grants grants = new Grants();
    final VmAccesses vmAccesses = new VmAccesses(spaces);
    final DebugProtocols debugProtocols = new DebugProtocols(ledger, session);
    final HaltedThreads haltedThreads = new HaltedThreads(ledger, session);
    final WrittenCode writtenCode = new WrittenCode();
    final BounceBuffers bounceBuffers = new BounceBuffers(fences, buffers, resources);
    final DmaBufs dmaBufs = new DmaBufs(ledger, session, reservations, buffers);
    final NotifierCalls notifierCalls = new NotifierCalls();
    final InvalidationSeqs invalidationSeqs = new InvalidationSeqs(notifiers);
    final KfdProcesses kfdProcesses = new KfdProcesses(session, notifierCalls);
    final PinnedPages pinnedPages = new PinnedPages();
    final Submissions submissions = new Submissions(notifiers);
    final RetryLoops retryLoops = new RetryLoops(ledger, notifiers);
    final UserptrDmaMaps userptrDmaMaps = new UserptrDmaMaps();
    final KfdDebugging kfdDebugging = new KfdDebugging();
    final SvmRanges svmRanges = new SvmRanges(session, spaces, notifiers);
    final DevmemCopies devmemCopies = new DevmemCopies(fences);
    final HeldUpCalls heldUpCalls = new HeldUpCalls();
    final Removals removals = new Removals(ledger, fences, buffers);
    final DmaMappings dmaMappings = new DmaMappings();
    final CallsInFlight calls = new CallsInFlight();
    final UserQueues userQueues = new UserQueues(ledger, session, fences, reservations, buffers, devices, locks);
    final NullPages nullPages = new NullPages(spaces, faults);
    private final Fold fold = new Fold(this);
    private final List<StatePart> parts = List.of(
            ledger,
            session,
            fences,
            reservations,
            devices,
            spaces,
            buffers,
            locks,
            notifiers,
            pages,
            queues,
            invalidations,
            translations,
            faults,
            userFences,
            coredumps,
            tasks,
            debuggers,
            threads,
            schedulers,
            syncObjects,
            waits,
            fenceLocks,
            callbacks,
            driverMemory,
            resources,
            vramBlocks,
            contents,
            cpuMappings,
            grants,
            vmAccesses,
            bounceBuffers,
            debugProtocols,
            writtenCode,
            haltedThreads,
            dmaBufs,
            notifierCalls,
            invalidationSeqs,
            kfdProcesses,
            pinnedPages,
            submissions,
            retryLoops,
            userptrDmaMaps,
            kfdDebugging,
            svmRanges,
            devmemCopies,
            heldUpCalls,
            removals,
            dmaMappings,
            calls,
            userQueues,
            nullPages);

    /** What the recording holds, lost, and contradicts; and the clock. */
    public StreamLedger ledger() {
        return ledger;
    }

    /** The variants the session declares. */
    public SessionFacts session() {
        return session;
    }

    /** Which BO lies in which block of VRAM. */
    public VramBlocks vramBlocks() {
        return vramBlocks;
    }

    /** Fences and their contexts. */
    public Fences fences() {
        return fences;
    }

    /** Reservation objects. */
    public Reservations reservations() {
        return reservations;
    }

    /** Devices and clients. */
    public Devices devices() {
        return devices;
    }

    /** GPU address spaces, mappings, page tables. */
    public AddressSpaces spaces() {
        return spaces;
    }

    /** Buffer objects and their backing stores. */
    public BufferObjects buffers() {
        return buffers;
    }

    /** Locks held. */
    public Locks locks() {
        return locks;
    }

    /** Interval notifiers and running invalidations. */
    public Notifiers notifiers() {
        return notifiers;
    }

    /** Freed page incarnations. */
    public Pages pages() {
        return pages;
    }

    /** Exec queues. */
    public Queues queues() {
        return queues;
    }

    /** Invalidations of TLBs. */
    public TlbInvalidations invalidations() {
        return invalidations;
    }

    /** What TLBs may still translate although it was unmapped. */
    public Translations translations() {
        return translations;
    }

    /** Page faults of GPUs that wait for an answer. */
    public PageFaults faults() {
        return faults;
    }

    /** User fences that binds are to signal. */
    public UserFences userFences() {
        return userFences;
    }

    /** Device core dumps. */
    public Coredumps coredumps() {
        return coredumps;
    }

    /** Processes and credentials. */
    public Tasks tasks() {
        return tasks;
    }

    /** Debugger connections. */
    public Debuggers debuggers() {
        return debuggers;
    }

    /** Threads in the middle of something. */
    public Threads threads() {
        return threads;
    }

    /** Schedulers, entities, jobs. */
    public Schedulers schedulers() {
        return schedulers;
    }

    /** Sync objects and sync files. */
    public SyncObjects syncObjects() {
        return syncObjects;
    }

    /** Who waits for whom. */
    public WaitGraph waits() {
        return waits;
    }

    /** In which order the spinlocks of fences are taken. */
    public FenceLockOrder fenceLocks() {
        return fenceLocks;
    }

    /** Callbacks queued on fences. */
    public FenceCallbacks callbacks() {
        return callbacks;
    }

    /** Driver objects and modules behind fences. */
    public DriverMemory driverMemory() {
        return driverMemory;
    }

    /** TTM resources and the ranges they had. */
    public Resources resources() {
        return resources;
    }

    /** Whose data is in memory. */
    public MemoryContents contents() {
        return contents;
    }

    /** CPU mappings of buffer objects. */
    public CpuMappings cpuMappings() {
        return cpuMappings;
    }

    /** Which client may use which buffer object. */
    public Grants grants() {
        return grants;
    }

    /** Accesses of debuggers to VMs, and the accesses to BOs that they lead to. */
    public VmAccesses vmAccesses() {
        return vmAccesses;
    }

    /** What debugger connections were told. */
    public DebugProtocols debugProtocols() {
        return debugProtocols;
    }

    /** Queues whose threads stand still for a debugger. */
    public HaltedThreads haltedThreads() {
        return haltedThreads;
    }

    /** Instructions that debuggers wrote. */
    public WrittenCode writtenCode() {
        return writtenCode;
    }

    /** The bounce buffers through which the contents of BOs are copied. */
    public BounceBuffers bounceBuffers() {
        return bounceBuffers;
    }

    /** dma-bufs and their importers. */
    public DmaBufs dmaBufs() {
        return dmaBufs;
    }

    /** Notifier callbacks that run. */
    public NotifierCalls notifierCalls() {
        return notifierCalls;
    }

    /** Sequence numbers of CPU address spaces. */
    public InvalidationSeqs invalidationSeqs() {
        return invalidationSeqs;
    }

    /** KFD processes whose queues are stopped. */
    public KfdProcesses kfdProcesses() {
        return kfdProcesses;
    }

    /** Pinned userptr pages. */
    public PinnedPages pinnedPages() {
        return pinnedPages;
    }

    /** What threads checked before they let work loose. */
    public Submissions submissions() {
        return submissions;
    }

    /** The threads that fetch pages again and again. */
    public RetryLoops retryLoops() {
        return retryLoops;
    }

    /** DMA mappings of userptr pages. */
    public UserptrDmaMaps userptrDmaMaps() {
        return userptrDmaMaps;
    }

    /** SVM ranges. */
    public DevmemCopies devmemCopies() {
        return devmemCopies;
    }

    public SvmRanges svmRanges() {
        return svmRanges;
    }

    /** Who debugs which KFD process. */
    public KfdDebugging kfdDebugging() {
        return kfdDebugging;
    }

    /** Null mappings that faults of debugged threads were answered with. */
    public NullPages nullPages() {
        return nullPages;
    }

    /** Calls that wait for debuggers. */
    public HeldUpCalls heldUpCalls() {
        return heldUpCalls;
    }

    /** Devices that are being unplugged. */
    public Removals removals() {
        return removals;
    }

    /** What devices have mapped for DMA. */
    public DmaMappings dmaMappings() {
        return dmaMappings;
    }

    /** The ioctls that threads are in. */
    public CallsInFlight calls() {
        return calls;
    }

    /** User-mode queues. */
    public UserQueues userQueues() {
        return userQueues;
    }

    /** Folds the next event in. Never fails: what contradicts the state is noted in the ledger. */
    public void apply(Event e) {
        fold.apply(e);
    }

    /** Writes the state: compact, and the same bytes for equal states. */
    public void snapshot(DataOutput target) throws IOException {
        SnapshotWriter out = new SnapshotWriter(target);
        target.writeInt(MAGIC);
        out.number(VERSION);
        for (StatePart part : parts) {
            part.write(out);
        }
    }

    /**
     * Reads a state that {@link #snapshot} wrote.
     *
     * @throws IOException if the bytes are no snapshot, or one of a version that this code does not read
     */
    public static KernelState restore(DataInput source) throws IOException {
        if (source.readInt() != MAGIC) {
            throw new IOException("these bytes are not a snapshot of a session's state");
        }
        SnapshotReader in = new SnapshotReader(source);
        long version = in.number();
        if (version != VERSION) {
            throw new IOException("the snapshot is of version " + version + ", this code reads version " + VERSION);
        }
        KernelState state = new KernelState();
        for (StatePart part : state.parts) {
            part.read(in);
        }
        return state;
    }
}

package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
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
    private static final int VERSION = 7;

    private final StreamLedger ledger = new StreamLedger();
    private final SessionFacts session = new SessionFacts();
    private final Fences fences = new Fences(ledger, session);
    private final Threads threads = new Threads();
    private final Reservations reservations = new Reservations(ledger, fences, threads);
    private final Devices devices = new Devices(ledger, session);
    private final AddressSpaces spaces = new AddressSpaces(ledger, session, reservations);
    private final BufferObjects buffers = new BufferObjects(ledger, session, reservations, devices, spaces);
    private final BoCreations creations = new BoCreations(ledger, buffers);
    private final Locks locks = new Locks(ledger);
    private final Notifiers notifiers = new Notifiers(ledger, session, spaces, locks);
    private final Pages pages = new Pages();
    private final Queues queues = new Queues(ledger, session);
    private final TlbInvalidations invalidations = new TlbInvalidations(session, devices, spaces);
    private final Translations translations = new Translations(ledger, fences, devices, spaces, invalidations);
    private final PageFaults faults = new PageFaults(spaces);
    private final UserFences userFences = new UserFences();
    private final Coredumps coredumps = new Coredumps(ledger, devices, queues, spaces);
    private final Tasks tasks = new Tasks(ledger);
    private final Debuggers debuggers = new Debuggers(ledger, session);
    private final SyncObjects syncObjects = new SyncObjects(ledger, fences);
    private final Schedulers schedulers = new Schedulers(ledger, session, fences, syncObjects);
    private final FenceLockOrder fenceLocks = new FenceLockOrder(ledger, fences, threads, schedulers);
    private final WaitGraph waits = new WaitGraph(fences, reservations, locks, threads, schedulers);
    private final FenceCallbacks callbacks = new FenceCallbacks();
    private final DriverMemory driverMemory = new DriverMemory(fences);
    private final Resources resources = new Resources(ledger, session, fences, buffers);
    private final MemoryContents contents = new MemoryContents(session, devices, resources);
    private final CpuMappings cpuMappings = new CpuMappings(ledger, buffers);
    private final Grants grants = new Grants();
    private final VmAccesses vmAccesses = new VmAccesses(spaces);
    private final DebugProtocols debugProtocols = new DebugProtocols(ledger, session);
    private final HaltedThreads haltedThreads = new HaltedThreads(ledger, session);
    private final WrittenCode writtenCode = new WrittenCode();
    private final BounceBuffers bounceBuffers = new BounceBuffers(fences, buffers, resources);
    private final DmaBufs dmaBufs = new DmaBufs(ledger, session, reservations, buffers);
    private final NotifierCalls notifierCalls = new NotifierCalls();
    private final InvalidationSeqs invalidationSeqs = new InvalidationSeqs(notifiers);
    private final KfdProcesses kfdProcesses = new KfdProcesses(session, notifierCalls);
    private final PinnedPages pinnedPages = new PinnedPages();
    private final Submissions submissions = new Submissions(notifiers);
    private final RetryLoops retryLoops = new RetryLoops(ledger, notifiers);
    private final UserptrDmaMaps userptrDmaMaps = new UserptrDmaMaps();
    private final KfdDebugging kfdDebugging = new KfdDebugging();
    private final SvmRanges svmRanges = new SvmRanges(session, spaces, notifiers);
    private final HeldUpCalls heldUpCalls = new HeldUpCalls();
    private final Removals removals = new Removals(ledger, fences, buffers);
    private final DmaMappings dmaMappings = new DmaMappings();
    private final CallsInFlight calls = new CallsInFlight();
    private final UserQueues userQueues =
            new UserQueues(ledger, session, fences, reservations, buffers, devices, locks);
    private final NullPages nullPages = new NullPages(spaces, faults);
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
        ledger.advance(e);
        if (e.eventType() != EventType.SESSION_START) {
            ledger.requireStart(e);
        }
        String missing = Subjects.missing(e);
        if (missing != null) {
            ledger.leaveUnclear(e, missing);
            return;
        }
        creations.check(e);
        switch (e.eventType()) {
            case BO_CREATE -> {
                buffers.apply((BoCreate) e);
                grants.apply((BoCreate) e);
            }
            case BO_MOVE_BEGIN -> buffers.apply((BoMoveBegin) e);
            case BO_MOVE -> {
                // What the copy reads is what the BO has before it counts as moved.
                buffers.touch(((BoMove) e).bo(), e.seq());
                resources.apply((BoMove) e);
                buffers.apply((BoMove) e);
                contents.apply((BoMove) e, buffers.left((BoMove) e));
            }
            case BO_MOVE_COMMIT -> buffers.apply((BoMoveCommit) e);
            case BO_MOVE_FAIL -> buffers.apply((BoMoveFail) e);
            case BO_GHOST -> {
                buffers.apply((BoGhost) e);
                if (buffers.isWithoutPages(((BoGhost) e).bo(), e.seq())) {
                    contents.leave(((BoGhost) e).bo());
                }
                resources.apply((BoGhost) e);
            }
            case BO_GRANT -> grants.apply((BoGrant) e);
            case BO_REVOKE -> grants.apply((BoRevoke) e);
            case BO_MMAP -> grants.apply((BoMmap) e);
            case BO_MUNMAP -> grants.apply((BoMunmap) e);
            case DEVICE_VRAM -> devices.apply((DeviceVram) e);
            case VRAM_WRITE -> contents.apply((VramWrite) e);
            case VRAM_CLEAR -> contents.apply((VramClear) e);
            case VRAM_CLEAN_HIT -> contents.apply((VramCleanHit) e);
            case VRAM_FILL -> contents.apply((VramFill) e);
            case TT_CLEAR -> contents.apply((TtClear) e);
            case BO_INDIVIDUALIZE -> buffers.apply((BoIndividualize) e);
            case RESV_SET -> buffers.apply((ResvSet) e);
            case BO_PIN -> buffers.apply((BoPin) e);
            case BO_UNPIN -> buffers.apply((BoUnpin) e);
            case BO_RELEASE -> buffers.apply((BoRelease) e);
            case BO_DESTROY -> {
                buffers.apply((BoDestroy) e);
                cpuMappings.apply((BoDestroy) e);
                contents.leave(((BoDestroy) e).bo());
                grants.apply((BoDestroy) e);
                userQueues.apply((BoDestroy) e);
                kfdProcesses.leave(((BoDestroy) e).bo());
            }
            case BO_GET -> buffers.apply((BoGet) e);
            case BO_PUT -> buffers.apply((BoPut) e);
            case BO_LOOKUP -> buffers.apply((BoLookup) e);
            case BO_DELAYED_DESTROY -> buffers.apply((BoDelayedDestroy) e);
            case BO_VALIDATE -> buffers.apply((BoValidate) e);
            case BO_SWAPOUT_TRY -> buffers.apply((BoSwapoutTry) e);
            case BO_KMAP -> cpuMappings.apply((BoKmap) e);
            case BO_KUNMAP -> cpuMappings.apply((BoKunmap) e);
            case BO_VMAP -> cpuMappings.apply((BoVmap) e);
            case BO_VUNMAP -> cpuMappings.apply((BoVunmap) e);
            case CPU_ACCESS -> cpuMappings.apply((CpuAccess) e);
            case CPU_PTE_INSERT -> cpuMappings.apply((CpuPteInsert) e);
            case CPU_PTE_ZAP -> cpuMappings.apply((CpuPteZap) e);
            case RESOURCE_NEW -> resources.apply((ResourceNew) e);
            case RESOURCE_ALLOC -> resources.apply((ResourceAlloc) e);
            case RESOURCE_ASSIGN -> resources.apply((ResourceAssign) e);
            case RESOURCE_FREE -> {
                resources.apply((ResourceFree) e);
                buffers.apply((ResourceFree) e);
            }
            case MANAGER_EVICT_FENCE -> resources.apply((ManagerEvictFence) e);
            case DEBUG_CONNECT -> {
                debuggers.apply((DebugConnect) e);
                debugProtocols.apply((DebugConnect) e);
                heldUpCalls.apply((DebugConnect) e);
            }
            case DEBUG_DETACH -> {
                debuggers.apply((DebugDetach) e);
                debugProtocols.apply((DebugDetach) e);
                heldUpCalls.apply((DebugDetach) e, ledger.nowNs());
            }
            case DEBUG_EVENT -> {
                debuggers.apply((DebugEvent) e);
                debugProtocols.apply((DebugEvent) e);
                heldUpCalls.apply((DebugEvent) e, ledger.nowNs());
            }
            case DEBUG_ACK -> debugProtocols.apply((DebugAck) e);
            case DEBUG_EU_CONTROL -> {
                debugProtocols.apply((DebugEuControl) e);
                haltedThreads.apply((DebugEuControl) e, debugProtocols.queueOf((DebugEuControl) e));
            }
            case DEBUG_VM_FSYNC -> flush((DebugVmFsync) e);
            case DEBUG_VM_OPEN -> debuggers.apply((DebugVmOpen) e);
            case DEBUG_VM_ACCESS -> {
                long vm = debuggers.vmOf((DebugVmAccess) e);
                vmAccesses.apply((DebugVmAccess) e, vm);
                writtenCode.apply((DebugVmAccess) e, vm);
                spaces.apply((DebugVmAccess) e, vm);
                leaveWork(e);
            }
            case BO_ACCESS -> vmAccesses.apply((BoAccess) e);
            case BOUNCE_FILL -> bounceBuffers.apply((BounceFill) e);
            case BOUNCE_DRAIN -> bounceBuffers.apply((BounceDrain) e);
            case DEVICE_UNBIND -> {
                devices.apply((DeviceUnbind) e);
                removals.apply((DeviceUnbind) e);
            }
            case DEVICE_UNPLUG_FLAG -> {
                devices.apply((DeviceUnplugFlag) e);
                removals.apply((DeviceUnplugFlag) e);
            }
            case DEVICE_UNPLUG_DONE -> {
                devices.apply((DeviceUnplugDone) e);
                removals.apply((DeviceUnplugDone) e);
            }
            case DEVICE_REGISTER -> devices.apply((DeviceRegister) e);
            case DEVICE_RELEASE -> {
                devices.apply((DeviceRelease) e);
                resources.apply((DeviceRelease) e);
                removals.apply((DeviceRelease) e);
                dmaMappings.apply((DeviceRelease) e);
            }
            case DEVICE_UNPLUG_SYNC -> {
                devices.apply((DeviceUnplugSync) e);
                removals.apply((DeviceUnplugSync) e);
            }
            case DEVICE_SUSPEND -> devices.apply((DeviceSuspend) e);
            case DEVICE_RESUME -> devices.apply((DeviceResume) e);
            case CLIENT_OPEN -> devices.apply((ClientOpen) e);
            case CLIENT_CLOSE -> {
                devices.apply((ClientClose) e);
                grants.apply((ClientClose) e);
                userQueues.apply((ClientClose) e);
            }
            case RESV_LOCK -> {
                reservations.apply((ResvLock) e);
                threads.unblock(e);
            }
            case RESV_UNLOCK -> reservations.apply((ResvUnlock) e);
            case RESV_ADD_FENCE -> {
                reservations.apply((ResvAddFence) e);
                submissions.apply((ResvAddFence) e);
                buffers.apply((ResvAddFence) e);
                userQueues.apply((ResvAddFence) e);
                promise(((ResvAddFence) e).fence(), e);
            }
            case RESV_RESERVE -> reservations.apply((ResvReserve) e);
            case DMA_FENCE_LOCK -> {
                fenceLocks.apply((DmaFenceLock) e);
                threads.apply((DmaFenceLock) e);
            }
            case DMA_FENCE_DEP -> waits.apply((DmaFenceDep) e);
            case NOTIFIER_READ_BEGIN -> threads.apply((NotifierReadBegin) e);
            case NOTIFIER_REMOVE -> threads.apply((NotifierRemove) e);
            case NOTIFIER_READ_BEGIN_DONE -> {
                threads.passNotifier(e);
                retryLoops.apply((NotifierReadBeginDone) e);
            }
            case DMA_FENCE_UNLOCK -> threads.apply((DmaFenceUnlock) e);
            case BO_COPY_START -> buffers.apply((BoCopyStart) e);
            case RESV_REPLACE_FENCES -> {
                reservations.apply((ResvReplaceFences) e);
                userQueues.apply((ResvReplaceFences) e);
            }
            case RESV_WAIT -> reservations.apply((ResvWait) e);
            case DMA_FENCE_INIT -> {
                callbacks.forgetFence(((DmaFenceInit) e).fence());
                fences.apply((DmaFenceInit) e);
                driverMemory.apply((DmaFenceInit) e);
                waits.apply((DmaFenceInit) e);
            }
            case DMA_FENCE_PUBLISH -> publish((DmaFencePublish) e);
            case DMA_FENCE_HANDOFF -> {
                fences.apply((DmaFenceHandoff) e);
                handOver(((DmaFenceHandoff) e).fence());
            }
            case DMA_FENCE_EMIT -> {
                fences.apply((DmaFenceEmit) e);
                handOver(((DmaFenceEmit) e).fence());
            }
            case DMA_FENCE_ENABLE_SIGNAL -> fences.apply((DmaFenceEnableSignal) e);
            case DMA_FENCE_SIGNALED -> {
                fences.apply((DmaFenceSignaled) e);
                handOver(((DmaFenceSignaled) e).fence());
                spaces.apply((DmaFenceSignaled) e);
                schedulers.apply((DmaFenceSignaled) e);
                queues.apply((DmaFenceSignaled) e, fences.fence(((DmaFenceSignaled) e).fence()));
                waits.forget(((DmaFenceSignaled) e).fence());
                removals.apply((DmaFenceSignaled) e);
                userQueues.apply((DmaFenceSignaled) e);
            }
            case DMA_FENCE_WAIT_END -> {
                bounceBuffers.apply((DmaFenceWaitEnd) e);
                fences.apply((DmaFenceWaitEnd) e);
                threads.apply((DmaFenceWaitEnd) e);
            }
            case DMA_FENCE_DESTROY -> {
                handOver(((DmaFenceDestroy) e).fence());
                callbacks.forgetFence(((DmaFenceDestroy) e).fence());
                fences.apply((DmaFenceDestroy) e);
                userQueues.apply((DmaFenceDestroy) e);
                schedulers.apply((DmaFenceDestroy) e);
                queues.apply((DmaFenceDestroy) e);
                waits.forget(((DmaFenceDestroy) e).fence());
                fenceLocks.forget(((DmaFenceDestroy) e).fence());
            }
            case DMA_FENCE_FREE -> fences.apply((DmaFenceFree) e);
            case DMA_FENCE_ADD_CALLBACK -> callbacks.apply((DmaFenceAddCallback) e);
            case DMA_FENCE_REMOVE_CALLBACK -> callbacks.apply((DmaFenceRemoveCallback) e);
            case MEM_FREE -> callbacks.apply((MemFree) e);
            case DRIVER_MEMORY_FREE -> driverMemory.apply((DriverMemoryFree) e);
            case MODULE_LOAD -> driverMemory.apply((ModuleLoad) e);
            case MODULE_UNLOAD -> driverMemory.apply((ModuleUnload) e);
            case RCU_GRACE_PERIOD -> driverMemory.apply((RcuGracePeriod) e);
            case IOCTL_ENTER -> {
                heldUpCalls.apply((IoctlEnter) e);
                calls.apply((IoctlEnter) e);
            }
            case IOCTL -> {
                spaces.apply((Ioctl) e);
                heldUpCalls.apply((Ioctl) e);
                calls.apply((Ioctl) e);
                leaveKernel(e);
            }
            case DMA_FENCE_TEST -> {
                fences.apply((DmaFenceTest) e);
                removals.apply((DmaFenceTest) e);
            }
            case DMA_FENCE_RENUMBER -> fences.apply((DmaFenceRenumber) e);
            case DMA_FENCE_ARRAY -> fences.apply((DmaFenceArray) e);
            case DMA_FENCE_CHAIN -> fences.apply((DmaFenceChain) e);
            case MM_RANGE_START -> {
                notifiers.apply((MmRangeStart) e);
                invalidationSeqs.apply((MmRangeStart) e);
            }
            case MM_RANGE_START_DONE -> {
                MmRangeStartDone done = (MmRangeStartDone) e;
                invalidationSeqs.beforeEnd(done);
                svmRanges.apply(done);
                notifiers.apply(done);
            }
            case MM_RANGE_END -> {
                invalidationSeqs.beforeEnd((MmRangeEnd) e);
                notifiers.apply((MmRangeEnd) e);
            }
            case PAGE_ACCESS -> spaces.apply((PageAccess) e);
            case PAGE_ALLOC -> pages.apply((PageAlloc) e);
            case PAGE_FREE -> pages.apply((PageFree) e);
            case NOTIFIER_INSERT -> {
                notifiers.apply((NotifierInsert) e);
                invalidationSeqs.apply((NotifierInsert) e);
            }
            case NOTIFIER_REMOVE_DONE -> {
                notifiers.apply((NotifierRemoveDone) e);
                retryLoops.apply((NotifierRemoveDone) e);
                kfdProcesses.apply((NotifierRemoveDone) e);
                threads.passNotifier(e);
            }
            case NOTIFIER_INVALIDATE -> {
                notifiers.apply((NotifierInvalidate) e);
                notifierCalls.apply((NotifierInvalidate) e);
                invalidationSeqs.apply((NotifierInvalidate) e);
                threads.apply((NotifierInvalidate) e);
            }
            case NOTIFIER_INVALIDATE_DONE -> {
                notifiers.apply((NotifierInvalidateDone) e);
                notifierCalls.apply((NotifierInvalidateDone) e);
                threads.apply((NotifierInvalidateDone) e);
            }
            case NOTIFIER_SET_SEQ -> {
                notifiers.apply((NotifierSetSeq) e);
                notifierCalls.apply((NotifierSetSeq) e);
            }
            case NOTIFIER_READ_RETRY -> {
                notifiers.apply((NotifierReadRetry) e);
                retryLoops.apply((NotifierReadRetry) e);
            }
            case NOTIFIER_CHECK_RETRY -> {
                notifiers.apply((NotifierCheckRetry) e);
                retryLoops.apply((NotifierCheckRetry) e);
            }
            case HMM_RANGE_FAULT -> rangeFault((HmmRangeFault) e);
            case PAGE_PIN -> {
                notifiers.apply((PagePin) e);
                pinnedPages.apply((PagePin) e);
            }
            case PAGE_UNPIN -> {
                notifiers.apply((PageUnpin) e);
                pinnedPages.apply((PageUnpin) e);
            }
            case DMA_MAP -> {
                userptrDmaMaps.apply((DmaMap) e);
                dmaMappings.apply((DmaMap) e);
            }
            case DMA_UNMAP -> {
                userptrDmaMaps.apply((DmaUnmap) e);
                dmaMappings.apply((DmaUnmap) e);
            }
            case DEVICE_QUIESCE -> removals.apply((DeviceQuiesce) e);
            case DEVICE_MMIO_UNMAP -> removals.apply((DeviceMmioUnmap) e);
            case DEVICE_BUSMASTER_OFF -> removals.apply((DeviceBusmasterOff) e);
            case IOMMU_GROUP_LEAVE -> removals.apply((IommuGroupLeave) e);
            case SVM_RANGE_CREATE -> svmRanges.apply((SvmRangeCreate) e);
            case SVM_RANGE_DESTROY -> svmRanges.apply((SvmRangeDestroy) e);
            case KFD_EVICT_USERPTR -> kfdProcesses.apply((KfdEvictUserptr) e);
            case KFD_RESUME -> kfdProcesses.apply((KfdResume) e);
            case TT_POPULATE -> {
                buffers.apply((TtPopulate) e);
                contents.apply((TtPopulate) e);
            }
            case TT_UNPOPULATE -> {
                buffers.apply((TtUnpopulate) e);
                removals.apply((TtUnpopulate) e);
                contents.leave(((TtUnpopulate) e).bo());
            }
            case TT_BACKUP -> {
                buffers.apply((TtBackup) e);
                contents.apply((TtBackup) e);
            }
            case TT_SWAPOUT -> {
                buffers.apply((TtSwapout) e);
                contents.leave(((TtSwapout) e).bo());
            }
            case TT_SWAPIN -> {
                buffers.apply((TtSwapin) e);
                contents.apply((TtSwapin) e);
            }
            case TT_DESTROY -> {
                buffers.apply((TtDestroy) e);
                contents.leave(((TtDestroy) e).bo());
            }
            case SESSION_START -> start((SessionStart) e);
            case SESSION_END -> ledger.end(e, ((SessionEnd) e).events());
            case TRACE_LOST -> ledger.lose(e.seq(), ((TraceLost) e).count());
            case TASK_NEW -> tasks.apply((TaskNew) e);
            case TASK_FORK -> tasks.apply((TaskFork) e);
            case TASK_EXEC -> tasks.apply((TaskExec) e);
            case TASK_EXIT -> {
                tasks.apply((TaskExit) e);
                kfdDebugging.apply((TaskExit) e);
                heldUpCalls.apply((TaskExit) e);
                calls.apply((TaskExit) e);
            }
            case KFD_DEBUG_TRAP -> kfdDebugging.apply((KfdDebugTrap) e);
            case PTRACE_ATTACH -> tasks.apply((PtraceAttach) e);
            case PTRACE_DETACH -> tasks.apply((PtraceDetach) e);
            case LOCK_ACQUIRE -> {
                locks.apply((LockAcquire) e);
                notifiers.apply((LockAcquire) e);
                threads.unblock(e);
            }
            case LOCK_RELEASE -> {
                notifiers.beforeRelease((LockRelease) e);
                locks.apply((LockRelease) e);
                submissions.apply((LockRelease) e);
            }
            case EVICTION_FENCE_ARM -> {
                fences.isOfKind(((EvictionFenceArm) e).fence(), FenceKind.EVICTION, e.seq());
                userQueues.apply((EvictionFenceArm) e);
            }
            case VM_CREATE -> spaces.apply((VmCreate) e);
            case VM_CLOSE -> spaces.apply((VmClose) e);
            case VM_FREE -> {
                spaces.apply((VmFree) e);
                faults.apply((VmFree) e);
                nullPages.apply((VmFree) e);
                svmRanges.apply((VmFree) e);
                translations.apply((VmFree) e);
                queues.apply((VmFree) e);
                userFences.apply((VmFree) e);
                writtenCode.forget(((VmFree) e).vm());
            }
            case VMA_CREATE -> {
                spaces.apply((VmaCreate) e);
                nullPages.apply((VmaCreate) e);
            }
            case VMA_DESTROY -> {
                spaces.apply((VmaDestroy) e);
                nullPages.apply((VmaDestroy) e);
            }
            case VMA_REBIND -> {
                spaces.apply((VmaRebind) e);
                fences.mention(((VmaRebind) e).fence(), e.seq());
            }
            case EXEC_PUBLISH -> {
                fences.mention(((ExecPublish) e).fence(), e.seq());
                queues.apply((ExecPublish) e);
                spaces.published((ExecPublish) e);
                submissions.apply((ExecPublish) e, queues.vmOf(((ExecPublish) e).vm(), ((ExecPublish) e).queue()));
            }
            case EXEC_CHECK_REPIN -> submissions.apply((ExecCheckRepin) e);
            case REBIND_WORKER_EXIT -> leaveWork(e);
            case VMA_INVALIDATE -> {
                // What the page tables hold before is what TLBs may hold after.
                translations.apply((VmaInvalidate) e);
                spaces.apply((VmaInvalidate) e);
            }
            case VMA_PIN -> {
                spaces.apply((VmaPin) e);
                notifiers.apply((VmaPin) e);
                retryLoops.apply((VmaPin) e);
            }
            case VMA_LIST -> spaces.apply((VmaList) e);
            case VM_BIND -> {
                fences.touch(((VmBind) e).fence(), e.seq());
                spaces.apply((VmBind) e);
                userFences.apply((VmBind) e);
                nullPages.apply((VmBind) e, spaces.mapping(((VmBind) e).vma()));
            }
            case PTE_WRITE -> {
                spaces.apply((PteWrite) e);
                nullPages.apply((PteWrite) e);
            }
            case PTE_ZAP -> {
                PteZap zap = (PteZap) e;
                translations.apply(zap);
                spaces.apply(zap);
                fences.mention(zap.fence(), e.seq());
            }
            case PREEMPT_FENCE_ARM -> preemptFenceArm((PreemptFenceArm) e);
            case REBIND_WORKER_ENTER -> spaces.isLongRunning(((RebindWorkerEnter) e).vm(), e.seq());
            case QUEUE_CREATE -> {
                queues.apply((QueueCreate) e);
                haltedThreads.apply((QueueCreate) e);
            }
            case QUEUE_REGISTER -> queues.apply((QueueRegister) e);
            case QUEUE_SUSPEND -> queues.apply((QueueSuspend) e);
            case QUEUE_SUSPEND_DONE -> {
                queues.apply((QueueSuspendDone) e);
                haltedThreads.leaveHardware(((QueueSuspendDone) e).queue());
            }
            case QUEUE_RESUME -> queues.apply((QueueResume) e);
            case QUEUE_RESET -> {
                QueueReset reset = (QueueReset) e;
                queues.apply(reset);
                haltedThreads.leaveHardware(reset.queue());
                if ("GT".equals(reset.scope())) {
                    translations.reset(deviceOf(reset), reset.gt());
                }
            }
            case QUEUE_KILL -> {
                queues.apply((QueueKill) e);
                haltedThreads.leaveHardware(((QueueKill) e).queue());
            }
            case QUEUE_CAT_ERROR -> queues.apply((QueueCatError) e);
            case QUEUE_DESTROY -> {
                queues.apply((QueueDestroy) e);
                haltedThreads.forget(((QueueDestroy) e).queue());
            }
            case GPU_ACCESS -> queues.apply((GpuAccess) e);
            case VM_KILL -> spaces.apply((VmKill) e);
            case VMA_EVICT -> spaces.apply((VmaEvict) e);
            case TLB_INVAL_SEND -> {
                invalidations.apply((TlbInvalSend) e);
                translations.apply((TlbInvalSend) e);
            }
            case TLB_INVAL_TIMEOUT -> invalidations.apply((TlbInvalTimeout) e);
            case TLB_INVAL_SIGNAL -> {
                translations.apply((TlbInvalSignal) e);
                invalidations.apply((TlbInvalSignal) e);
            }
            case GPU_RESET_DONE -> reset((GpuResetDone) e);
            case COREDUMP_CAPTURE -> coredumps.apply((CoredumpCapture) e);
            case COREDUMP_READ -> coredumps.apply((CoredumpRead) e);
            case COREDUMP_FREE -> coredumps.apply((CoredumpFree) e);
            case GPU_FAULT -> faults.apply((GpuFault) e);
            case GPU_FAULT_BIND -> {
                faults.apply((GpuFaultBind) e);
                nullPages.apply((GpuFaultBind) e);
            }
            case GPU_FAULT_ACK -> {
                faults.apply((GpuFaultAck) e);
                leaveWork(e);
            }
            case USER_FENCE_SIGNAL -> {
                userFences.apply((UserFenceSignal) e);
                debugProtocols.apply((UserFenceSignal) e);
            }
            case EU_HALT -> haltedThreads.apply((EuHalt) e);
            case EU_RESUME -> haltedThreads.apply((EuResume) e);
            case DEVICE_ENTER -> threads.apply((DeviceEnter) e);
            case DEVICE_EXIT -> threads.apply((DeviceExit) e);
            case RCU_READ_LOCK -> threads.apply((RcuReadLock) e);
            case RCU_READ_UNLOCK -> threads.apply((RcuReadUnlock) e);
            case SIGNALLING_BEGIN -> {
                fences.touch(((SignallingBegin) e).fence(), e.seq());
                threads.apply((SignallingBegin) e);
            }
            case SIGNALLING_END -> {
                threads.apply((SignallingEnd) e);
                coredumps.leave(((SignallingEnd) e), threads.thread(e.tid()));
            }
            case RECLAIM_BEGIN -> threads.apply((ReclaimBegin) e);
            case RECLAIM_END -> threads.apply((ReclaimEnd) e);
            case DMA_FENCE_RUN_CALLBACK -> {
                callbacks.apply((DmaFenceRunCallback) e);
                threads.apply((DmaFenceRunCallback) e);
            }
            case DMA_FENCE_END_CALLBACK -> threads.apply((DmaFenceEndCallback) e);
            case DMA_FENCE_WAIT_START -> {
                fences.apply((DmaFenceWaitStart) e);
                threads.apply((DmaFenceWaitStart) e);
                haltedThreads.apply((DmaFenceWaitStart) e);
            }
            case LOCK_BLOCK -> threads.apply((LockBlock) e);
            case SYNC_FILE_CREATE -> {
                syncObjects.apply((SyncFileCreate) e);
                promise(((SyncFileCreate) e).fence(), e);
            }
            case SYNC_FILE_WAIT -> syncObjects.apply((SyncFileWait) e);
            case SYNC_FILE_RELEASE -> syncObjects.apply((SyncFileRelease) e);
            case SYNCOBJ_REPLACE -> {
                syncObjects.apply((SyncobjReplace) e);
                promise(((SyncobjReplace) e).fence(), e);
            }
            case SYNCOBJ_POINT -> syncObjects.apply((SyncobjPoint) e);
            case SYNCOBJ_WAIT_END -> syncObjects.apply((SyncobjWaitEnd) e);
            case SCHED_INIT -> schedulers.apply((SchedInit) e);
            case SCHED_STOP -> schedulers.apply((SchedStop) e);
            case SCHED_START -> schedulers.apply((SchedStart) e);
            case SCHED_FINI -> schedulers.apply((SchedFini) e);
            case SCHED_ENTITY_CREATE -> schedulers.apply((SchedEntityCreate) e);
            case SCHED_ENTITY_KILL -> schedulers.apply((SchedEntityKill) e);
            case SCHED_ENTITY_FINI -> schedulers.apply((SchedEntityFini) e);
            case SCHED_JOB_INIT -> schedulers.apply((SchedJobInit) e);
            case SCHED_JOB_DEP -> schedulers.apply((SchedJobDep) e);
            case SCHED_JOB_DEP_SYNCOBJ -> schedulers.apply((SchedJobDepSyncobj) e);
            case SCHED_JOB_ARM -> {
                schedulers.apply((SchedJobArm) e);
                queues.apply((SchedJobArm) e);
            }
            case SCHED_JOB_QUEUE -> queue((SchedJobQueue) e);
            case SCHED_JOB_BLOCK -> schedulers.apply((SchedJobBlock) e);
            case SCHED_JOB_POP -> schedulers.apply((SchedJobPop) e);
            case SCHED_JOB_RUN -> {
                schedulers.apply((SchedJobRun) e);
                fences.isOfScheduler(((SchedJobRun) e).parent(), ((SchedJobRun) e).scheduler(), e.seq());
                queues.apply((SchedJobRun) e);
            }
            case SCHED_JOB_PHASE -> schedulers.apply((SchedJobPhase) e);
            case SCHED_JOB_DONE -> schedulers.apply((SchedJobDone) e);
            case SCHED_JOB_TIMEOUT -> timeOut((SchedJobTimeout) e);
            case SCHED_JOB_RESOLVE -> {
                schedulers.apply((SchedJobResolve) e);
                coredumps.leave(e);
            }
            case SCHED_JOB_KILL -> schedulers.apply((SchedJobKill) e);
            case SCHED_JOB_FREE -> schedulers.apply((SchedJobFree) e);
            case SCHED_JOB_CLEANUP -> schedulers.apply((SchedJobCleanup) e);
            case SYSCALL_RETURN -> {
                schedulers.apply((SyscallReturn) e);
                coredumps.leave(e);
                calls.leave(e);
                leaveKernel(e);
            }
            case DMA_FENCE_SET_ERROR -> {
                fences.apply((DmaFenceSetError) e);
                schedulers.apply((DmaFenceSetError) e);
                queues.apply((DmaFenceSetError) e);
            }
            case DMA_BUF_EXPORT -> dmaBufs.apply((DmaBufExport) e);
            case DMA_BUF_RELEASE -> dmaBufs.apply((DmaBufRelease) e);
            case DMA_BUF_ATTACH -> dmaBufs.apply((DmaBufAttach) e);
            case DMA_BUF_DETACH -> dmaBufs.apply((DmaBufDetach) e);
            case DMA_BUF_PIN -> dmaBufs.apply((DmaBufPin) e);
            case DMA_BUF_UNPIN -> dmaBufs.apply((DmaBufUnpin) e);
            case DMA_BUF_MAP -> dmaBufs.apply((DmaBufMap) e);
            case DMA_BUF_UNMAP -> dmaBufs.apply((DmaBufUnmap) e);
            case DMA_BUF_INVALIDATE -> dmaBufs.apply((DmaBufInvalidate) e);
            case DMA_BUF_VMAP -> dmaBufs.apply((DmaBufVmap) e);
            case DMA_BUF_VUNMAP -> dmaBufs.apply((DmaBufVunmap) e);
            case DMA_BUF_BEGIN_CPU_ACCESS -> dmaBufs.apply((DmaBufBeginCpuAccess) e);
            case DMA_BUF_END_CPU_ACCESS -> dmaBufs.apply((DmaBufEndCpuAccess) e);
            case DMA_BUF_POLL_CALLBACK -> dmaBufs.apply((DmaBufPollCallback) e);
            case DMA_BUF_POLL -> {
                Fence awaited = fences.touch(((DmaBufPoll) e).fence(), e.seq());
                dmaBufs.apply((DmaBufPoll) e, awaited != null && !fences.isComplete(awaited));
            }
            case USERQ_CREATE -> userQueues.apply((UserqCreate) e);
            case USERQ_DESTROY -> userQueues.apply((UserqDestroy) e);
            case USERQ_STATE -> userQueues.apply((UserqState) e);
            case USERQ_VAS -> userQueues.apply((UserqVas) e);
            case USERQ_FENCE -> userQueues.apply((UserqFence) e);
            case USERQ_TIMER_ARM -> userQueues.apply((UserqTimerArm) e);
            case USERQ_TIMER_CANCEL -> userQueues.apply((UserqTimerCancel) e);
            case USERQ_TIMER_FIRE -> userQueues.apply((UserqTimerFire) e);
            case USERQ_RESET_DONE -> userQueues.apply((UserqResetDone) e);
            case USERQ_FORCE -> userQueues.apply((UserqForce) e);
            case SEQ64_ALLOC -> userQueues.apply((Seq64Alloc) e);
            case SEQ64_FREE -> userQueues.apply((Seq64Free) e);
            case SEQ64_WRITE -> userQueues.apply((Seq64Write) e);
            case VM_MAP -> userQueues.apply((VmMap) e);
            case VM_UNMAP -> userQueues.apply((VmUnmap) e);
            // Rules judge them as they come; the fold keeps nothing of them.
            case BO_USE,
                    BO_EVICT,
                    BO_LRU,
                    BO_SUBMIT,
                    BO_DELAYED_DESTROY_RUN,
                    CPU_FAULT,
                    DMA_ACCESS,
                    VM_UNMAP_BEGIN,
                    DEBUG_DISCOVERY_START,
                    DEBUG_DISCOVERY_END,
                    EU_ATTENTION,
                    ALERT,
                    VERDICT,
                    SESSION_CHECKED,
                    DEVICE_HW_ACCESS,
                    DEVICE_GET,
                    DEVICE_PUT,
                    GPU_RESET_BEGIN,
                    SYSCALL_ABORT,
                    USER_COPY,
                    ENGINE_GROUP_SWITCH,
                    DMA_BUF_FD,
                    DMA_BUF_GET,
                    DMA_BUF_PUT,
                    FD_CLOSE,
                    DMA_BUF_MMAP,
                    SG_READ,
                    DMA_HEAP_ALLOC,
                    DMA_FENCE_SIGNAL_CALL,
                    DMA_FENCE_GET,
                    DMA_FENCE_PUT,
                    DMA_FENCE_TRYGET,
                    SYNCOBJ_WAIT_SUBMIT,
                    CPU_PTE_CLEAR,
                    VRAM_FREE,
                    MM_COLLAPSE,
                    IO_PAGE_FAULT,
                    KFD_QUIESCE,
                    RESOURCE_EXPOSE,
                    SCHED_ENTITY_TOUCH,
                    SCHED_JOB_TOUCH,
                    CLOCK_TICK,
                    RAW_EVENT,
                    ANNOTATION,
                    MEM_ALLOC,
                    USERQ_WAIT_DEP,
                    USERQ_DOORBELL,
                    USER_FENCE_WAIT,
                    TLB_INVAL_RECV,
                    REBIND_WORKER_RETRY -> {}
        }
    }

    private void start(SessionStart e) {
        List<String> streams = e.streams();
        boolean first = !ledger.hasStarted();
        ledger.start(e, e.fragment(), streams);
        if (first) {
            session.apply(e);
        }
    }

    private void flush(DebugVmFsync e) {
        if (!e.hasResult() || e.result() >= 0) {
            writtenCode.forget(debuggers.vmOf(e));
        }
    }

    private void publish(DmaFencePublish e) {
        fences.apply(e);
        Fence fence = fences.fence(e.fence());
        if (fence != null && fence.publishSeq == e.seq() && fence.handoffSeq == 0 && !fences.isComplete(fence)) {
            threads.publish(e);
        }
    }

    /** Others can find the fence from here: if the thread that made it has not handed its work over, it must not fail now. */
    private void promise(long id, Event e) {
        Fence fence = fences.fence(id);
        if (fence != null && fence.initTid == e.tid() && fence.handoffSeq == 0 && !fences.isComplete(fence)) {
            threads.promise(fence, e);
        }
    }

    private void leaveKernel(Event e) {
        threads.leaveKernel(e);
        leaveWork(e);
    }

    /** The thread returns from a system call, or a worker from its work item. */
    private void leaveWork(Event e) {
        submissions.leave(e);
        retryLoops.leave(e);
    }

    private void rangeFault(HmmRangeFault e) {
        notifiers.apply(e);
        retryLoops.apply(e);
        kfdProcesses.apply(e, e.hasMm() ? e.mm() : notifiers.mmOf(e.notifier(), Event.ABSENT));
    }

    private long deviceOf(QueueReset e) {
        AddressSpace vm = spaces.vm(queues.vmOf(e.vm(), e.queue()));
        return vm == null ? Event.ABSENT : devices.deviceOf(vm.client);
    }

    /** What is reset of a device that does not say which GT it is may be all of it: that may hide a violation and never invents one. */
    private void reset(GpuResetDone e) {
        ResetScope scope = e.scope();
        if (scope != ResetScope.RING && scope != ResetScope.QUEUE) {
            translations.reset(e.device(), scope == ResetScope.FULL ? Event.ABSENT : e.gt());
        }
    }

    private void timeOut(SchedJobTimeout e) {
        schedulers.apply(e);
        Job job = schedulers.job(e.job());
        if (job != null) {
            fences.touch(job.finished(), e.seq());
            fences.touch(e.hasParent() ? e.parent() : job.parent(), e.seq());
        }
    }

    private void queue(SchedJobQueue e) {
        schedulers.apply(e);
        Job job = schedulers.job(e.job());
        if (job != null) {
            fences.handOver(job.scheduled(), e.seq());
            handOver(job.scheduled());
            fences.handOver(job.finished(), e.seq());
            handOver(job.finished());
        }
    }

    private void handOver(long id) {
        Fence fence = fences.fence(id);
        if (fence != null) {
            threads.handOver(fence);
        }
    }

    private void preemptFenceArm(PreemptFenceArm e) {
        spaces.isLongRunning(queues.vmOf(e.vm(), e.queue()), e.seq());
        fences.isOfKind(e.fence(), FenceKind.PREEMPT, e.seq());
        queues.apply(e);
        haltedThreads.apply(e);
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

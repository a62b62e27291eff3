package dev.fenceline.simulator.vm;

import dev.fenceline.event.DriverMemoryFree;
import dev.fenceline.event.Event;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.LockClass;
import dev.fenceline.event.VmClose;
import dev.fenceline.event.VmCreate;
import dev.fenceline.event.VmFlag;
import dev.fenceline.event.VmFree;
import dev.fenceline.event.VmKill;
import dev.fenceline.event.VmListKind;
import dev.fenceline.simulator.driver.FenceNames;
import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.FenceProvider;
import dev.fenceline.simulator.fence.Timeline;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.mm.Mm;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A {@code xe_vm}: a GPU address space. */
public final class GpuVm implements Census.Member {
    /** How work in a VM lets go of memory that somebody wants to move. */
    public enum Mode {
        /** Jobs with fences: who wants the memory waits for them. */
        DMA_FENCE,
        /** Long-running queues, which preempt fences take off the hardware. */
        PREEMPT_FENCE,
        /** Long-running queues whose accesses may fault: entries are taken away under them. */
        FAULT,
        /** Jobs whose accesses may fault, so that their fences wait for page faults: no driver makes such a VM. */
        FAULTING_JOBS,
        /** Queues that the program feeds itself, which an eviction fence takes off the hardware. */
        USER_QUEUES
    }

    private static final long FIRST_ADDRESS = 0x10_0000_0000L;
    private static final long ALIGNMENT = 0x20_0000L;

    /** The memory of a VM goes without a grace period after its last fence (rule A-F13). */
    public static final Deviation FREED_WITHOUT_GRACE = new Deviation("vm-memory-goes-without-grace-period", 20);

    private final Kernel kernel;
    private final XeFile file;
    private final Mm mm;
    private final long id;
    private final Mode mode;
    private final DmaResv resv;
    private final Lock lock;
    private final Lock notifierLock;
    private final Timeline unbinds;
    private final List<Vma> vmas = new ArrayList<>();
    private final List<ExecQueue> queues = new ArrayList<>(1);
    private final Set<UserptrVma> invalidated = new LinkedHashSet<>();
    private final Set<UserptrVma> repin = new LinkedHashSet<>();
    private final Set<Vma> rebind = new LinkedHashSet<>();
    private final Set<BoVma> evicted = new LinkedHashSet<>();
    private final Instructions instructions = new Instructions();
    private long nextAddress = FIRST_ADDRESS;
    private boolean closed;
    private int refs = 1;
    private boolean banned;
    private int dying;
    private final RebindWork rebindWork = new RebindWork(this);
    private @Nullable EvictionGuard guard;

    /** {@code xe_vm_create}. */
    public GpuVm(Kernel kernel, XeFile file, Mode mode) {
        this(kernel, file, mode, null);
    }

    /** {@code amdgpu_vm_make_compute}: a VM of the KFD, whose notifiers take the lock of its process. */
    public static GpuVm ofCompute(Kernel kernel, XeFile file, Lock notifierLockOfProcess) {
        return new GpuVm(kernel, file, Mode.DMA_FENCE, notifierLockOfProcess);
    }

    private GpuVm(Kernel kernel, XeFile file, Mode mode, @Nullable Lock given) {
        this.kernel = kernel;
        this.file = file;
        this.mm = file.client().owner().mm();

        this.mode = mode;
        this.id = kernel.newId();
        this.resv = new DmaResv(kernel);
        this.lock = Lock.rwsem(kernel, LockClass.VM_LOCK);
        Lock shared = given == null ? device().notifierLock() : given;
        this.notifierLock = shared == null ? Lock.rwsem(kernel, LockClass.NOTIFIER_LOCK) : shared;
        FenceNames names = device().variant().fences();
        this.unbinds = new Timeline(
                kernel,
                kernel.newFenceContexts(1),
                names.tlbDriver(),
                names.tlbTimeline(),
                FenceKind.TLB,
                FenceProvider.independent(device().variant().driver(), device().id(), id));
        VmCreate.Builder event = VmCreate.builder()
                .vm(id)
                .client(file.client().id())
                .mm(mm.id())
                .flags(flags(mode))
                .owner(file.client().owner().tgid())
                .resv(resv.id());
        kernel.emit(hasNotifierLock() ? event.notifierLock(notifierLock.id()) : event);
        kernel.enrol(this);
        file.add(this);
    }

    private static EnumSet<VmFlag> flags(Mode mode) {
        return switch (mode) {
            case DMA_FENCE, USER_QUEUES -> EnumSet.noneOf(VmFlag.class);
            case PREEMPT_FENCE -> EnumSet.of(VmFlag.LR);
            case FAULT -> EnumSet.of(VmFlag.LR, VmFlag.FAULT);
            case FAULTING_JOBS -> EnumSet.of(VmFlag.FAULT);
        };
    }

    Kernel kernel() {
        return kernel;
    }

    public long id() {
        return id;
    }

    @Override
    public void tell(Facts facts) {
        facts.of("vm", id)
                .with("client", file.client().id())
                .with("mm", mm.id())
                .with("owner", file.client().owner().tgid())
                .with("resv", resv.id())
                .with("notifierLock", hasNotifierLock() ? notifierLock.id() : Event.ABSENT)
                .with("longRunning", isLongRunning())
                .with("faultMode", isFaultMode())
                .with("closed", closed);
    }

    public XeFile file() {
        return file;
    }

    public Device device() {
        return file.client().device();
    }

    /** The address space that the process had when it made the VM, whose memory userptr mappings show. */
    public Mm mm() {
        return mm;
    }

    /** {@code xe_vm_in_lr_mode}: whether queues run without jobs. */
    public boolean isLongRunning() {
        return mode == Mode.PREEMPT_FENCE || mode == Mode.FAULT;
    }

    /** {@code xe_vm_in_preempt_fence_mode}. */
    public boolean hasPreemptFences() {
        return mode == Mode.PREEMPT_FENCE;
    }

    /** {@code xe_vm_in_fault_mode}. */
    public boolean isFaultMode() {
        return mode == Mode.FAULT || mode == Mode.FAULTING_JOBS;
    }

    /** Whether programs feed queues of it themselves. */
    boolean hasUserQueues() {
        return mode == Mode.USER_QUEUES;
    }

    /** From now on {@code by} is told what is mapped. */
    public void guard(EvictionGuard by) {
        guard = by;
    }

    /** {@code amdgpu_gem_object_open}: BOs that others move too get the eviction fence of the VM, under their locks. */
    void guard(Iterable<Vma> mapped) {
        EvictionGuard by = guard;
        for (Vma vma : mapped) {
            if (by != null && vma instanceof BoVma mapping && mapping.bo().resv() != resv) {
                by.attach(mapping.bo().resv());
            }
        }
    }

    public DmaResv resv() {
        return resv;
    }

    /** {@code vm->lock}: the mappings. */
    public Lock lock() {
        return lock;
    }

    /** Whether notifiers take the lock: not where pages are pinned. */
    private boolean hasNotifierLock() {
        return device().variant().notifierLock() != Variant.NotifierLock.NONE;
    }

    /** {@code vm->userptr.notifier_lock}: or {@code adev->notifier_lock}: what notifier callbacks take for writing. */
    public Lock notifierLock() {
        return notifierLock;
    }

    Timeline unbinds() {
        return unbinds;
    }

    public List<Vma> vmas() {
        return vmas;
    }

    public List<ExecQueue> queues() {
        return queues;
    }

    Set<UserptrVma> invalidated() {
        return invalidated;
    }

    Set<UserptrVma> repin() {
        return repin;
    }

    Set<Vma> rebind() {
        return rebind;
    }

    Set<BoVma> evicted() {
        return evicted;
    }

    boolean isClosed() {
        return closed;
    }

    /** {@code xe_vm_is_closed_or_banned}: it takes no work. */
    public boolean isClosedOrBanned() {
        return closed || banned;
    }

    /** The code in it that a debugger may write over. */
    public Instructions instructions() {
        return instructions;
    }

    /** A free range of GPU addresses for {@code bytes}. */
    long reserveAddresses(long bytes) {
        long start = nextAddress;
        nextAddress += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT + ALIGNMENT;
        return start;
    }

    /** The mapping that shows {@code address}, or null. */
    public @Nullable Vma find(long address) {
        for (Vma vma : vmas) {
            if (address >= vma.start() && address < vma.end()) {
                return vma;
            }
        }
        return null;
    }

    /** What stands behind its mappings that mirror the CPU's addresses. */
    List<CpuMirror> mirrors() {
        return vmas.stream()
                .filter(CpuMirrorVma.class::isInstance)
                .map(vma -> ((CpuMirrorVma) vma).mirror())
                .distinct()
                .toList();
    }

    /** The reservations to lock before the VM may be changed or run: its own and those of BOs it does not own. */
    public Set<DmaResv> resvs() {
        Set<DmaResv> all = new LinkedHashSet<>();
        all.add(resv);
        for (Vma vma : vmas) {
            if (vma instanceof BoVma mapping) {
                all.add(mapping.bo().resv());
            }
        }
        return all;
    }

    /** A notifier found a userptr mapping stale. */
    void userptrInvalidated(UserptrVma vma) {
        repin.remove(vma);
        invalidated.add(vma);
        vma.moveTo(VmListKind.INVALIDATED);
    }

    /** Whether a notifier found a mapping stale and nobody has fetched its pages for a rebind since. */
    public boolean isInvalidated(UserptrVma vma) {
        return invalidated.contains(vma);
    }

    /** Takes a mapping off the invalidated list without putting it anywhere: what nobody but a faulty path does. */
    public void forgetInvalidation(UserptrVma vma) {
        invalidated.remove(vma);
        vma.moveTo(VmListKind.NONE);
    }

    /** {@code xe_vma_userptr_check_repin} of one mapping, under the notifier lock. */
    public boolean checkRepin(UserptrVma vma) {
        return vma.notifier().checkRetry(vma.pagesSeq());
    }

    /** {@code __xe_vm_userptr_needs_repin}. */
    boolean needsRepin() {
        return !invalidated.isEmpty() || !repin.isEmpty();
    }

    /** The BO of a mapping moves. */
    void needsRebind(BoVma vma) {
        evicted.add(vma);
        rebind.add(vma);
    }

    /** A part of a mapping is what has to be bound again, if the mapping was. */
    void replaceStale(BoVma whole, BoVma part) {
        if (evicted.contains(whole)) {
            evicted.add(part);
        }
        if (rebind.contains(whole)) {
            rebind.add(part);
        }
    }

    /** A mapping is no longer the VM's. */
    void forget(Vma vma) {
        vmas.remove(vma);
        rebind.remove(vma);
        if (vma instanceof UserptrVma userptr) {
            invalidated.remove(userptr);
            repin.remove(userptr);
        } else if (vma instanceof BoVma mapping) {
            evicted.remove(mapping);
        }
    }

    /** {@code preempt_fences_waiting}: whether a queue was asked off the hardware and has to get back. */
    boolean preemptFencesWaiting() {
        for (ExecQueue queue : queues) {
            if (queue.isPreempting()) {
                return true;
            }
        }
        return false;
    }

    /** {@code xe_vm_queue_rebind_worker}. */
    void queueRebindWorker() {
        if (!isClosedOrBanned()) {
            rebindWork.queue();
        }
    }

    /** {@code xe_vm_kill}: it cannot be made valid, so its queues are killed and nothing of it runs any more. */
    void kill() {
        banned = true;
        kernel.emit(VmKill.builder().vm(id));
        queues.forEach(ExecQueue::kill);
    }

    /** The work that makes it valid again. */
    RebindWork rebindWork() {
        return rebindWork;
    }

    /** From now on it takes no work and no mappings ({@code vm->size = 0}). */
    void close() {
        closed = true;
        kernel.emit(VmClose.builder().vm(id).client(file.client().id()));
        file.remove(this);
    }

    /** {@code xe_vm_remove_vma} of a mapping that goes with the VM. */
    void remove(Vma vma) {
        vma.setDestroyed();
        forget(vma);
    }

    /** Whether nothing but its handle holds it. */
    boolean isHeldOnce() {
        return refs == 1 && dying == 0;
    }

    /** {@code xe_vm_get}: its handle, queues, workers and page faults that are being served hold it. */
    void get() {
        refs++;
    }

    /** {@code xe_vm_put}; mappings on their way out hold it too, until they are destroyed. */
    void put() {
        refs--;
        freeIfEmpty();
    }

    /** A mapping was taken out of it and waits for its destruction. */
    void mappingDies() {
        dying++;
    }

    /** A mapping that was taken out of it is destroyed. */
    void mappingIsGone() {
        dying--;
        freeIfEmpty();
    }

    private void freeIfEmpty() {
        if (refs > 0 || dying > 0) {
            return;
        }
        refs = Integer.MAX_VALUE;
        kernel.emit(VmFree.builder().vm(id));
        kernel.strike(this);
        resv.fini();
        if (kernel.deviates(FREED_WITHOUT_GRACE)) {
            freeMemory();
        } else {
            kernel.rcu().call(this::freeMemory);
        }
    }

    private void freeMemory() {
        kernel.emit(
                DriverMemoryFree.builder().module(device().variant().driver()).object(id));
    }
}

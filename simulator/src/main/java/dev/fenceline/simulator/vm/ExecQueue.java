package dev.fenceline.simulator.vm;

import dev.fenceline.event.DriverMemoryFree;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.PreemptFenceArm;
import dev.fenceline.event.QueueCatError;
import dev.fenceline.event.QueueCreate;
import dev.fenceline.event.QueueDestroy;
import dev.fenceline.event.QueueKill;
import dev.fenceline.event.QueueRegister;
import dev.fenceline.event.QueueReset;
import dev.fenceline.event.QueueResume;
import dev.fenceline.event.QueueSuspend;
import dev.fenceline.event.QueueSuspendDone;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.driver.FenceNames;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.FenceCallback;
import dev.fenceline.simulator.fence.FenceProvider;
import dev.fenceline.simulator.fence.Timeline;
import dev.fenceline.simulator.gt.EngineGroup;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Context;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.WaitList;
import dev.fenceline.simulator.kernel.Waits;
import dev.fenceline.simulator.sched.Entity;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A {@code xe_exec_queue}: in a VM with fences it feeds jobs to the scheduler, in a long-running VM it runs until preempted, or faults. */
public final class ExecQueue implements Census.Member, Device.LongRunning, EngineGroup.Member, Waits {
    private static final int ENOENT = -2;
    private static final long ACCESS_PERIOD_NS = 2_000_000;

    private enum State {
        IDLE,
        RUNNING,
        SUSPENDING,
        SUSPENDED
    }

    private final Kernel kernel;
    private final GpuVm vm;
    private final boolean debuggable;
    private final long id;
    private final @Nullable Entity entity;
    private final Timeline preemption;
    private final Context engine = new Context(0, 0, 0, "ccs0");
    private final DmaFence.OnDemand whenEnabled = this::preempt;
    private final WaitList suspended = new WaitList(this);
    private final Chance chance;
    private @Nullable DmaFence preemptFence;
    private @Nullable DmaFence work;
    private @Nullable DmaFence lastJob;
    private @Nullable Runnable whenAnswered;
    private boolean faulting;
    private boolean started;
    private State state = State.IDLE;
    private long runs;
    private final EuThreads threads = new EuThreads(this);
    private boolean reset;
    private boolean killed;

    /** {@code xe_exec_queue_create}, without what {@link CreateQueue} does under locks. */
    ExecQueue(GpuVm vm, boolean debuggable) {
        this.debuggable = debuggable;
        this.kernel = vm.kernel();
        this.vm = vm;
        vm.get();
        this.id = kernel.newId();
        this.chance = kernel.chanceOf("queue " + id);
        long client = vm.file().client().id();
        QueueCreate.Builder created = QueueCreate.builder()
                .queue(id)
                .vm(vm.id())
                .client(client)
                .engineClass(vm.isLongRunning() ? "COMPUTE" : "RENDER")
                .width(1)
                .eudebug(debuggable)
                .owner(vm.file().client().owner().tgid())
                .result(0);
        EngineGroup group = group();
        kernel.emit(group == null ? created : created.group(group.id()));
        kernel.enrol(this);
        FenceNames names = vm.device().variant().fences();
        String timeline = names.preemptTimeline();
        this.preemption = new Timeline(
                        kernel,
                        kernel.newFenceContexts(1),
                        names.preemptDriver(),
                        timeline == null ? vm.file().client().owner().name() : timeline,
                        FenceKind.PREEMPT,
                        FenceProvider.independent(
                                vm.device().variant().driver(), vm.device().id(), id))
                .completedBy(vm.device().preemptWorkqueue().worker().tid());
        if (vm.isLongRunning()) {
            vm.device().longRunning().add(this);
        }
        this.entity = vm.isLongRunning() ? null : new Entity(kernel, vm.device().computeEngine(), client, id);
    }

    public long id() {
        return id;
    }

    public GpuVm vm() {
        return vm;
    }

    /** The group of engines that it shares with others; null if it has engines of its own. */
    @Nullable EngineGroup group() {
        return vm.device().engineGroup();
    }

    /** The lock of that group. */
    Lock groupLock() {
        EngineGroup group = group();
        if (group == null) {
            throw new IllegalStateException("queue " + id + " is in no group");
        }
        return group.modeSem();
    }

    /** The engine it runs on. */
    String engine() {
        return engine.name();
    }

    /** The scheduler's side of a queue with fences. */
    public Entity entity() {
        if (entity == null) {
            throw new IllegalStateException("queue " + id + " runs without jobs");
        }
        return entity;
    }

    /** The first submission to a long-running queue: it is on the hardware until it is preempted. */
    void start() {
        kernel.emit(QueueRegister.builder().queue(id).vm(vm.id()));
        started = true;
        if (state == State.IDLE) {
            run();
        }
    }

    private void run() {
        state = State.RUNNING;
        long run = ++runs;
        kernel.agenda().after(kernel.costs().engineStartNs(), () -> access(run));
    }

    private void access(long run) {
        if (run != runs || !isOnHardware()) {
            return;
        }
        if (!killed && !threads.areHalted() && vm.instructions().meetBreakpoint()) {
            kernel.enter(engine);
            threads.halt((chance.nextLong() & EuThreads.ALL) | 1);
        }
        Vma vma = threads.areHalted() ? null : anyMapping();
        if (vma != null && (vma.isBound() || vm.isFaultMode())) {
            long random = chance.nextLong();
            boolean write = chance.oneIn(3);
            if (!vma.isBoundFor(random)) {
                fault(run, vma.addressOf(random), random, write && !vma.isReadOnly());
                return;
            }
            kernel.enter(engine);
            vma.access(this, null, random, write);
        }
        kernel.agenda().after(chance.around(ACCESS_PERIOD_NS), () -> access(run));
    }

    private @Nullable Vma anyMapping() {
        List<Vma> vmas = vm.vmas();
        Vma vma = vmas.isEmpty() ? null : vmas.get(chance.below(vmas.size()));
        return vma != null && vma.isUsed() ? vma : null;
    }

    /** An access finds no entry: the engine stands still until the driver answers, and tries again if it may. */
    private void fault(long run, long address, long random, boolean write) {
        faulting = true;
        PageFault.raise(this, address, write, someThreads(random), answer -> {
            answered();
            if (answer == 0) {
                kernel.agenda().after(kernel.costs().interruptNs(), () -> replay(run, address, random, write));
            } else {
                kernel.agenda().after(kernel.costs().interruptNs(), () -> memoryCatError(run));
            }
        });
    }

    private void answered() {
        faulting = false;
        Runnable waiting = whenAnswered;
        if (waiting != null) {
            whenAnswered = null;
            waiting.run();
        }
    }

    /** One or two threads that access the same page. */
    private static long someThreads(long random) {
        return 1L << (random & (EuThreads.COUNT - 1)) | 1L << (random >>> Integer.SIZE & (EuThreads.COUNT - 1));
    }

    /** Threads follow a pointer to {@code address}, where nothing is mapped; the others go on. */
    public void followWildPointer(long address, boolean write) {
        if (!mayBeHalted() || threads.areHalted() || vm.find(address) != null) {
            return;
        }
        long run = runs;
        PageFault.raise(this, address, write, someThreads(chance.nextLong()), answer -> {
            if (answer == 0) {
                kernel.agenda().after(kernel.costs().interruptNs(), () -> accessAgain(run, address, write));
            } else {
                kernel.agenda().after(kernel.costs().interruptNs(), () -> memoryCatError(run));
            }
        });
    }

    private void accessAgain(long run, long address, boolean write) {
        Vma there = vm.find(address);
        if (run == runs && isOnHardware() && there != null && there.isBound()) {
            kernel.enter(engine);
            there.access(this, null, 0, write);
        }
    }

    /** {@code which} wait no longer for their access, and halt as all do. */
    public void haltPastFault(long which) {
        if (mayBeHalted()) {
            kernel.enter(engine);
            threads.halt(which & ~threads.halted());
        }
    }

    /** Tries again with what is mapped at the address now. */
    private void replay(long run, long address, long random, boolean write) {
        if (run != runs || !isOnHardware()) {
            return;
        }
        kernel.enter(engine);
        Vma vma = vm.find(address);
        if (vma != null && vma.isBoundFor(random)) {
            vma.access(this, null, random, write);
            kernel.agenda().after(chance.around(ACCESS_PERIOD_NS), () -> access(run));
        } else {
            fault(run, address, random, write);
        }
    }

    /** xe_guc_submit.c:xe_guc_exec_queue_memory_cat_error_handler: the queue is reset, and banned. */
    private void memoryCatError(long run) {
        if (run != runs) {
            return;
        }
        kernel.enter(vm.device().interrupt());
        kernel.emit(QueueCatError.builder().queue(id).vm(vm.id()));
        ban();
    }

    /** Its context is taken off the hardware and never comes back. */
    private void ban() {
        reset = true;
        runs++;
        state = State.IDLE;
        threads.vanish();
        whenAnswered = null;
        suspended.wakeAll();
    }

    /** {@code xe_preempt_fence_arm}: from here the queue can be asked off the hardware by enabling the fence. */
    void armPreemptFence() {
        if (preemptFence != null) {
            preemptFence.put();
        }
        preemptFence = preemption.next(whenEnabled, new Preemption());
        kernel.emit(PreemptFenceArm.builder().queue(id).vm(vm.id()).fence(preemptFence.id()));
    }

    /** Others can find the fence in {@code resvs}. */
    void publishPreemptFence(Iterable<DmaResv> resvs) {
        DmaFence fence = preemptFence();
        for (DmaResv resv : resvs) {
            resv.add(fence, Usage.BOOKKEEP);
        }
    }

    DmaFence preemptFence() {
        if (preemptFence == null) {
            throw new IllegalStateException("queue " + id + " has no preempt fence");
        }
        return preemptFence;
    }

    boolean hasPreemptFence() {
        return preemptFence != null;
    }

    /** Whether a debugger may halt its threads. */
    public boolean isDebuggable() {
        return debuggable;
    }

    /** Its threads on the execution units. */
    public EuThreads threads() {
        return threads;
    }

    /** Whether its threads may be halted: it is on the hardware, and not on its way out. */
    public boolean mayBeHalted() {
        return isOnHardware() && !killed;
    }

    /** Whether its context is on the hardware. */
    public boolean isOnHardware() {
        return state == State.RUNNING || state == State.SUSPENDING;
    }

    /** Whether a reset took it off the hardware for good. */
    public boolean isReset() {
        return reset;
    }

    /** Whether somebody wants the queue off the hardware, or it is off already, and it is to come back. */
    boolean isPreempting() {
        return !reset && isAskedOff();
    }

    private boolean isAskedOff() {
        return state == State.SUSPENDING || state == State.SUSPENDED;
    }

    /** Whether it was asked off the hardware, and left. */
    public boolean isSuspended() {
        return state == State.SUSPENDED;
    }

    @Override
    public boolean mayFault() {
        return vm.isFaultMode();
    }

    @Override
    public WaitList suspended() {
        return suspended;
    }

    @Override
    public boolean isOffHardware() {
        return isSuspended() || reset;
    }

    @Override
    public @Nullable DmaFence lastFence() {
        return lastJob;
    }

    /** {@code xe_exec_queue_last_fence_set}, of a queue whose group waits for its jobs. */
    void setLastFence(DmaFence job) {
        if (lastJob != null) {
            lastJob.put();
        }
        lastJob = job.get();
    }

    @Override
    public void suspend() {
        if (reset) {
            kernel.emit(QueueSuspend.builder().queue(id).vm(vm.id()).result(ENOENT));
        } else {
            state = State.SUSPENDING;
            kernel.emit(QueueSuspend.builder().queue(id).vm(vm.id()));
            kernel.agenda().after(kernel.chance().around(kernel.costs().suspendNs()), this::suspendDone);
        }
    }

    /** xe_preempt_fence.c:preempt_fence_enable_signaling. */
    private void preempt(DmaFence fence) {
        suspend();
        vm.device().preemptWorkqueue().queue(new PreemptWork(this, fence));
    }

    private void suspendDone() {
        if (reset) {
            return;
        }
        if (threads.areHalted()) {
            threads.afterHalt(() ->
                    kernel.agenda().after(kernel.chance().around(kernel.costs().suspendNs()), this::suspendDone));
            return;
        }
        // A context is not saved while an access of it waits for an answer.
        if (faulting) {
            whenAnswered = () ->
                    kernel.agenda().after(kernel.chance().around(kernel.costs().suspendNs()), this::suspendDone);
            return;
        }
        kernel.enter(engine);
        state = State.SUSPENDED;
        kernel.emit(QueueSuspendDone.builder().queue(id).vm(vm.id()));
        suspended.wakeAll();
    }

    /** {@code q->ops->resume}: the queue gets back to the hardware. */
    void resume() {
        kernel.emit(QueueResume.builder().queue(id).vm(vm.id()));
        run();
    }

    @Override
    public void resumeSuspended() {
        if (reset) {
            return;
        }
        if (started) {
            resume();
        } else {
            state = State.IDLE;
            kernel.emit(QueueResume.builder().queue(id).vm(vm.id()));
        }
    }

    /** xe_guc_submit.c:guc_exec_queue_stop of a reset of the GT: what ran on it is banned. */
    @Override
    public void resetWithGt() {
        if (isOnHardware()) {
            kernel.emit(QueueReset.builder().queue(id).vm(vm.id()).gt(0).scope("GT"));
            ban();
        }
    }

    /** {@code xe_guc_exec_queue_reset_handler}: the firmware takes a context off that does not leave by itself, and no other. */
    void resetAlone() {
        if (isOnHardware()) {
            kernel.emit(QueueReset.builder().queue(id).vm(vm.id()).scope("ENGINE"));
            ban();
        }
    }

    /** {@code xe_hw_engine_group_del_exec_queue}, where there is a group, and {@code xe_exec_queue_kill}. */
    void kill() {
        killed = true;
        EngineGroup group = group();
        if (group != null) {
            group.remove(this);
        }
        kernel.emit(QueueKill.builder().queue(id).vm(vm.id()));
        if (entity != null) {
            entity.kill();
        }
    }

    /** {@code xe_exec_queue_destroy}. */
    void destroy() {
        runs++;
        vm.device().longRunning().remove(this);
        threads.vanish();
        freeWhenUnused();
        kernel.emit(QueueDestroy.builder()
                .queue(id)
                .vm(vm.id())
                .client(vm.file().client().id()));
        kernel.strike(this);
        if (preemptFence != null) {
            preemptFence.put();
            preemptFence = null;
        }
        if (entity != null) {
            entity.fini();
        }
        if (lastJob != null) {
            lastJob.put();
            lastJob = null;
        }
        if (work != null) {
            work.signal();
            work.put();
            work = null;
        }
        vm.put();
    }

    /** The fence of long-running work, which nobody should be able to wait for: it signals when the program wants it to. */
    DmaFence exposeWork() {
        Timeline timeline = new Timeline(
                kernel,
                kernel.newFenceContexts(1),
                vm.device().variant().fences().driver(vm.device().bus()),
                engine.name(),
                FenceKind.HARDWARE,
                FenceProvider.independent(
                        vm.device().variant().driver(), vm.device().id(), 0));
        work = timeline.next(null, this);
        return work;
    }

    /** What a preempt fence waits for once somebody wants it. */
    private final class Preemption implements Waits {
        @Override
        public String label() {
            return "preemption of queue " + id;
        }

        @Override
        public void eachAwaited(Consumer<? super Waits> visitor) {
            if (isPreempting()) {
                visitor.accept(vm.device().preemptWorkqueue().worker());
            }
        }
    }

    @Override
    public void tell(Facts facts) {
        facts.of("queue", id).with("vm", vm.id());
    }

    /** The preempt fence refers to the queue until it signalled and its last reader is done. */
    private void freeWhenUnused() {
        FenceCallback preempted = new FenceCallback(kernel, () -> kernel.rcu().call(this::freeMemory));
        if (preemptFence == null || !preemptFence.addCallback(preempted)) {
            kernel.rcu().call(this::freeMemory);
        }
    }

    private void freeMemory() {
        kernel.emit(DriverMemoryFree.builder()
                .module(vm.device().variant().driver())
                .object(id));
    }

    @Override
    public String label() {
        return "queue " + id + " on the hardware";
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        // The firmware takes the queue off the hardware whatever tasks do.
    }
}

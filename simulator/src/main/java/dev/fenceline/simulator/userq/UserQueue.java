package dev.fenceline.simulator.userq;

import dev.fenceline.event.LongList;
import dev.fenceline.event.UserQueueState;
import dev.fenceline.event.UserqCreate;
import dev.fenceline.event.UserqDestroy;
import dev.fenceline.event.UserqFence;
import dev.fenceline.event.UserqForce;
import dev.fenceline.event.UserqState;
import dev.fenceline.event.UserqVas;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.ttm.Bo;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An {@code amdgpu_usermode_queue}: what the kernel knows of a queue that its program feeds itself. */
public final class UserQueue implements Census.Member {
    /** The first fence of an idle queue does not start the hang timer (rule A-Q04). */
    public static final Deviation STARTS_NO_TIMER = new Deviation("fence-starts-no-hang-timer", 4);

    /** After progress that leaves fences the hang timer is not started again (rule A-Q04). */
    public static final Deviation RESTARTS_NO_TIMER = new Deviation("progress-restarts-no-hang-timer", 4);

    /** How many doorbells, of eight bytes each, a page has. */
    static final long DOORBELLS_PER_PAGE = 512;

    private static final long FENCE_BYTES = 128;

    private final Kernel kernel;
    private final UserQueues queues;
    private final long id;
    private final QueueProperties properties;
    private final FenceDriver fenceDriver;
    private final Ring ring;
    private final HangTimer hangTimer;
    private UserQueueState state = UserQueueState.UNMAPPED;
    private @Nullable DmaFence lastFence;

    /** {@code amdgpu_userq_create}, without what {@link CreateUserQueue} does under locks. */
    UserQueue(UserQueues queues, QueueProperties properties) {
        this.kernel = queues.kernel();
        this.queues = queues;
        this.properties = properties;
        this.id = kernel.newId();
        this.fenceDriver = new FenceDriver(kernel, queues.client(), id);
        this.ring = new Ring(this);
        this.hangTimer = new HangTimer(this);
    }

    /** It has a number from now on. */
    void announce() {
        kernel.emit(UserqCreate.builder()
                .queue(id)
                .client(queues.client().id())
                .doorbellBo(properties.doorbells().id())
                .offset(properties.doorbell())
                .index(index())
                .priority(properties.priority())
                .capable(properties.mayHaveHighPriority())
                .type(properties.type())
                .state(state)
                .result(0));
        kernel.emit(UserqVas.builder()
                .queue(id)
                .client(queues.client().id())
                .addresses(
                        LongList.of(properties.ring().start(), properties.wptr().start())));
        kernel.enrol(this);
    }

    public long id() {
        return id;
    }

    /** What its program feeds. */
    public Ring ring() {
        return ring;
    }

    UserQueues queues() {
        return queues;
    }

    Kernel kernel() {
        return kernel;
    }

    FenceDriver fenceDriver() {
        return fenceDriver;
    }

    HangTimer hangTimer() {
        return hangTimer;
    }

    QueueProperties properties() {
        return properties;
    }

    Bo doorbells() {
        return properties.doorbells();
    }

    /** {@code amdgpu_doorbell_index_on_bar}: each page of the model's aperture is a BO. */
    long index() {
        return properties.doorbells().id() * DOORBELLS_PER_PAGE + properties.doorbell();
    }

    UserQueueState state() {
        return state;
    }

    /** Whether the hardware may run it. */
    public boolean isMapped() {
        return state == UserQueueState.MAPPED;
    }

    /** Whether it hung and was reset: nothing runs in it any more. */
    public boolean isHung() {
        return state == UserQueueState.HUNG;
    }

    /** {@code amdgpu_userq_buffer_vas_mapped}: whether everything it needs to run is mapped. */
    boolean hasItsMemory() {
        return queues.shows(properties.ring()) && queues.shows(properties.wptr());
    }

    /** The firmware has it on the hardware, or off it, or gave up. */
    void become(UserQueueState to) {
        state = to;
        kernel.emit(UserqState.builder()
                .queue(id)
                .client(queues.client().id())
                .doorbellBo(properties.doorbells().id())
                .offset(properties.doorbell())
                .index(index())
                .type(properties.type())
                .state(to));
        if (to == UserQueueState.MAPPED) {
            ring.start();
        } else {
            ring.stop();
        }
    }

    /** The fence for what the program wrote last; null if it asked for none. */
    @Nullable DmaFence lastFence() {
        return lastFence;
    }

    /** {@code amdgpu_userq_fence_create} for the work up to {@code wptr}, under the userq_mutex. The reference is the caller's. */
    DmaFence createFence(long wptr) {
        kernel.memory().allocate(Gfp.NOWAIT, FENCE_BYTES);
        DmaFence fence = fenceDriver.create(wptr);
        kernel.emit(UserqFence.builder()
                .queue(id)
                .client(queues.client().id())
                .index(index())
                .type(properties.type())
                .state(state)
                .fence(fence.id())
                .need(wptr)
                .wptr(wptr)
                .result(0));
        if (!fence.isSignaled() && !(hangTimer.isIdle() && kernel.deviates(STARTS_NO_TIMER))) {
            hangTimer.start();
        }
        remember(fence);
        return fence;
    }

    /** A fence for the batch that the program is about to write, no driver's: see {@link FenceDriver#promise}. */
    DmaFence promiseNext(long timeoutNs) {
        DmaFence fence = fenceDriver.promise(ring.nextWptr(), timeoutNs);
        remember(fence);
        return fence;
    }

    private void remember(DmaFence fence) {
        if (lastFence != null) {
            lastFence.put();
        }
        lastFence = fence.get();
    }

    /** {@code amdgpu_userq_process_fence_irq}: the timer starts anew with every progress. */
    void interrupt() {
        if (fenceDriver.process()) {
            hangTimer.cancel();
            if (!fenceDriver.pending().isEmpty() && !kernel.deviates(RESTARTS_NO_TIMER)) {
                hangTimer.start();
            }
        }
    }

    /** {@code amdgpu_userq_fence_driver_force_completion}. */
    void forceCompletion() {
        List<DmaFence> pending = fenceDriver.pending();
        if (!pending.isEmpty()) {
            kernel.emit(UserqForce.builder()
                    .queue(id)
                    .client(queues.client().id())
                    .index(index())
                    .type(properties.type())
                    .state(state)
                    .wptr(pending.get(pending.size() - 1).seqno()));
            fenceDriver.forceCompletion();
        }
    }

    /** Its number is free again. */
    void destroy() {
        kernel.emit(UserqDestroy.builder()
                .queue(id)
                .client(queues.client().id())
                .doorbellBo(properties.doorbells().id())
                .offset(properties.doorbell())
                .index(index())
                .type(properties.type())
                .state(state)
                .result(0));
        kernel.strike(this);
        ring.clear();
        fenceDriver.breakPromises();
        if (lastFence != null) {
            lastFence.put();
            lastFence = null;
        }
        fenceDriver.put();
    }

    @Override
    public void tell(Facts facts) {
        facts.of("userq", id)
                .with("client", queues.client().id())
                .with("index", index())
                .with("state", state)
                .with(
                        "pending",
                        fenceDriver.pending().stream().map(DmaFence::id).toList());
    }
}

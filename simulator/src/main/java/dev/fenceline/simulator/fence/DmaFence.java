package dev.fenceline.simulator.fence;

import dev.fenceline.event.DmaFenceAddCallback;
import dev.fenceline.event.DmaFenceDep;
import dev.fenceline.event.DmaFenceDestroy;
import dev.fenceline.event.DmaFenceEmit;
import dev.fenceline.event.DmaFenceEnableSignal;
import dev.fenceline.event.DmaFenceEndCallback;
import dev.fenceline.event.DmaFenceFree;
import dev.fenceline.event.DmaFenceGet;
import dev.fenceline.event.DmaFenceHandoff;
import dev.fenceline.event.DmaFenceInit;
import dev.fenceline.event.DmaFenceLock;
import dev.fenceline.event.DmaFencePublish;
import dev.fenceline.event.DmaFencePut;
import dev.fenceline.event.DmaFenceRemoveCallback;
import dev.fenceline.event.DmaFenceRenumber;
import dev.fenceline.event.DmaFenceRunCallback;
import dev.fenceline.event.DmaFenceSetError;
import dev.fenceline.event.DmaFenceSignalCall;
import dev.fenceline.event.DmaFenceSignaled;
import dev.fenceline.event.DmaFenceTest;
import dev.fenceline.event.DmaFenceTryget;
import dev.fenceline.event.DmaFenceUnlock;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.PublishPlace;
import dev.fenceline.event.SignallingBegin;
import dev.fenceline.event.SignallingEnd;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Modules;
import dev.fenceline.simulator.kernel.WaitList;
import dev.fenceline.simulator.kernel.Waits;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A promise that some work completes: it signals once, and whoever holds a reference may wait for that. */
public final class DmaFence implements Census.Member, Waits {
    /** A second interrupt handler signals a fence without looking at its SIGNALED bit (rule A-F01). */
    public static final Deviation SIGNALS_TWICE = new Deviation("fence-signals-twice");

    /** The ENABLE_SIGNAL bit of a fence is tested and not set, so its driver is asked twice (rule A-F17). */
    public static final Deviation ENABLES_TWICE = new Deviation("fence-is-enabled-twice");

    private static final int ENOENT = -2;
    private static final int EINVAL = -22;
    private static final int EDEADLK = -35;

    /** What the fence's owner does for it. */
    public interface Ops {
        /** Whether there is an {@code enable_signaling}. */
        default boolean signalsOnDemand() {
            return false;
        }

        /** Whether {@code enable_signaling} can find the fence done; its result is known only when it returns, and recorded then. */
        default boolean mayFindDone() {
            return false;
        }

        /** {@code enable_signaling}, under the lock of the fence: somebody waits from now on; false if the fence is done already. */
        default boolean enableSignaling(DmaFence fence) {
            return true;
        }

        /** {@code signaled}: whether the fence is done although nobody has signalled it yet. */
        default boolean isDone(DmaFence fence) {
            return false;
        }

        /** {@code release}: the last reference is gone. */
        default void release(DmaFence fence) {}
    }

    /** An owner that only wants to know that somebody waits. */
    @FunctionalInterface
    public interface OnDemand extends Ops {
        @Override
        default boolean signalsOnDemand() {
            return true;
        }

        @Override
        default boolean enableSignaling(DmaFence fence) {
            enabled(fence);
            return true;
        }

        /** Somebody waits from now on. */
        void enabled(DmaFence fence);
    }

    private final Kernel kernel;
    private final long id;
    private final Timeline timeline;
    private final @Nullable Ops ops;
    private final @Nullable Waits completer;
    private final WaitList waiters = new WaitList(this);
    private @Nullable List<FenceCallback> callbacks;
    private long seqno;
    private int refs = 1;
    private int error;
    private boolean signaled;
    private boolean enabled;
    private boolean published;

    DmaFence(Kernel kernel, Timeline timeline, long seqno, @Nullable Ops ops, @Nullable Waits completer) {
        this.kernel = kernel;
        this.id = kernel.newId();
        this.timeline = timeline;
        this.seqno = seqno;
        this.ops = ops;
        this.completer = completer;
        kernel.modules().get(timeline.provider().module(), Modules.Holder.FENCE);
        kernel.enrol(this);
        recordInit();
    }

    private void recordInit() {
        FenceProvider provider = timeline.provider();
        DmaFenceInit.Builder event = DmaFenceInit.builder()
                .fence(id)
                .context(timeline.context())
                .seqno(seqno)
                .driver(timeline.driver())
                .timeline(timeline.name())
                .kind(timeline.kind())
                .hasRelease(provider.hasRelease())
                .hasWait(provider.hasWait())
                .externalLock(provider.externalLock());
        if (has64BitSeqno(timeline.kind())) {
            event.seqno64(true);
        }
        if (!provider.module().isEmpty()) {
            event.module(provider.module());
        }
        if (provider.device() != 0) {
            event.device(provider.device());
        }
        if (provider.scheduler() != 0) {
            event.scheduler(provider.scheduler());
        }
        if (provider.uses() != 0) {
            event.uses(provider.uses());
        }
        if (timeline.kind() == FenceKind.FUTURE) {
            event.guarantee(false);
        }
        if (timeline.completer() != 0) {
            event.by(timeline.completer());
        }
        kernel.emit(event);
    }

    /** {@code use_64bit_seqno}, {@code dma_fence_init64}. */
    private static boolean has64BitSeqno(FenceKind kind) {
        return kind == FenceKind.CHAIN || kind == FenceKind.USERQ || kind == FenceKind.EVICTION;
    }

    /** The id under which the fence is recorded. */
    public long id() {
        return id;
    }

    public long context() {
        return timeline.context();
    }

    public long seqno() {
        return seqno;
    }

    public FenceKind kind() {
        return timeline.kind();
    }

    /** What has to happen before the fence can signal, where the model knows. */
    public @Nullable Waits completer() {
        return completer;
    }

    /** {@code fence->error}: 0 or a negative errno. */
    public int error() {
        return error;
    }

    @Nullable Ops ops() {
        return ops;
    }

    /** {@code dma_fence_is_later}: whether this fence of the same context comes after {@code other}, or is it. */
    public boolean isLaterOrSame(DmaFence other) {
        return context() == other.context() && context() != 0 && seqno >= other.seqno;
    }

    /** The SIGNALED bit, as the model sees it: nothing is recorded. */
    public boolean isSignaled() {
        return signaled;
    }

    /** {@code dma_fence_is_signaled}: whoever finds the fence done signals it. */
    public boolean test() {
        if (!signaled && ops != null && ops.isDone(this)) {
            signal();
        }
        kernel.emit(DmaFenceTest.builder().fence(id).result(signaled));
        return signaled;
    }

    /** The driver writes the fence's commands to a ring. */
    public void emitToRing() {
        kernel.emit(DmaFenceEmit.builder().fence(id));
    }

    /** Others can find the fence from now on; only the first time is recorded. */
    public void publish(PublishPlace where) {
        if (!published) {
            published = true;
            kernel.emit(DmaFencePublish.builder().fence(id).where(where));
        }
    }

    /** The work that will signal the fence is queued. */
    public void handOff() {
        kernel.emit(DmaFenceHandoff.builder().fence(id));
    }

    /** The fence cannot complete before {@code other}. */
    public void dependsOn(DmaFence other) {
        kernel.emit(DmaFenceDep.builder().fence(id).dependsOn(other.id));
    }

    /** {@code dma_fence_enable_sw_signaling}. */
    public void enableSignaling() {
        if (enabled || signaled) {
            return;
        }
        lock();
        enableLocked();
        unlock();
    }

    /** {@code __dma_fence_enable_signaling}: false if the fence is signalled. */
    private boolean enableLocked() {
        if (signaled) {
            return false;
        }
        if (enabled || ops == null || !ops.signalsOnDemand()) {
            enabled = true;
            return true;
        }
        enabled = true;
        if (!ops.mayFindDone()) {
            recordEnable(true);
            ops.enableSignaling(this);
            if (kernel.deviates(ENABLES_TWICE)) {
                recordEnable(true);
            }
            return true;
        }
        boolean pending = ops.enableSignaling(this);
        recordEnable(pending);
        if (!pending) {
            signalLocked();
        }
        return pending;
    }

    private void recordEnable(boolean pending) {
        kernel.emit(DmaFenceEnableSignal.builder().fence(id).result(pending ? 1 : 0));
    }

    /** {@code dma_fence_set_error}: before the fence signals. */
    public void setError(int errno) {
        error = errno;
        kernel.emit(DmaFenceSetError.builder().fence(id).error(errno));
    }

    /** How containers take over the error of a member: not through {@code dma_fence_set_error}. */
    void inheritError(int errno) {
        if (error == 0) {
            error = errno;
        }
    }

    /** {@code dma_fence_signal}: only the first call has an effect. */
    public void signal() {
        kernel.emit(DmaFenceSignalCall.builder().fence(id).result(signaled ? EINVAL : 0));
        if (signaled) {
            return;
        }
        lock();
        signalLocked();
        unlock();
    }

    /** Code begins on which the fence depends: {@code dma_fence_begin_signalling}. */
    public void beginSignalling() {
        kernel.emit(SignallingBegin.builder().fence(id));
    }

    /** {@code dma_fence_end_signalling}. */
    public void endSignalling() {
        kernel.emit(SignallingEnd.builder().fence(id));
    }

    /** The handler of an interrupt finds that the fence is done. */
    public void signalFromInterrupt() {
        beginSignalling();
        signal();
        endSignalling();
    }

    /** {@code dma_fence_signal_timestamp_locked}. */
    private void signalLocked() {
        signaled = true;
        recordSignaled();
        if (kind() == FenceKind.HARDWARE && kernel.deviates(SIGNALS_TWICE)) {
            kernel.emit(DmaFenceSignalCall.builder().fence(id));
            recordSignaled();
        }
        List<FenceCallback> told = callbacks;
        callbacks = null;
        if (told != null) {
            for (int i = 0; i < told.size(); i++) {
                runCallback(told.get(i));
            }
        }
        waiters.wakeAll();
    }

    private void recordSignaled() {
        kernel.emit(DmaFenceSignaled.builder().fence(id).error(error));
    }

    private void lock() {
        kernel.emit(DmaFenceLock.builder().fence(id));
    }

    private void unlock() {
        kernel.emit(DmaFenceUnlock.builder().fence(id));
    }

    /**
     * {@code dma_fence_add_callback}: {@code callback} is called when the fence signals.
     *
     * @return false if it has signalled: nothing is queued then, and nothing will be called
     */
    public boolean addCallback(FenceCallback callback) {
        if (signaled) {
            recordAdd(callback, ENOENT);
            return false;
        }
        lock();
        boolean pending = enableLocked();
        recordAdd(callback, pending ? 0 : ENOENT);
        if (pending) {
            if (callbacks == null) {
                callbacks = new ArrayList<>(2);
            }
            callbacks.add(callback);
            callback.queuedOn = this;
        }
        unlock();
        return pending;
    }

    private void recordAdd(FenceCallback callback, int result) {
        kernel.emit(
                DmaFenceAddCallback.builder().fence(id).callback(callback.id()).result(result));
    }

    private void runCallback(FenceCallback callback) {
        kernel.emit(DmaFenceRunCallback.builder().fence(id).callback(callback.id()));
        callback.queuedOn = null;
        callback.call();
        kernel.emit(DmaFenceEndCallback.builder().fence(id).callback(callback.id()));
    }

    boolean removeCallback(FenceCallback callback) {
        lock();
        boolean removed = callbacks != null && callbacks.remove(callback);
        callback.queuedOn = null;
        kernel.emit(DmaFenceRemoveCallback.builder()
                .fence(id)
                .callback(callback.id())
                .result(removed));
        unlock();
        return removed;
    }

    /** amdgpu_fence.c:amdgpu_fence_emit up to 6.12, of a job that is submitted again: the seqno changes under whoever holds the fence. */
    public void renumber() {
        seqno = timeline.takeSeqno();
        kernel.emit(DmaFenceRenumber.builder().fence(id).seqno(seqno));
    }

    /** {@code dma_fence_init} of a fence that exists already, which no driver of 7.x does. */
    public void initAgain() {
        seqno = timeline.takeSeqno();
        recordInit();
    }

    /** Whether a task sleeps for it. */
    public boolean isAwaited() {
        return !waiters.isEmpty();
    }

    /** Where tasks sleep until the fence signals. */
    public WaitList waiters() {
        return waiters;
    }

    /** Whether the next put is the last. */
    boolean isLastReference() {
        return refs == 1;
    }

    /** {@code dma_fence_get}. */
    public DmaFence get() {
        if (refs <= 0) {
            throw new IllegalStateException(label() + " is gone");
        }
        kernel.emit(DmaFenceGet.builder().fence(id));
        refs++;
        return this;
    }

    /** {@code dma_fence_get_rcu}, by a reader who found the fence without holding a reference. */
    boolean tryGet() {
        boolean alive = refs > 0;
        kernel.emit(DmaFenceTryget.builder().fence(id).result(alive));
        refs += alive ? 1 : 0;
        return alive;
    }

    /** {@code dma_fence_put}: the last one destroys the fence. */
    public void put() {
        kernel.emit(DmaFencePut.builder().fence(id));
        refs--;
        if (refs == 0) {
            destroy();
        }
        if (refs < 0) {
            throw new IllegalStateException(label() + " is put too often");
        }
    }

    /** {@code dma_fence_release}: the memory goes after a grace period, for readers who found the fence without a reference. */
    private void destroy() {
        kernel.emit(DmaFenceDestroy.builder().fence(id));
        kernel.strike(this);
        if (!signaled && callbacks != null && !callbacks.isEmpty()) {
            error = EDEADLK;
            lock();
            signalLocked();
            unlock();
        }
        if (ops != null) {
            ops.release(this);
        }
        kernel.rcu().call(this::free);
    }

    private void free() {
        kernel.emit(DmaFenceFree.builder().fence(id));
        kernel.modules().put(timeline.provider().module(), Modules.Holder.FENCE);
    }

    @Override
    public void tell(Facts facts) {
        facts.of("fence", id)
                .with("context", context())
                .with("seqno", seqno)
                .with("kind", kind())
                .with("published", published)
                .with("enabled", enabled && ops != null && ops.signalsOnDemand())
                .with("signaled", signaled);
    }

    @Override
    public String label() {
        return "fence " + context() + ":" + seqno;
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        if (!signaled && completer != null) {
            visitor.accept(completer);
        }
    }
}

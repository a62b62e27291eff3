package dev.fenceline.simulator.fence;

import dev.fenceline.event.DmaFenceDestroy;
import dev.fenceline.event.DmaFenceEmit;
import dev.fenceline.event.DmaFenceEnableSignal;
import dev.fenceline.event.DmaFenceHandoff;
import dev.fenceline.event.DmaFenceInit;
import dev.fenceline.event.DmaFencePublish;
import dev.fenceline.event.DmaFenceSetError;
import dev.fenceline.event.DmaFenceSignalCall;
import dev.fenceline.event.DmaFenceSignaled;
import dev.fenceline.event.DmaFenceTest;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.PublishPlace;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;
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

    /** What the fence's owner wants to be told. */
    @FunctionalInterface
    public interface Ops {
        /** {@code enable_signaling}: somebody waits from now on. */
        void enableSignaling(DmaFence fence);
    }

    private final Kernel kernel;
    private final long id;
    private final Timeline timeline;
    private final long seqno;
    private final @Nullable Ops ops;
    private final @Nullable Waits completer;
    private final WaitList waiters = new WaitList(this);
    private @Nullable List<Runnable> callbacks;
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
        DmaFenceInit.Builder event = DmaFenceInit.builder()
                .fence(id)
                .context(timeline.context())
                .seqno(seqno)
                .driver(timeline.driver())
                .timeline(timeline.name())
                .kind(timeline.kind());
        if (timeline.completer() != 0) {
            event.by(timeline.completer());
        }
        kernel.emit(event);
        kernel.enrol(this);
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

    /** {@code dma_fence_is_later}: whether this fence of the same context comes after {@code other}, or is it. */
    public boolean isLaterOrSame(DmaFence other) {
        return context() == other.context() && seqno >= other.seqno;
    }

    /** The SIGNALED bit, as the model sees it: nothing is recorded. */
    public boolean isSignaled() {
        return signaled;
    }

    /** {@code dma_fence_is_signaled}. */
    public boolean test() {
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

    /** {@code dma_fence_enable_sw_signaling}. */
    public void enableSignaling() {
        if (enabled || signaled) {
            return;
        }
        enabled = true;
        kernel.emit(DmaFenceEnableSignal.builder().fence(id).result(1));
        if (ops != null) {
            ops.enableSignaling(this);
        }
    }

    /** {@code dma_fence_set_error}: before the fence signals. */
    public void setError(int errno) {
        error = errno;
        kernel.emit(DmaFenceSetError.builder().fence(id).error(errno));
    }

    /** {@code dma_fence_signal}: only the first call has an effect. */
    public void signal() {
        kernel.emit(DmaFenceSignalCall.builder().fence(id).result(signaled ? -22 : 0));
        if (signaled) {
            return;
        }
        signaled = true;
        recordSignaled();
        if (kind() == FenceKind.HARDWARE && kernel.deviates(SIGNALS_TWICE)) {
            kernel.emit(DmaFenceSignalCall.builder().fence(id));
            recordSignaled();
        }
        List<Runnable> told = callbacks;
        callbacks = null;
        if (told != null) {
            told.forEach(Runnable::run);
        }
        waiters.wakeAll();
    }

    private void recordSignaled() {
        kernel.emit(DmaFenceSignaled.builder().fence(id).error(error));
    }

    /** {@code dma_fence_add_callback}: {@code callback} runs when the fence signals, or at once if it has. */
    public void whenSignaled(Runnable callback) {
        if (signaled) {
            callback.run();
            return;
        }
        enableSignaling();
        if (callbacks == null) {
            callbacks = new ArrayList<>(2);
        }
        callbacks.add(callback);
    }

    /** Whether a task sleeps for it. */
    public boolean isAwaited() {
        return !waiters.isEmpty();
    }

    /** Where tasks sleep until the fence signals. */
    WaitList waiters() {
        return waiters;
    }

    /** {@code dma_fence_get}. */
    public DmaFence get() {
        if (refs <= 0) {
            throw new IllegalStateException(label() + " is gone");
        }
        refs++;
        return this;
    }

    /** {@code dma_fence_put}: the last one destroys the fence. */
    public void put() {
        if (--refs == 0) {
            kernel.emit(DmaFenceDestroy.builder().fence(id));
            kernel.strike(this);
        }
        if (refs < 0) {
            throw new IllegalStateException(label() + " is put too often");
        }
    }

    @Override
    public void tell(Facts facts) {
        facts.of("fence", id)
                .with("context", context())
                .with("seqno", seqno)
                .with("kind", kind())
                .with("published", published)
                .with("enabled", enabled)
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

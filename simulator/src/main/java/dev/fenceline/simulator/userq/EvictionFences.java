package dev.fenceline.simulator.userq;

import dev.fenceline.event.EvictionFenceArm;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.LongList;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.FenceProvider;
import dev.fenceline.simulator.fence.Timeline;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Waits;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.vm.EvictionGuard;
import java.util.Collection;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An {@code amdgpu_eviction_fence_mgr}: one fence for all user-mode queues of a file and all memory of its VM. To wait for it is to ask
 * the queues off the hardware.
 */
public final class EvictionFences implements EvictionGuard, DmaFence.OnDemand, Waits {
    /** The buffers of the VM's own reservation are on the list of the new fence and do not get it (rule A-Q01). */
    public static final Deviation MISSES_VM = new Deviation("eviction-fence-misses-its-vm", 12);

    private final Kernel kernel;
    private final UserQueues queues;
    private final Timeline timeline;
    private @Nullable DmaFence current;

    EvictionFences(UserQueues queues) {
        this.kernel = queues.kernel();
        this.queues = queues;
        this.timeline = new Timeline(
                kernel,
                kernel.newFenceContexts(1),
                "amdgpu_eviction_fence",
                queues.client().owner().name(),
                FenceKind.EVICTION,
                FenceProvider.independent(
                        queues.device().variant().driver(), queues.device().id(), 0));
    }

    /** The fence context, which all its fences share. */
    long context() {
        return timeline.context();
    }

    /** Whether there is a fence that has not signalled, under which queues may be mapped. */
    boolean isArmed() {
        return current != null && !current.isSignaled();
    }

    /** {@code amdgpu_evf_mgr_get_fence}: the reference is the caller's. */
    DmaFence getFence() {
        if (current == null) {
            throw new IllegalStateException(
                    "no eviction fence of client " + queues.client().id() + " was ever armed");
        }
        return current.get();
    }

    /** {@code amdgpu_evf_mgr_rearm}: a new fence on all of {@code bos}, whose reservations {@code resvs} are locked. */
    void rearm(Collection<Bo> bos, Collection<DmaResv> resvs) {
        DmaFence old = current;
        DmaFence fence = timeline.next(this, this);
        current = fence;
        if (old != null) {
            old.put();
        }
        kernel.emit(EvictionFenceArm.builder()
                .client(queues.client().id())
                .fence(fence.id())
                .bos(LongList.of(bos.stream().mapToLong(Bo::id).toArray())));
        for (DmaResv resv : resvs) {
            if (resv != queues.vm().resv() || !kernel.deviates(MISSES_VM)) {
                attach(resv);
            }
        }
    }

    @Override
    public void attach(DmaResv resv) {
        if (current != null && !current.isSignaled()) {
            resv.add(current, Usage.BOOKKEEP);
        }
    }

    /** {@code amdgpu_eviction_fence_enable_signaling}. */
    @Override
    public void enabled(DmaFence fence) {
        queues.device().unorderedWorkqueue().queue(new SuspendWork(queues));
    }

    /** {@code amdgpu_evf_mgr_fini}. */
    void fini() {
        if (current != null) {
            current.put();
            current = null;
        }
    }

    @Override
    public String label() {
        return "eviction of the user-mode queues of client " + queues.client().id();
    }

    /** The worker takes the mutex and waits for the hardware. */
    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        visitor.accept(queues.mutex());
    }
}

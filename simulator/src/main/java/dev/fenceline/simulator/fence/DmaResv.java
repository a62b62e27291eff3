package dev.fenceline.simulator.fence;

import dev.fenceline.event.FenceKind;
import dev.fenceline.event.PublishPlace;
import dev.fenceline.event.ResvAddFence;
import dev.fenceline.event.ResvReplaceFences;
import dev.fenceline.event.ResvReserve;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.WwMutex;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A reservation object: a lock, and the fences that users of the memory behind it must wait for. */
public final class DmaResv implements Census.Member {
    private static final class Slot {
        private DmaFence fence;
        private Usage usage;

        Slot(DmaFence fence, Usage usage) {
            this.fence = fence;
            this.usage = usage;
        }
    }

    private static final int FIRST_CAPACITY = 4;

    private final Kernel kernel;
    private final WwMutex lock;
    private final List<Slot> slots = new ArrayList<>(FIRST_CAPACITY);
    private int capacity;

    /** {@code dma_resv_init}. */
    public DmaResv(Kernel kernel) {
        this.kernel = kernel;
        this.lock = new WwMutex(kernel, kernel.newId());
        kernel.enrol(this);
    }

    public long id() {
        return lock.id();
    }

    public WwMutex lock() {
        return lock;
    }

    /** {@code dma_resv_reserve_fences}: room for {@code count} more; if it is short, signalled fences make room first. */
    public void reserve(int count) {
        if (slots.size() + count > capacity) {
            slots.removeIf(slot -> {
                boolean done = slot.fence.test();
                if (done) {
                    slot.fence.put();
                }
                return done;
            });
            capacity = Math.max(Math.max(slots.size() + count, FIRST_CAPACITY), capacity);
        }
        kernel.emit(ResvReserve.builder().resv(id()).slots(count));
    }

    /**
     * {@code dma_resv_add_fence}: takes the slot of an earlier fence of the same context whose usage it covers, or of a fence that
     * signalled, before it takes a new one.
     */
    public void add(DmaFence fence, Usage usage) {
        kernel.emit(ResvAddFence.builder().resv(id()).fence(fence.id()).usage(usage));
        fence.publish(PublishPlace.RESV);
        fence.get();
        for (Slot slot : slots) {
            boolean covered = slot.usage.compareTo(usage) >= 0 && fence.isLaterOrSame(slot.fence);
            if (covered || slot.fence.test()) {
                slot.fence.put();
                slot.fence = fence;
                slot.usage = usage;
                return;
            }
        }
        slots.add(new Slot(fence, usage));
    }

    /** {@code dma_resv_copy_fences}: the unsignalled fences of {@code source} too. */
    public void copyFrom(DmaResv source) {
        int pending = 0;
        for (Slot slot : source.slots) {
            pending += slot.fence.isSignaled() ? 0 : 1;
        }
        if (pending > 0) {
            reserve(pending);
        }
        for (Slot slot : source.slots) {
            if (!slot.fence.isSignaled()) {
                add(slot.fence, slot.usage);
            }
        }
    }

    /** {@code dma_resv_replace_fences}: {@code replacement} takes the place of every pending fence of the given kind. */
    public void replace(FenceKind kind, DmaFence replacement, Usage usage) {
        for (Slot slot : slots) {
            if (slot.fence.kind() == kind && !slot.fence.isSignaled()) {
                kernel.emit(ResvReplaceFences.builder()
                        .resv(id())
                        .fence(replacement.id())
                        .usage(usage)
                        .replacedContext(slot.fence.context()));
                slot.fence.put();
                slot.fence = replacement.get();
                slot.usage = usage;
            }
        }
    }

    /** {@code dma_resv_test_signaled}: whether nothing of {@code usage} or before it is pending. */
    public boolean testSignaled(Usage usage) {
        for (Slot slot : slots) {
            if (slot.usage.compareTo(usage) <= 0 && !slot.fence.test()) {
                return false;
            }
        }
        return true;
    }

    /** The same as {@link #testSignaled} as the model sees it: nothing is recorded. */
    public boolean isIdle(Usage usage) {
        return firstPending(usage) == null;
    }

    /** Visits the unsignalled fences of {@code usage} and of the usages before it. */
    public void eachPending(Usage usage, Consumer<? super DmaFence> visitor) {
        for (int i = 0; i < slots.size(); i++) {
            Slot slot = slots.get(i);
            if (slot.usage.compareTo(usage) <= 0 && !slot.fence.isSignaled()) {
                visitor.accept(slot.fence);
            }
        }
    }

    /** The fence a wait for {@code usage} would wait for first, or null. */
    public @Nullable DmaFence firstPending(Usage usage) {
        for (Slot slot : slots) {
            if (slot.usage.compareTo(usage) <= 0 && !slot.fence.isSignaled()) {
                return slot.fence;
            }
        }
        return null;
    }

    /** The number of slots in use. */
    public int size() {
        return slots.size();
    }

    /** {@code dma_resv_fini}. */
    public void fini() {
        slots.forEach(slot -> slot.fence.put());
        slots.clear();
        kernel.strike(this);
    }

    /** Tells what is pending, but for what a later fence of its context in a slot that promises as much says already. */
    @Override
    public void tell(Facts facts) {
        SortedSet<String> pending = new TreeSet<>();
        for (Slot slot : slots) {
            if (!slot.fence.isSignaled() && slots.stream().noneMatch(other -> isCovered(slot, other))) {
                pending.add(slot.usage + ":" + slot.fence.id());
            }
        }
        if (!pending.isEmpty()) {
            facts.of("resv", id()).with("pending", pending);
        }
    }

    private static boolean isCovered(Slot slot, Slot by) {
        int stricter = by.fence == slot.fence ? 1 : 0;
        return slot.usage.compareTo(by.usage) >= stricter && by.fence.isLaterOrSame(slot.fence);
    }
}

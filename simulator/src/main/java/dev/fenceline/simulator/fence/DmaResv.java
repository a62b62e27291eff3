package dev.fenceline.simulator.fence;

import dev.fenceline.event.FenceKind;
import dev.fenceline.event.PublishPlace;
import dev.fenceline.event.ResvAddFence;
import dev.fenceline.event.ResvReplaceFences;
import dev.fenceline.event.ResvReserve;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Deviation;
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

    /** Whether the fence that gave up its slot was done is asked after its last reference was put (rule A-F06). */
    public static final Deviation TESTS_AFTER_PUT = new Deviation("fence-is-tested-after-its-last-put");

    /** The import of a sync file adds an array as it is (rule A-R02). */
    public static final Deviation ADDS_CONTAINER = new Deviation("import-adds-the-array-itself");

    /** A later fence of a context takes the slot of an earlier one although it promises less (rule A-R03). */
    public static final Deviation DEGRADES = new Deviation("usage-is-degraded", 16);

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
            for (int i = slots.size() - 1; i >= 0; i--) {
                DmaFence fence = slots.get(i).fence;
                if (fence.test()) {
                    slots.remove(i);
                    fence.put();
                }
            }
            capacity = Math.max(Math.max(slots.size() + count, FIRST_CAPACITY), capacity);
        }
        kernel.emit(ResvReserve.builder().resv(id()).slots(count));
    }

    /**
     * {@code dma_resv_add_fence}: takes the slot of an earlier fence of the same context whose usage it covers, or of a fence that
     * signalled, before it takes a new one.
     */
    public void add(DmaFence fence, Usage usage) {
        fence.get();
        for (int i = 0; i < slots.size(); i++) {
            Slot slot = slots.get(i);
            boolean degrades = isDegraded(slot, fence, usage) && kernel.deviates(DEGRADES);
            if (degrades || isCovered(slot, fence, usage) || slot.fence.test()) {
                record(fence, usage, degrades ? i : -1);
                drop(slot.fence);
                slot.fence = fence;
                slot.usage = usage;
                return;
            }
        }
        record(fence, usage, -1);
        slots.add(new Slot(fence, usage));
    }

    private void drop(DmaFence old) {
        boolean late = old.isLastReference() && kernel.deviates(TESTS_AFTER_PUT);
        old.put();
        if (late) {
            old.test();
        }
    }

    private static boolean isCovered(Slot slot, DmaFence fence, Usage usage) {
        return slot.usage.compareTo(usage) >= 0 && fence.isLaterOrSame(slot.fence);
    }

    private static boolean isDegraded(Slot slot, DmaFence fence, Usage usage) {
        return slot.usage.compareTo(usage) < 0 && fence.isLaterOrSame(slot.fence) && !slot.fence.isSignaled();
    }

    private void record(DmaFence fence, Usage usage, int overwritten) {
        ResvAddFence.Builder event =
                ResvAddFence.builder().resv(id()).fence(fence.id()).usage(usage);
        if (overwritten >= 0) {
            event.slot(overwritten);
        }
        kernel.emit(event);
        fence.publish(PublishPlace.RESV);
    }

    /**
     * {@code dma_buf_import_sync_file}, under the lock: whoever looks for fences of {@code usage} finds what {@code fence} stands for,
     * one by one.
     */
    public void importFence(DmaFence fence, Usage usage) {
        if (fence.ops() instanceof FenceArray && kernel.deviates(ADDS_CONTAINER)) {
            reserve(1);
            add(fence, usage);
            return;
        }
        List<DmaFence> plain = FenceArray.unwrap(fence);
        reserve(plain.size());
        plain.forEach(each -> add(each, usage));
    }

    /**
     * {@code dma_resv_get_singleton}: one fence for all that are pending now up to {@code usage}, a snapshot; a stub if there are none.
     *
     * @return the reference is the caller's
     */
    public DmaFence singleton(Usage usage) {
        List<DmaFence> pending = new ArrayList<>(2);
        kernel.rcu().readLock();
        for (Slot slot : slots) {
            if (slot.usage.compareTo(usage) <= 0 && slot.fence.tryGet()) {
                if (slot.fence.test()) {
                    slot.fence.put();
                } else {
                    pending.add(slot.fence);
                }
            }
        }
        kernel.rcu().readUnlock();
        if (pending.isEmpty()) {
            return Stubs.create(kernel);
        }
        return pending.size() == 1 ? pending.get(0) : FenceArray.create(kernel, pending);
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
                DmaFence old = slot.fence;
                slot.fence = replacement.get();
                slot.usage = usage;
                old.put();
            }
        }
    }

    /** {@code dma_resv_test_signaled}: whether nothing of {@code usage} or before it is pending. */
    public boolean testSignaled(Usage usage) {
        boolean done = true;
        kernel.rcu().readLock();
        for (int i = 0; i < slots.size() && done; i++) {
            Slot slot = slots.get(i);
            if (slot.usage.compareTo(usage) <= 0 && slot.fence.tryGet()) {
                done = slot.fence.test();
                slot.fence.put();
            }
        }
        kernel.rcu().readUnlock();
        return done;
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

    /** What a wait for {@code usage} waits for next, with a reference for the caller; null if nothing is pending. */
    @Nullable DmaFence getPending(Usage usage) {
        kernel.rcu().readLock();
        DmaFence pending = firstPending(usage);
        boolean alive = pending != null && pending.tryGet();
        kernel.rcu().readUnlock();
        return alive ? pending : null;
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
            if (!slot.fence.isSignaled() && slots.stream().noneMatch(other -> isToldBy(slot, other))) {
                pending.add(slot.usage + ":" + slot.fence.id());
            }
        }
        if (!pending.isEmpty()) {
            facts.of("resv", id()).with("pending", pending);
        }
    }

    private static boolean isToldBy(Slot slot, Slot by) {
        int stricter = by.fence == slot.fence ? 1 : 0;
        return slot.usage.compareTo(by.usage) >= stricter && by.fence.isLaterOrSame(slot.fence);
    }
}

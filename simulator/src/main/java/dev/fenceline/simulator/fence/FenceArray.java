package dev.fenceline.simulator.fence;

import dev.fenceline.event.FenceKind;
import dev.fenceline.event.LongList;
import dev.fenceline.simulator.kernel.Context;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Waits;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * dma-fence-array.c: a fence that is done when all its members are. It looks at them only when somebody waits, and signals from
 * irq_work, because its own lock may not nest inside a member's.
 */
public final class FenceArray implements DmaFence.Ops, Waits {
    /** The first member that signals signals the array (rule A-Y05). */
    public static final Deviation SIGNALS_EARLY = new Deviation("array-signals-with-its-first-member", 3);

    /** The array signals in the callback of its last member, whose lock is held (rule A-L04). */
    public static final Deviation SIGNALS_UNDER_MEMBER = new Deviation("array-signals-under-the-lock-of-its-member");

    private final Kernel kernel;
    private final List<DmaFence> members;
    private final Context interrupt;
    private int pending;

    private FenceArray(Kernel kernel, List<DmaFence> members) {
        this.kernel = kernel;
        this.members = members;
        this.interrupt = new Context(kernel.cpuOf((int) members.get(0).id()), 0, 0, "swapper");
    }

    /** {@code dma_fence_array_create}: takes over the caller's references to {@code members}. */
    public static DmaFence create(Kernel kernel, List<DmaFence> members) {
        FenceArray array = new FenceArray(kernel, List.copyOf(members));
        Timeline timeline = new Timeline(
                kernel,
                kernel.newFenceContexts(1),
                "dma_fence_array",
                "unbound",
                FenceKind.ARRAY,
                FenceProvider.CONTAINER);
        DmaFence fence = timeline.next(array, array);
        kernel.emit(dev.fenceline.event.DmaFenceArray.builder()
                .fence(fence.id())
                .members(LongList.of(members.stream().mapToLong(DmaFence::id).toArray()))
                .any(false));
        for (DmaFence member : members) {
            fence.dependsOn(member);
        }
        return fence;
    }

    List<DmaFence> members() {
        return members;
    }

    @Override
    public boolean signalsOnDemand() {
        return true;
    }

    @Override
    public boolean mayFindDone() {
        return true;
    }

    @Override
    public boolean enableSignaling(DmaFence array) {
        pending = members.size();
        for (DmaFence member : members) {
            array.get();
            FenceCallback done = new FenceCallback(kernel, () -> memberDone(array, member));
            if (!member.addCallback(done)) {
                array.inheritError(member.error());
                array.put();
                if (--pending == 0) {
                    return false;
                }
            }
        }
        return true;
    }

    private void memberDone(DmaFence array, DmaFence member) {
        array.inheritError(member.error());
        boolean last = --pending == 0;
        if (last && !array.isSignaled() && kernel.deviates(SIGNALS_UNDER_MEMBER)) {
            array.signal();
            array.put();
        } else if (last || (!array.isSignaled() && kernel.deviates(SIGNALS_EARLY))) {
            kernel.irqWork(interrupt, () -> {
                if (!array.isSignaled()) {
                    array.signal();
                }
                array.put();
            });
        } else {
            array.put();
        }
    }

    @Override
    public boolean isDone(DmaFence array) {
        for (DmaFence member : members) {
            if (!member.test()) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void release(DmaFence array) {
        members.forEach(DmaFence::put);
    }

    @Override
    public String label() {
        return "array of " + members.size() + " fences";
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        for (DmaFence member : members) {
            if (!member.isSignaled()) {
                visitor.accept(member);
            }
        }
    }

    /** {@code dma_fence_unwrap_for_each}: the fences that {@code fence} stands for, containers opened. */
    public static List<DmaFence> unwrap(DmaFence fence) {
        List<DmaFence> plain = new ArrayList<>(2);
        FenceChain.eachLink(fence, link -> {
            if (link.ops() instanceof FenceArray array) {
                plain.addAll(array.members);
            } else {
                plain.add(link);
            }
        });
        return plain;
    }
}

package dev.fenceline.simulator.fence;

import dev.fenceline.event.FenceKind;
import dev.fenceline.event.LongList;
import dev.fenceline.simulator.kernel.Context;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Waits;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * dma-fence-chain.c: a point of a timeline sync object: a fence, and all points before it. Whoever walks the chain drops the links whose
 * fence has signalled.
 */
public final class FenceChain implements DmaFence.Ops, Waits {
    private final Kernel kernel;
    private final DmaFence contained;
    private final long previousSeqno;
    private final Context interrupt;
    private final FenceCallback callback;
    private final DmaFence node;
    private @Nullable DmaFence previous;

    private FenceChain(Kernel kernel, @Nullable DmaFence previous, DmaFence contained, long point) {
        this.kernel = kernel;
        this.contained = contained;
        this.previous = previous;
        this.interrupt = new Context(kernel.cpuOf((int) contained.id()), 0, 0, "swapper");
        this.callback = new FenceCallback(kernel, this::linkDone);
        boolean fits = previous != null && previous.kind() == FenceKind.CHAIN && point > previous.seqno();
        this.previousSeqno = fits && previous != null ? previous.seqno() : 0;
        long seqno = previous != null && previous.kind() == FenceKind.CHAIN ? Math.max(previous.seqno(), point) : point;
        long context = fits && previous != null ? previous.context() : kernel.newFenceContexts(1);
        Timeline timeline =
                new Timeline(kernel, context, "dma_fence_chain", "unbound", FenceKind.CHAIN, FenceProvider.CONTAINER);
        this.node = timeline.at(seqno, this, this);
    }

    /** {@code dma_fence_chain_init}: takes over the caller's references to both fences. */
    public static DmaFence create(Kernel kernel, @Nullable DmaFence previous, DmaFence contained, long point) {
        FenceChain chain = new FenceChain(kernel, previous, contained, point);
        dev.fenceline.event.DmaFenceChain.Builder event = dev.fenceline.event.DmaFenceChain.builder()
                .fence(chain.node.id())
                .members(LongList.of(contained.id()));
        if (previous != null) {
            event.previous(previous.id());
        }
        kernel.emit(event);
        chain.node.dependsOn(contained);
        if (previous != null) {
            chain.node.dependsOn(previous);
        }
        return chain.node;
    }

    /** {@code dma_fence_chain_contained} of each link from {@code fence} back, or {@code fence} itself if it is no chain. */
    static void eachLink(DmaFence fence, Consumer<? super DmaFence> visitor) {
        DmaFence link = fence;
        while (link != null && link.ops() instanceof FenceChain chain) {
            visitor.accept(chain.contained);
            link = chain.walk();
        }
        if (link != null) {
            visitor.accept(link);
        }
    }

    /** {@code dma_fence_chain_walk}: the link before, after those that are done were dropped. */
    private @Nullable DmaFence walk() {
        while (previous != null) {
            DmaFence before = previous;
            if (before.ops() instanceof FenceChain chain) {
                if (!chain.contained.test()) {
                    return before;
                }
                previous = chain.previous == null ? null : chain.previous.get();
            } else {
                if (!before.test()) {
                    return before;
                }
                previous = null;
            }
            before.put();
        }
        return null;
    }

    /**
     * {@code dma_fence_chain_find_seqno}: the fence to wait for {@code point}: the node of the point, or of the first one after it.
     *
     * @return null if {@code head} has no such point yet
     */
    public static @Nullable DmaFence find(DmaFence head, long point) {
        if (point == 0) {
            return head;
        }
        if (!(head.ops() instanceof FenceChain) || head.seqno() < point) {
            return null;
        }
        DmaFence found = head;
        while (found.ops() instanceof FenceChain chain && chain.previousSeqno >= point) {
            DmaFence before = chain.walk();
            if (before == null || before.context() != head.context()) {
                break;
            }
            found = before;
        }
        return found;
    }

    @Override
    public boolean signalsOnDemand() {
        return true;
    }

    @Override
    public boolean mayFindDone() {
        return true;
    }

    /** Waits for one link at a time, the latest first. */
    @Override
    public boolean enableSignaling(DmaFence head) {
        head.get();
        DmaFence link = head;
        while (link != null) {
            FenceChain chain = link.ops() instanceof FenceChain is ? is : null;
            DmaFence awaited = chain == null ? link : chain.contained;
            if (awaited.addCallback(callback)) {
                return true;
            }
            link = chain == null ? null : chain.walk();
        }
        head.put();
        return false;
    }

    private void linkDone() {
        kernel.irqWork(interrupt, () -> {
            if (!node.isSignaled() && !enableSignaling(node)) {
                node.signal();
            }
            node.put();
        });
    }

    @Override
    public boolean isDone(DmaFence head) {
        DmaFence link = head;
        while (link != null) {
            FenceChain chain = link.ops() instanceof FenceChain is ? is : null;
            if (!(chain == null ? link : chain.contained).test()) {
                return false;
            }
            link = chain == null ? null : chain.walk();
        }
        return true;
    }

    @Override
    public void release(DmaFence head) {
        if (previous != null) {
            previous.put();
            previous = null;
        }
        contained.put();
    }

    @Override
    public String label() {
        return "chain node " + node.context() + ":" + node.seqno();
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        if (!contained.isSignaled()) {
            visitor.accept(contained);
        }
        if (previous != null && !previous.isSignaled()) {
            visitor.accept(previous);
        }
    }
}

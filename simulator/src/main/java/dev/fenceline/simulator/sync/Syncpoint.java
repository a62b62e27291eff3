package dev.fenceline.simulator.sync;

import dev.fenceline.event.FenceKind;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceProvider;
import dev.fenceline.simulator.fence.Timeline;
import dev.fenceline.simulator.kernel.Context;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import java.util.ArrayDeque;

/**
 * A timeline whose value an engine raises in memory, as the syncpoints of host1x are. A fence is done when the value reaches its seqno; it
 * is signalled by whoever notices first, so a later fence may well be signalled before an earlier one.
 */
public final class Syncpoint implements DmaFence.Ops {
    /** A fence is found pending although a later one of its context has signalled (rule A-F03). */
    public static final Deviation COMPLETES_OUT_OF_ORDER = new Deviation("earlier-fence-is-found-pending");

    /** From raising the value to the walk over the fences that it completes, in ns. Ours. */
    private static final long WALK_NS = 50_000;

    private final Kernel kernel;
    private final Timeline timeline;
    private final Context walker;
    private final ArrayDeque<DmaFence> active = new ArrayDeque<>();
    private long value;
    private long noticed;

    /** A timeline at 0. */
    public Syncpoint(Kernel kernel, String name) {
        this.kernel = kernel;
        long context = kernel.newFenceContexts(1);
        this.timeline =
                new Timeline(kernel, context, "host1x", name, FenceKind.SOFTWARE, FenceProvider.independent("", 0, 0));
        this.walker = new Context(kernel.cpuOf((int) context), 0, 0, "swapper");
    }

    /** {@code host1x_fence_create}: a fence for the next value, in a file that holds the only reference to it. */
    public SyncFile createFence() {
        DmaFence fence = timeline.next(this, null);
        active.add(fence);
        SyncFile file = new SyncFile(kernel, fence, "syncpoint");
        fence.handOff();
        fence.put();
        return file;
    }

    /** The engine gets on. */
    public void raise(int by) {
        value += by;
        kernel.agenda().after(WALK_NS, this::walk);
    }

    /** The interrupt of the engine. */
    private void walk() {
        kernel.enter(walker);
        for (DmaFence first = active.peek(); first != null && first.seqno() <= value; first = active.peek()) {
            active.remove();
            if (!first.isSignaled()) {
                first.signal();
            }
        }
    }

    @Override
    public boolean isDone(DmaFence fence) {
        boolean done = fence.seqno() <= value;
        if (done && fence.seqno() < noticed && kernel.deviates(COMPLETES_OUT_OF_ORDER)) {
            return false;
        }
        noticed = done ? Math.max(noticed, fence.seqno()) : noticed;
        return done;
    }

    /** The timeline forgets a fence that nobody holds any more. */
    @Override
    public void release(DmaFence fence) {
        active.remove(fence);
    }
}

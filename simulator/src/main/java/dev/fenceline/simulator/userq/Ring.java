package dev.fenceline.simulator.userq;

import dev.fenceline.event.UserqDoorbell;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Context;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.vm.BoVma;
import java.util.ArrayDeque;

/**
 * The ring of a user-mode queue as its program and the hardware see it. The hardware reads the write pointer when the doorbell rings and
 * when the queue is mapped; a doorbell of a queue that is off the hardware rings for nobody, and nothing is lost by it.
 */
public final class Ring {
    /** What each batch is for the write pointer, in dwords. Ours. */
    private static final long BATCH_DWORDS = 64;

    /** How long the hardware waits before it looks at a value again, in ns. Ours. */
    private static final long POLL_NS = 40_000;

    private final UserQueue queue;
    private final Kernel kernel;
    private final Context engine;
    private final Chance chance;
    private final ArrayDeque<Batch> batches = new ArrayDeque<>(2);
    private long wptr;
    private long rptr;
    private long runs;
    private boolean busy;

    Ring(UserQueue queue) {
        this.queue = queue;
        this.kernel = queue.kernel();
        this.engine = new Context(0, 0, 0, "gfx");
        this.chance = kernel.chanceOf("user queue " + queue.id());
    }

    /** How far the program has written. */
    public long wptr() {
        return wptr;
    }

    /** How far it will have written with the next batch. */
    long nextWptr() {
        return wptr + BATCH_DWORDS;
    }

    /** The program writes packets behind those that are there. */
    public void write(Batch batch) {
        batches.add(batch);
        wptr += BATCH_DWORDS;
    }

    /** The program stores its write pointer to the doorbell. */
    public void ringDoorbell() {
        kernel.emit(UserqDoorbell.builder()
                .queue(queue.id())
                .client(queue.queues().client().id())
                .doorbellBo(queue.doorbells().id())
                .offset(queue.properties().doorbell())
                .index(queue.index())
                .type(queue.properties().type())
                .state(queue.state())
                .wptr(wptr));
        if (queue.isMapped()) {
            start();
        }
    }

    /** The queue is on the hardware: it goes on where it was. */
    void start() {
        if (!busy && !batches.isEmpty()) {
            busy = true;
            long run = ++runs;
            kernel.agenda().after(kernel.costs().engineStartNs(), () -> begin(run));
        }
    }

    /** The queue is off the hardware, which keeps what it has not done. */
    void stop() {
        busy = false;
        runs++;
    }

    /** Nothing of it will ever run. */
    void clear() {
        stop();
        batches.forEach(batch -> batch.after().forEach(WaitInfo::put));
        batches.clear();
    }

    private void begin(long run) {
        Batch batch = batches.peek();
        if (run != runs || batch == null) {
            return;
        }
        if (!batch.after().stream().allMatch(WaitInfo::isReached)) {
            kernel.agenda().after(POLL_NS, () -> begin(run));
            return;
        }
        kernel.enter(engine);
        boolean write = true;
        for (BoVma vma : batch.used()) {
            vma.accessByUserQueue(queue.id(), queue.queues().evictions().context(), chance.nextLong(), write);
            write = false;
        }
        if (!batch.hangs()) {
            kernel.agenda().after(chance.around(batch.durationNs()), () -> finish(run));
        }
    }

    private void finish(long run) {
        if (run != runs) {
            return;
        }
        kernel.enter(engine);
        batches.remove().after().forEach(WaitInfo::put);
        rptr += BATCH_DWORDS;
        queue.fenceDriver().writeByHardware(rptr, rptr - BATCH_DWORDS, !batches.isEmpty());
        kernel.agenda().after(kernel.costs().interruptNs(), () -> {
            kernel.enter(queue.queues().device().interrupt());
            queue.interrupt();
        });
        busy = false;
        if (queue.isMapped()) {
            start();
        }
    }
}

package dev.fenceline.simulator.userq;

import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.kernel.AllocatePages;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sync.Syncobj;
import dev.fenceline.simulator.ttm.Bo;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * amdgpu_userq_fence.c:amdgpu_userq_signal_ioctl: a fence for what the program wrote so far, left with the buffers that the work reads and
 * writes, and in sync objects. All that may reclaim, and the look at the write pointer under its reservation, comes before the mutex.
 *
 * <p>What thread 003 discusses instead differs in one step, the making of the fence: before the work is written ({@link #promising}), or
 * together with it, by the kernel ({@link #submitting}).
 */
public final class Signal extends Call {
    /** Memory for the fence is allocated under the userq_mutex, in a way that may reclaim (rule A-Q05). */
    public static final Deviation ALLOCATES_LATE = new Deviation("signal-allocates-under-userq-mutex");

    /** A reservation is locked under the userq_mutex (rule A-Q05). */
    public static final Deviation LOCKS_LATE = new Deviation("signal-locks-buffer-under-userq-mutex");

    private static final long FENCE_BYTES = 128;

    private static final Path<Signal> PATH = Path.<Signal>named("amdgpu_userq_signal_ioctl")
            .call(signal -> new AllocatePages(Gfp.KERNEL, 1))
            .call(signal -> new LockResv(signal.queue.queues().vm().resv()))
            .run(signal -> signal.wptr = signal.queue.ring().wptr())
            .run(signal -> signal.queue.queues().vm().resv().lock().release(signal.task()))
            .call(signal -> new EnsureEvictionFence(signal.queue.queues()))
            .run(Signal::allocateIfAtFault)
            .when(
                    Signal::locksIfAtFault,
                    late -> late.call(signal -> new LockResv(signal.first()))
                            .run(signal -> signal.first().lock().release(signal.task())))
            .run(signal -> signal.fence.set(signal.make.apply(signal)))
            .unlock(signal -> signal.queue.queues().mutex())
            .call(signal -> signal.locks.set(new LockResvs(signal.resvs())))
            .run(signal -> signal.locks.get().reserve(1))
            .run(Signal::publish)
            .run(signal -> signal.locks.get().unlockAll(signal.task()))
            .run(signal -> signal.fence.get().put())
            .end();

    private final UserQueue queue;
    private final List<Bo> written;
    private final List<Bo> read;
    private final List<Syncobj> syncobjs;
    private final Function<Signal, DmaFence> make;
    private final Local<DmaFence> fence = new Local<>();
    private final Local<LockResvs> locks = new Local<>();
    private long wptr;

    private Signal(
            UserQueue queue, List<Bo> written, List<Bo> read, List<Syncobj> syncobjs, Function<Signal, DmaFence> make) {
        this.queue = queue;
        this.written = List.copyOf(written);
        this.read = List.copyOf(read);
        this.syncobjs = List.copyOf(syncobjs);
        this.make = make;
    }

    /** Leaves a fence for what {@code queue} is to do so far with what it writes, with what it reads, and in {@code syncobjs}. */
    public static Signal written(UserQueue queue, List<Bo> written, List<Bo> read, List<Syncobj> syncobjs) {
        return new Signal(queue, written, read, syncobjs, signal -> queue.createFence(signal.wptr));
    }

    /**
     * The same for the batch that the program will write next, as it says.
     *
     * @param timeoutNs after how long the fence fails if it does not, in ns; {@link Long#MAX_VALUE} for no limit
     */
    public static Signal promising(
            UserQueue queue, long timeoutNs, List<Bo> written, List<Bo> read, List<Syncobj> syncobjs) {
        return new Signal(queue, written, read, syncobjs, signal -> queue.promiseNext(timeoutNs));
    }

    /** The same for a batch that the kernel writes to the ring, which the program could write to as well, and does not. */
    public static Signal submitting(
            UserQueue queue, Batch batch, List<Bo> written, List<Bo> read, List<Syncobj> syncobjs) {
        return new Signal(queue, written, read, syncobjs, signal -> {
            queue.ring().write(batch);
            queue.ring().ringDoorbell();
            return queue.createFence(queue.ring().wptr());
        });
    }

    private Set<DmaResv> resvs() {
        Set<DmaResv> all = new LinkedHashSet<>();
        read.forEach(bo -> all.add(bo.resv()));
        written.forEach(bo -> all.add(bo.resv()));
        return all;
    }

    private DmaResv first() {
        return resvs().iterator().next();
    }

    private void allocateIfAtFault() {
        if (kernel().deviates(ALLOCATES_LATE)) {
            kernel().memory().allocate(Gfp.KERNEL, FENCE_BYTES);
        }
    }

    /** Who holds the reservation may wait for the mutex: it is left alone then, since nothing would ever happen again. */
    private boolean locksIfAtFault() {
        return !resvs().isEmpty() && first().lock().owner() == null && kernel().deviates(LOCKS_LATE);
    }

    private void publish() {
        DmaFence done = fence.get();
        read.forEach(bo -> bo.resv().add(done, Usage.READ));
        written.forEach(bo -> bo.resv().add(done, Usage.WRITE));
        syncobjs.forEach(syncobj -> syncobj.replace(done));
        done.handOff();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

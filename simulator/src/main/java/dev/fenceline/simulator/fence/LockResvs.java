package dev.fenceline.simulator.fence;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.kernel.Task;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * drm_exec.c:drm_exec_lock_obj, until all are locked: several reservations under one ticket.
 *
 * <p>After -EDEADLK everything is dropped and the contended reservation comes first, through the slow path. A reservation that is listed
 * twice says -EALREADY the second time, which is no error.
 */
public final class LockResvs extends Call {
    /** After -EDEADLK the contended reservation is not the one that is locked first (rule A-R07). */
    public static final Deviation FORGETS_CONTENDED = new Deviation("back-off-forgets-the-contended-lock");

    private static final Path<LockResvs> PATH = Path.<LockResvs>named("drm_exec_lock_obj")
            .run(exec -> exec.ticket = exec.kernel().newTicket())
            .repeat(all -> all.leaveIf(exec -> exec.locked == exec.resvs.size())
                    .block(LockResvs::lockNext)
                    .run(LockResvs::keepOrBackOff)
                    .spend(exec -> exec.kernel().costs().stepNs()))
            .end();

    private final List<DmaResv> resvs;
    private int locked;
    private long ticket;
    private boolean contended;
    private boolean duplicate;

    /** Locks all of {@code resvs}, each once. */
    public LockResvs(Collection<DmaResv> resvs) {
        this.resvs = new ArrayList<>(resvs);
    }

    /**
     * {@code dma_resv_reserve_fences} of each: room for {@code slots} fences. It may allocate, and so reclaim: who publishes under the
     * notifier lock, which reclaim takes too, reserves before.
     */
    public void reserve(int slots) {
        resvs.forEach(resv -> resv.reserve(slots));
    }

    /** {@code drm_exec_fini}: unlocks all, the last one first. */
    public void unlockAll(Task task) {
        while (locked > 0) {
            resvs.get(--locked).lock().release(task);
        }
    }

    private boolean lockNext() {
        DmaResv next = resvs.get(locked);
        duplicate = next.lock().isHeldBy(task());
        return contended ? next.lock().acquireSlow(task(), ticket) : next.lock().acquire(task(), ticket);
    }

    private void keepOrBackOff() {
        if (duplicate) {
            resvs.remove(locked);
            return;
        }
        DmaResv next = resvs.get(locked);
        if (next.lock().isHeldBy(task())) {
            contended = false;
            locked++;
            return;
        }
        unlockAll(task());
        if (resvs.indexOf(next) > 0 && kernel().deviates(FORGETS_CONTENDED)) {
            return;
        }
        resvs.remove(next);
        resvs.add(0, next);
        contended = true;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

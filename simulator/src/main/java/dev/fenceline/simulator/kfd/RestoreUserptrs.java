package dev.fenceline.simulator.kfd;

import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.vm.GetUserPages;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * amdgpu_amdkfd_gpuvm.c:amdgpu_amdkfd_restore_userptr_worker: fetches the pages of what notifiers made invalid, has page tables show
 * them, and lets the queues run if nothing was evicted meanwhile; else it tries again a little later.
 */
public final class RestoreUserptrs extends Call {
    /** Queues run again although a BO was evicted since its pages were fetched (rule U17). */
    public static final Deviation RESUMES_STALE = new Deviation("kfd-resumes-with-stale-userptr");

    private static final Path<RestoreUserptrs> PATH = Path.<RestoreUserptrs>named(
                    "amdgpu_amdkfd_restore_userptr_worker")
            .lock(work -> work.process.notifierLock(), Lock.Mode.X)
            .run(work -> work.evictedBos = work.process.evictedBos())
            .unlock(work -> work.process.notifierLock())
            .lock(work -> work.process.lock(), Lock.Mode.X)
            .call(work -> new UpdatePages(work))
            .when(work -> !work.lost, RestoreUserptrs::validate)
            .lock(work -> work.process.notifierLock(), Lock.Mode.X)
            .run(RestoreUserptrs::confirm)
            .when(work -> !work.lost, valid -> valid.run(work -> work.process.resume()))
            .unlock(work -> work.process.notifierLock())
            .unlock(work -> work.process.lock())
            .when(work -> work.lost, again -> again.run(work -> work.process.restoreLater()))
            .end();

    private final KfdProcess process;
    private final Local<LockResvs> locks = new Local<>();
    private int evictedBos;
    private boolean lost;

    RestoreUserptrs(KfdProcess process) {
        this.process = process;
    }

    /** {@code validate_invalid_user_pages}: the BOs get the pages, the page tables show them, and {@code amdgpu_sync_wait} has it done. */
    private static Path.Builder<RestoreUserptrs> validate(Path.Builder<RestoreUserptrs> path) {
        return path.call(work -> work.locks.set(new LockResvs(work.resvs())))
                .spend(work -> work.kernel().costs().stepNs()
                        * work.process.invalidated().size())
                .run(RestoreUserptrs::updatePtes)
                .run(work -> work.locks.get().unlockAll(work.task()));
    }

    private List<DmaResv> resvs() {
        List<DmaResv> resvs = new ArrayList<>();
        resvs.add(process.vm().resv());
        process.invalidated().forEach(mem -> resvs.add(mem.bo().resv()));
        return resvs;
    }

    private void updatePtes() {
        for (KfdMem mem : process.invalidated()) {
            mem.vma().setUserPages();
            mem.vma().updatePtes();
        }
    }

    /** The final check, and {@code confirm_valid_user_pages_locked}, under the notifier lock that evictions count under. */
    private void confirm() {
        boolean stale = process.memory().stream().anyMatch(mem -> mem.invalid() > 0);
        boolean resumesStale = stale && !lost && kernel().deviates(RESUMES_STALE);
        if (lost || (process.evictedBos() != evictedBos && !resumesStale)) {
            lost = true;
            return;
        }
        for (KfdMem mem : process.invalidated()) {
            if (!mem.vma().isFetchValid() && !resumesStale) {
                throw new IllegalStateException("user pages are unexpectedly invalid");
            }
        }
        process.invalidated().clear();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }

    /**
     * {@code update_invalid_user_pages}: a BO is valid again unless it was evicted while its pages were fetched, in which case all that
     * has to be done again.
     */
    private static final class UpdatePages extends Call {
        private static final Path<UpdatePages> UPDATE = Path.<UpdatePages>named("update_invalid_user_pages")
                .lock(update -> update.work.process.notifierLock(), Lock.Mode.X)
                .run(UpdatePages::collect)
                .repeat(each -> each.leaveIf(update -> update.work.lost || !update.next())
                        .unlock(update -> update.work.process.notifierLock())
                        .run(update -> update.mem().vma().unmapDma())
                        .call(update -> new GetUserPages(update.mem().vma(), update.sampled))
                        .lock(update -> update.work.process.notifierLock(), Lock.Mode.X)
                        .run(UpdatePages::fetched))
                .unlock(update -> update.work.process.notifierLock())
                .end();

        private final RestoreUserptrs work;
        private Iterator<KfdMem> left = List.<KfdMem>of().iterator();
        private @Nullable KfdMem mem;
        private long sampled;

        UpdatePages(RestoreUserptrs work) {
            this.work = work;
        }

        private void collect() {
            for (KfdMem candidate : work.process.memory()) {
                if (candidate.invalid() > 0) {
                    work.process.invalidated().add(candidate);
                }
            }
            left = List.copyOf(work.process.invalidated()).iterator();
        }

        private boolean next() {
            while (left.hasNext()) {
                mem = left.next();
                sampled = mem.invalid();
                if (sampled > 0) {
                    return true;
                }
            }
            return false;
        }

        private KfdMem mem() {
            if (mem == null) {
                throw new IllegalStateException("no BO is being updated");
            }
            return mem;
        }

        private void fetched() {
            if (mem().invalid() == sampled) {
                mem().fetched();
            } else {
                work.lost = true;
            }
        }

        @Override
        protected Path<?> path() {
            return UPDATE;
        }
    }
}

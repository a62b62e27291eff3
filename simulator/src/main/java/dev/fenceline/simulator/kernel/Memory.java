package dev.fenceline.simulator.kernel;

import dev.fenceline.event.LockClass;
import dev.fenceline.event.MemAlloc;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The pages of the host: how many are free, and who could give some back. */
public final class Memory {
    /** The size of a page. */
    public static final long PAGE_BYTES = 4096;

    private static final long HOST_PAGES = (64L << 30) / PAGE_BYTES;
    private static final long SWAP_PAGES = (4L << 20) / PAGE_BYTES;

    /** An address space: its pages can go to swap, and its process can be killed for them. */
    public interface Resident extends Shrinker {
        /** How many pages it has. */
        long pages();

        /** Whether the OOM killer may choose its process. */
        boolean isKillable();

        /** Its process gets SIGKILL; the pages come back when it has exited. */
        void kill();
    }

    private final Kernel kernel;
    private final LockMap reclaim;
    private final List<Resident> residents = new ArrayList<>();
    private long free = HOST_PAGES;
    private long swap = SWAP_PAGES;
    private int hand;

    Memory(Kernel kernel) {
        this.kernel = kernel;
        this.reclaim = new LockMap(kernel, LockClass.FS_RECLAIM);
    }

    /** How many pages nobody has; below 0 while somebody lives on reserves. */
    public long free() {
        return free;
    }

    /** At boot: all but {@code pages} pages of the host are set aside as huge pages. */
    public void leaveOnly(long pages) {
        free -= HOST_PAGES - pages;
    }

    /** {@code pages} pages are somebody's now. */
    public void take(long pages) {
        free -= pages;
    }

    /** {@code pages} pages are nobody's any more. */
    public void give(long pages) {
        free += pages;
    }

    /** {@code pages} pages of a process are in swap space now. */
    public void swapOut(long pages) {
        swap -= pages;
    }

    /** The swap space of {@code pages} pages is free again. */
    public void freeSwap(long pages) {
        swap += pages;
    }

    /** A process has memory from now on. */
    public void add(Resident resident) {
        residents.add(resident);
    }

    /** A process has exited. */
    public void remove(Resident resident) {
        residents.remove(resident);
    }

    /** {@code kmalloc} of something small: it never has to reclaim, but may as far as {@code gfp} says. */
    public void allocate(Gfp gfp, long bytes) {
        record(gfp, bytes, 0);
    }

    void record(Gfp gfp, long bytes, int result) {
        kernel.emit(MemAlloc.builder().gfp(gfp.recorded()).size(bytes).result(result));
    }

    /** The {@code fs_reclaim} map. */
    LockMap reclaim() {
        return reclaim;
    }

    /** Whom reclaim asks: pages of processes first, then the caches, each time beginning with another process. */
    List<Shrinker> victims() {
        List<Shrinker> victims =
                new ArrayList<>(residents.size() + kernel.shrinkers().size());
        int first = residents.isEmpty() ? 0 : hand++ % residents.size();
        for (int i = 0; i < residents.size(); i++) {
            Resident resident = residents.get((first + i) % residents.size());
            if (resident.pages() > 0 && swap > 0) {
                victims.add(resident);
            }
        }
        victims.addAll(kernel.shrinkers());
        return victims;
    }

    /** {@code select_bad_process}: who has most pages; memory of GPUs is not counted, as in the kernel. */
    @Nullable Resident badProcess() {
        Resident worst = null;
        for (Resident resident : residents) {
            if (resident.isKillable() && (worst == null || resident.pages() > worst.pages())) {
                worst = resident;
            }
        }
        return worst;
    }
}

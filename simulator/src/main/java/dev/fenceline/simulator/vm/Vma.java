package dev.fenceline.simulator.vm;

import dev.fenceline.event.GpuAccess;
import dev.fenceline.event.LongList;
import dev.fenceline.event.PteWriter;
import dev.fenceline.event.PteZap;
import dev.fenceline.event.VmListKind;
import dev.fenceline.event.VmaDestroy;
import dev.fenceline.event.VmaInvalidate;
import dev.fenceline.event.VmaKind;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.sched.Job;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A GPU mapping: a range of GPU addresses and what it shows. */
public abstract class Vma implements Census.Member {
    private static final long GIB = 1L << 30;

    private final GpuVm vm;
    private final long id;
    private final long start;
    private final long end;
    private boolean bound;
    private long largestEntry = GIB;
    private @Nullable Vma inherited;
    private boolean initiallyBound;
    private int unanswered;
    private boolean destroyed;
    private @Nullable UserFence userFence;

    Vma(GpuVm vm, long start, long end) {
        this.vm = vm;
        this.id = vm.kernel().newId();
        this.start = start;
        this.end = end;
    }

    public final GpuVm vm() {
        return vm;
    }

    public final long id() {
        return id;
    }

    /** The first GPU address. */
    public final long start() {
        return start;
    }

    /** The first GPU address after it. */
    public final long end() {
        return end;
    }

    /** Whether page tables show the mapping. */
    public final boolean isBound() {
        return bound || (inherited != null && inherited.isBound());
    }

    /** {@code xe_vma_max_pte_size}, in bytes: the largest there is if no entries were ever written. */
    final long largestEntry() {
        return largestEntry;
    }

    /** {@code XE_VMA_PTE_4K} and the like: entries are written, the largest of which has {@code bytes}. */
    final void setLargestEntry(long bytes) {
        largestEntry = bytes;
    }

    /** It is part of {@code whole} and shows what that shows, until the entries of the rest are cleared. */
    final void inherit(Vma whole) {
        inherited = whole;
    }

    /** The entries that it took over are its own: those of the rest of the mapping are cleared. */
    final void keepEntries() {
        if (inherited != null) {
            largestEntry = inherited.largestEntry;
        }
        inherited = null;
        bound = true;
    }

    /** What [from, to) has of it, as a mapping of its own. */
    abstract Vma part(long from, long to);

    /** What to lock for its destruction: the VM's reservation and its BO's. */
    Set<DmaResv> resvs() {
        Set<DmaResv> all = new LinkedHashSet<>();
        all.add(vm.resv());
        return all;
    }

    /**
     * {@code tile_present & ~tile_invalidated}: whether the GPU may reach something through it, by entries or by TLBs that have not
     * answered yet, so that a second invalidation at the same time must not rely on the first.
     */
    final boolean isReachable() {
        return isBound() || unanswered > 0;
    }

    /** So many TLBs are asked to forget it. */
    final void asked(int tlbs) {
        unanswered += tlbs;
    }

    /** One of them answered. */
    final void answered() {
        unanswered--;
    }

    /** Whether binds write entries for it. */
    boolean hasEntries() {
        return true;
    }

    /** An unmap of it was asked for; the GPU may still reach it. */
    void unmapBegins() {}

    /** Whether work in the VM has anything to do with it. */
    boolean isUsed() {
        return true;
    }

    /** Whether [from, to) of it may not be unmapped now. */
    boolean isBusy(long from, long to) {
        return isUserFencePending();
    }

    /** What an access is about that chance made {@code random}: it is the same one when it is tried again. */
    long addressOf(long random) {
        return start;
    }

    /** Whether page tables show what that access is about. */
    boolean isBoundFor(long random) {
        return isBound();
    }

    /** The pages its page table entries point to; null if they are a BO's, or of several ranges. */
    abstract @Nullable LongList boundPages();

    /** What it shows. */
    abstract VmaKind kind();

    /** Whether the GPU may only read. */
    boolean isReadOnly() {
        return false;
    }

    /** The list of the VM it is on. */
    VmListKind list() {
        return VmListKind.NONE;
    }

    @Override
    public final void tell(Facts facts) {
        facts.of("vma", id)
                .with("vm", vm.id())
                .with("start", start)
                .with("end", end)
                .with("kind", kind())
                .with("list", list());
        if (bound) {
            facts.of("pte", vm.id() + "/" + start).with("end", end).with("pages", String.valueOf(boundPages()));
        }
    }

    final void setBound(boolean is) {
        inherited = is ? null : inherited;
        bound = is;
    }

    /** Whether a bind was submitted, so that what happens to its memory matters. */
    final boolean isInitiallyBound() {
        return initiallyBound;
    }

    final void setInitiallyBound() {
        initiallyBound = true;
    }

    /** The fence by which its bind reports that it is done; null if there is none. */
    public final @Nullable UserFence userFence() {
        return userFence;
    }

    final void setUserFence(UserFence fence) {
        userFence = fence;
    }

    /** {@code check_ufence}: whether the program was not told yet that it is bound. */
    final boolean isUserFencePending() {
        return userFence != null && !userFence.isSignaled();
    }

    /** Whether an unbind was submitted. */
    final boolean isDestroyed() {
        return destroyed;
    }

    final void setDestroyed() {
        destroyed = true;
    }

    /** What a job, submitted now, does to write the PTEs: it is told its fence. */
    LongConsumer pteWriter() {
        return this::writePtes;
    }

    /** Writes the PTEs as the CPU, or as the job that signals {@code fence}; 0 is no job. */
    abstract void writePtes(long fence);

    /** Records one access of a queue somewhere in the mapping, for {@code job} unless the queue runs without jobs. */
    abstract void access(ExecQueue queue, @Nullable Job job, long random, boolean write);

    /** The same access, on behalf of {@code job}, or of a queue that runs without jobs: its operation ends with its preempt fence, if it has one. */
    static GpuAccess.Builder by(ExecQueue queue, @Nullable Job job, GpuAccess.Builder access) {
        if (job == null) {
            return queue.vm().hasPreemptFences()
                    ? access.context(queue.preemptFence().context())
                    : access;
        }
        return access.job(job.id())
                .scheduler(job.entity().scheduler().id())
                .context(job.finished().context());
    }

    /** Clears the entries of [from, to), as the job that signals {@code fence}; the mapping is not bound any more. */
    final void zapPtes(long from, long to, long fence) {
        bound = false;
        vm.kernel()
                .emit(PteZap.builder()
                        .vm(vm.id())
                        .start(from)
                        .end(to)
                        .tile(0)
                        .by(PteWriter.GPU)
                        .fence(fence));
    }

    /** {@code xe_pt_zap_ptes} under {@code xe_vm_invalidate_vma}: the CPU clears the PTEs at once. */
    final void invalidatePtes() {
        vm.kernel()
                .emit(VmaInvalidate.builder()
                        .vma(id)
                        .vm(vm.id())
                        .start(start)
                        .end(end)
                        .kind(kind()));
        zapPtesByCpu();
    }

    /** The CPU clears the PTEs at once. */
    final void zapPtesByCpu() {
        bound = false;
        vm.kernel()
                .emit(PteZap.builder().vm(vm.id()).start(start).end(end).tile(0).by(PteWriter.CPU));
    }

    /** {@code xe_vma_destroy}. */
    void destroy() {
        vm.kernel().emit(VmaDestroy.builder().vma(id).vm(vm.id()).start(start).end(end));
        vm.kernel().strike(this);
    }
}

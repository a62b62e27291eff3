package dev.fenceline.simulator.debug;

import dev.fenceline.event.PageAccess;
import dev.fenceline.event.PageAccessor;
import dev.fenceline.event.RebindBy;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.vm.GpuVm;
import dev.fenceline.simulator.vm.PinPages;
import dev.fenceline.simulator.vm.UserptrVma;

/**
 * The userptr access of thread 001: looks at the pages while the notifier lock keeps them valid, and fetches them again until they are.
 *
 * <p>The posted patch took the mapping off the invalidated list before it fetched; here the mapping stays listed, so that the rebind
 * worker still writes its PTEs.
 */
public final class AccessUserptr extends Call {
    /** The mapping is taken off the invalidated list and on no other, as thread 001's patch does (rule U09). A next invalidation heals it. */
    public static final Deviation LOSES_REBIND = new Deviation("debugger-loses-rebind", 8);

    /** One page is mapped for a whole segment of the scatterlist, as in thread 001's patch (rule T10). */
    public static final Deviation MAPS_ONE_PAGE = new Deviation("debugger-maps-one-page-of-many");

    /** The pages are copied after the notifier lock was given back (rule U01). */
    public static final Deviation READS_UNLOCKED = new Deviation("userptr-read-after-unlock");

    /** Writes go through whatever the pages were fetched for, as in thread 001's patch (rule U15). */
    public static final Deviation WRITES_READ_ONLY = new Deviation("debugger-writes-read-only-userptr");

    private static final Path<AccessUserptr> PATH = Path.<AccessUserptr>named("xe_vm_userptr_access")
            .repeat(attempt -> attempt.lock(access -> access.vm.notifierLock(), Lock.Mode.R)
                    .leaveIf(access -> !access.vm.checkRepin(access.vma))
                    .run(AccessUserptr::loseRebind)
                    .unlock(access -> access.vm.notifierLock())
                    .call(access -> access.fetch.set(new PinPages(access.vma, RebindBy.UNKNOWN)))
                    .run(access -> access.result = access.fetch.get().result())
                    .returnIf(access -> access.result != 0))
            .run(access -> access.unlocked = access.kernel().deviates(READS_UNLOCKED))
            .when(access -> access.unlocked, early -> early.unlock(access -> access.vm.notifierLock()))
            .spend(access -> access.kernel().costs().stepNs())
            .run(AccessUserptr::copy)
            .when(access -> !access.unlocked, still -> still.unlock(access -> access.vm.notifierLock()))
            .end();

    private final UserptrVma vma;
    private final GpuVm vm;
    private final long offset;
    private final long length;
    private final boolean write;
    private final Local<PinPages> fetch = new Local<>();
    private boolean unlocked;
    private long result;

    AccessUserptr(UserptrVma vma, long offset, long length, boolean write) {
        this.vma = vma;
        this.vm = vma.vm();
        this.offset = offset;
        this.length = length;
        this.write = write;
    }

    /** The bytes done, or a negative errno. */
    long result() {
        return result;
    }

    private void loseRebind() {
        if (vm.isInvalidated(vma) && kernel().deviates(LOSES_REBIND)) {
            vm.forgetInvalidation(vma);
        }
    }

    /** One {@code kmap_local_page} per page. */
    private void copy() {
        long at = offset;
        long end = offset + length;
        while (at < end) {
            long within = at % Mm.PAGE_BYTES;
            boolean wholeSegment = within + end - at > Mm.PAGE_BYTES && kernel().deviates(MAPS_ONE_PAGE);
            long bytes = wholeSegment ? end - at : Math.min(Mm.PAGE_BYTES - within, end - at);
            kernel().emit(PageAccess.builder()
                    .who(PageAccessor.CPU_KMAP)
                    .page(vma.pages().get((int) (at / Mm.PAGE_BYTES)))
                    .offset(within)
                    .length(bytes)
                    .write(write)
                    .via(vma.notifier().id())
                    .address(vma.userptr() + at));
            at += bytes;
        }
        result = length;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

package dev.fenceline.simulator.vm;

import dev.fenceline.event.RebindBy;
import dev.fenceline.event.Usage;
import dev.fenceline.event.VmListKind;
import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/** xe_userptr.c:xe_vm_userptr_pin: fetches the pages of all stale userptr mappings and has them bound again. */
final class RepinUserptrs extends Call {
    private static final int EFAULT = -14;

    private static final Path<RepinUserptrs> PATH = Path.<RepinUserptrs>named("xe_vm_userptr_pin")
            .run(RepinUserptrs::collect)
            .repeat(each -> each.leaveIf(pin -> pin.vm.repin().isEmpty())
                    .run(pin -> pin.current = pin.vm.repin().iterator().next())
                    .call(RepinUserptrs::fetch)
                    .returnIf(pin -> pin.result() != 0)
                    .when(pin -> pin.fetch.get().result() == EFAULT, RepinUserptrs::takeAway)
                    .when(pin -> pin.fetch.get().result() == 0, found -> found.run(RepinUserptrs::moveToRebind)))
            .end();

    private final GpuVm vm;
    private final Local<PinPages> fetch = new Local<>();
    private final Local<LockResvs> locks = new Local<>();
    private @Nullable UserptrVma current;

    RepinUserptrs(GpuVm vm) {
        this.vm = vm;
    }

    private UserptrVma current() {
        if (current == null) {
            throw new IllegalStateException("no mapping is being pinned");
        }
        return current;
    }

    /** 0, -EBUSY if pages went stale faster than they could be fetched, or -EPERM if some may not be written. */
    int result() {
        PinPages last = fetch.orNull();
        return last == null || last.result() == EFAULT ? 0 : last.result();
    }

    private PinPages fetch() {
        return fetch.set(new PinPages(current(), RebindBy.WORKER));
    }

    /** There is no memory any more: nobody binds the mapping again, and what is bound goes, once nobody uses it. */
    private static Path.Builder<RepinUserptrs> takeAway(Path.Builder<RepinUserptrs> path) {
        return path.run(RepinUserptrs::forget)
                .call(pin -> pin.locks.set(new LockResvs(pin.vm.resvs())))
                .call(pin -> new ResvWait(pin.vm.resv(), Usage.BOOKKEEP))
                .lock(pin -> pin.vm.notifierLock(), Lock.Mode.R)
                .call(pin -> new InvalidateVma(pin.current()))
                .unlock(pin -> pin.vm.notifierLock())
                .run(pin -> pin.locks.get().unlockAll(pin.task()));
    }

    private void forget() {
        vm.repin().remove(current());
        vm.rebind().remove(current());
        current().moveTo(VmListKind.NONE);
    }

    private void collect() {
        for (UserptrVma vma : vm.invalidated()) {
            vm.repin().add(vma);
            vma.moveTo(VmListKind.REPIN);
        }
        vm.invalidated().clear();
    }

    /** A notifier may have struck between the fetch and now: then the mapping is back on the invalidated list. */
    private void moveToRebind() {
        UserptrVma vma = current();
        if (vm.repin().remove(vma)) {
            vm.rebind().add(vma);
            vma.moveTo(VmListKind.REBIND);
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

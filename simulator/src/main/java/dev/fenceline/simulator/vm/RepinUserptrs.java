package dev.fenceline.simulator.vm;

import dev.fenceline.event.RebindBy;
import dev.fenceline.event.VmListKind;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/** xe_userptr.c:xe_vm_userptr_pin: fetches the pages of all stale userptr mappings and has them bound again. */
final class RepinUserptrs extends Call {
    private static final Path<RepinUserptrs> PATH = Path.<RepinUserptrs>named("xe_vm_userptr_pin")
            .run(RepinUserptrs::collect)
            .repeat(each -> each.leaveIf(pin -> pin.vm.repin().isEmpty())
                    .run(pin -> pin.current = pin.vm.repin().iterator().next())
                    .call(pin -> new PinPages(pin.current(), RebindBy.WORKER))
                    .run(RepinUserptrs::moveToRebind))
            .end();

    private final GpuVm vm;
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

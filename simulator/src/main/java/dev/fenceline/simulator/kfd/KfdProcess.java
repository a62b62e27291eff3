package dev.fenceline.simulator.kfd;

import dev.fenceline.event.KfdEvictUserptr;
import dev.fenceline.event.KfdQuiesce;
import dev.fenceline.event.KfdResume;
import dev.fenceline.event.LockClass;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.vm.GpuVm;
import dev.fenceline.simulator.vm.XeFile;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A {@code kfd_process} and its {@code amdkfd_process_info}: the compute side of a process, known by its address space. */
public final class KfdProcess {
    /** {@code AMDGPU_USERPTR_RESTORE_DELAY_MS}. */
    private static final long RESTORE_DELAY_NS = 1_000_000;

    private final Kernel kernel;
    private final UserProcess owner;
    private final Lock lock;
    private final Lock notifierLock;
    private final GpuVm vm;
    private final List<KfdMem> memory = new ArrayList<>();
    private final Set<KfdMem> invalidated = new LinkedHashSet<>();
    private final List<KfdQueue> queues = new ArrayList<>(1);
    private @Nullable UserProcess debugger;
    private int evictedBos;

    /** The process that opened {@code renderNode}, whose VM the KFD acquires ({@code AMDKFD_IOC_ACQUIRE_VM}). */
    public KfdProcess(Kernel kernel, XeFile renderNode) {
        this.kernel = kernel;
        this.owner = renderNode.client().owner();
        this.lock = Lock.mutex(kernel, LockClass.MUTEX);
        this.notifierLock = Lock.mutex(kernel, LockClass.NOTIFIER_LOCK);
        this.vm = GpuVm.ofCompute(kernel, renderNode, notifierLock);
    }

    Kernel kernel() {
        return kernel;
    }

    /** The process; only it may use the file of /dev/kfd that it opened. */
    public UserProcess owner() {
        return owner;
    }

    public GpuVm vm() {
        return vm;
    }

    /** {@code process_info->lock}: its BOs. */
    Lock lock() {
        return lock;
    }

    /** {@code process_info->notifier_lock}: what its notifiers count. */
    Lock notifierLock() {
        return notifierLock;
    }

    List<KfdMem> memory() {
        return memory;
    }

    /** {@code userptr_inval_list}: the BOs whose page tables have to be written before queues may run. */
    Set<KfdMem> invalidated() {
        return invalidated;
    }

    void add(KfdQueue queue) {
        queues.add(queue);
    }

    /** How often its BOs were evicted since its queues last ran. */
    int evictedBos() {
        return evictedBos;
    }

    /** The process that enabled its debugging, or null. */
    @Nullable UserProcess debugger() {
        return debugger;
    }

    void setDebugger(@Nullable UserProcess process) {
        debugger = process;
    }

    /** {@code ++process_info->evicted_bos}, under the notifier lock: true if it is the first, for which queues have to stop. */
    boolean evict(KfdMem mem) {
        mem.invalidated();
        evictedBos++;
        kernel.emit(KfdEvictUserptr.builder()
                .mm(owner.mm().id())
                .bo(mem.bo().id())
                .invalid(mem.invalid())
                .evictedBos(evictedBos));
        return evictedBos == 1;
    }

    /** {@code kgd2kfd_quiesce_mm}: asks the firmware to take the queues off the hardware. */
    void quiesce() {
        kernel.emit(KfdQuiesce.builder().mm(owner.mm().id()).evictedBos(evictedBos));
        queues.forEach(KfdQueue::evict);
    }

    /** The firmware has done so. */
    void quiesced() {
        queues.forEach(KfdQueue::evicted);
    }

    /** {@code kgd2kfd_resume_mm}, under the notifier lock. */
    void resume() {
        evictedBos = 0;
        kernel.emit(KfdResume.builder().mm(owner.mm().id()).evictedBos(0));
        queues.forEach(KfdQueue::restore);
    }

    /** {@code queue_delayed_work} of {@code restore_userptr_work}. */
    void restoreLater() {
        kernel.agenda()
                .after(RESTORE_DELAY_NS, () -> vm.device().unorderedWorkqueue().queue(new RestoreUserptrs(this)));
    }
}

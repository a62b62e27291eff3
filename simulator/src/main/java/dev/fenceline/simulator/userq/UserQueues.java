package dev.fenceline.simulator.userq;

import dev.fenceline.event.LockClass;
import dev.fenceline.event.UserQueueState;
import dev.fenceline.simulator.drm.Client;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.GpuVm;
import java.util.ArrayList;
import java.util.List;

/** An {@code amdgpu_userq_mgr}: the user-mode queues of one open file, which run on one VM and leave the hardware together. */
public final class UserQueues {
    private final Kernel kernel;
    private final GpuVm vm;
    private final Lock mutex;
    private final EvictionFences evictions;
    private final ResumeWork resumeWork;
    private final List<UserQueue> all = new ArrayList<>(1);
    private boolean shutDown;

    /** {@code amdgpu_userq_mgr_init} and {@code amdgpu_evf_mgr_init} for queues on {@code vm}. */
    public UserQueues(Kernel kernel, GpuVm vm) {
        this.kernel = kernel;
        this.vm = vm;
        this.mutex = Lock.mutex(kernel, LockClass.USERQ_MUTEX);
        this.evictions = new EvictionFences(this);
        this.resumeWork = new ResumeWork(this);
        vm.guard(evictions);
    }

    Kernel kernel() {
        return kernel;
    }

    /** The address space that all of them use. */
    public GpuVm vm() {
        return vm;
    }

    Client client() {
        return vm.file().client();
    }

    Device device() {
        return vm.device();
    }

    /** {@code userq_mutex}: the states of the queues, and which eviction fence they run under. */
    Lock mutex() {
        return mutex;
    }

    EvictionFences evictions() {
        return evictions;
    }

    ResumeWork resumeWork() {
        return resumeWork;
    }

    List<UserQueue> all() {
        return all;
    }

    /** Those on the hardware. */
    List<UserQueue> mapped() {
        return all.stream().filter(UserQueue::isMapped).toList();
    }

    /** Those that wait to be mapped. */
    List<UserQueue> unmapped() {
        return all.stream()
                .filter(queue -> queue.state() == UserQueueState.UNMAPPED)
                .toList();
    }

    /** The BOs that are mapped. */
    List<Bo> memory() {
        return vm.vmas().stream()
                .filter(BoVma.class::isInstance)
                .map(vma -> ((BoVma) vma).bo())
                .distinct()
                .toList();
    }

    /** Whether the mapping is still there. */
    boolean shows(BoVma mapping) {
        return vm.vmas().contains(mapping);
    }

    /** {@code amdgpu_evf_mgr_shutdown}: from now on queues that leave the hardware stay off it. */
    void shutDown() {
        shutDown = true;
    }

    boolean isShutDown() {
        return shutDown;
    }
}

package dev.fenceline.simulator.debug;

import dev.fenceline.event.DebugDetach;
import dev.fenceline.event.DebugEvent;
import dev.fenceline.event.DebugEventFlag;
import dev.fenceline.event.DebugEventType;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.WaitList;
import dev.fenceline.simulator.kernel.Waits;
import dev.fenceline.simulator.vm.ExecQueue;
import dev.fenceline.simulator.vm.GpuVm;
import dev.fenceline.simulator.vm.Vma;
import dev.fenceline.simulator.vm.XeFile;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A debugger's connection to a process: what it was told, under numbers that mean something in this connection only.
 *
 * <p>As in the posted series only long-running VMs are shown.
 */
public final class DebugConnection implements XeFile.Observer, Waits {
    /** An event that waits to be read. */
    record Pending(
            DebugEvent.Builder event,
            long vmHandle,
            @Nullable Vma bound) {}

    private final Kernel kernel;
    private final EuDebug debug;
    private final long id;
    private final UserProcess target;
    private final ArrayDeque<Pending> pending = new ArrayDeque<>();
    private final WaitList readers = new WaitList(this);
    private final Map<Long, GpuVm> vms = new LinkedHashMap<>();
    private final List<XeFile> observed = new ArrayList<>();
    private long lastSeqno;
    private long lastClientHandle;
    private long lastVmHandle;
    private long lastQueueHandle;
    private boolean discovering = true;
    private boolean detached;

    DebugConnection(Kernel kernel, EuDebug debug, UserProcess target) {
        this.kernel = kernel;
        this.debug = debug;
        this.id = kernel.newId();
        this.target = target;
        debug.connections().add(this);
    }

    public long id() {
        return id;
    }

    EuDebug debug() {
        return debug;
    }

    UserProcess target() {
        return target;
    }

    /** Whether the debugger has closed it. */
    public boolean isDetached() {
        return detached;
    }

    /** The VM that {@code handle} names in this connection, or null. */
    @Nullable GpuVm vm(long handle) {
        return detached ? null : vms.get(handle);
    }

    /** Where the debugger sleeps until there is an event to read. */
    WaitList readers() {
        return readers;
    }

    boolean hasPending() {
        return !pending.isEmpty();
    }

    Pending takePending() {
        return pending.remove();
    }

    void discover(XeFile file) {
        file.setObserver(this);
        observed.add(file);
        queue(
                DebugEventType.OPEN,
                DebugEventFlag.CREATE,
                null,
                event -> event.handle(++lastClientHandle)
                        .client(file.client().id())
                        .obj(file.client().id()));
        for (GpuVm vm : file.vms()) {
            if (!vm.isLongRunning()) {
                continue;
            }
            announce(vm);
            vm.queues().forEach(this::announce);
            announceBinds(vm, vm.vmas());
        }
    }

    void discovered() {
        discovering = false;
    }

    private void announce(GpuVm vm) {
        long handle = ++lastVmHandle;
        vms.put(handle, vm);
        queue(
                DebugEventType.VM,
                DebugEventFlag.CREATE,
                null,
                event -> event.handle(handle)
                        .client(vm.file().client().id())
                        .vm(vm.id())
                        .obj(vm.id()));
    }

    private void announce(ExecQueue queue) {
        long handle = ++lastQueueHandle;
        queue(
                DebugEventType.EXEC_QUEUE,
                DebugEventFlag.CREATE,
                null,
                event -> event.handle(handle)
                        .client(queue.vm().file().client().id())
                        .vm(queue.vm().id())
                        .queueHandle(handle)
                        .lrcHandle(handle)
                        .obj(queue.id()));
    }

    private void announceBinds(GpuVm vm, List<Vma> vmas) {
        if (vmas.isEmpty()) {
            return;
        }
        long bind = queue(
                DebugEventType.VM_BIND,
                DebugEventFlag.STATE_CHANGE,
                null,
                event -> event.vm(vm.id()).client(vm.file().client().id()).n(vmas.size()));
        for (Vma vma : vmas) {
            queue(
                    DebugEventType.VM_BIND_OP,
                    DebugEventFlag.CREATE,
                    vma,
                    event -> event.vm(vm.id()).ref(bind).address(vma.start()).range(vma.end() - vma.start()));
        }
    }

    private long queue(
            DebugEventType type, DebugEventFlag flag, @Nullable Vma bound, Consumer<DebugEvent.Builder> body) {
        DebugEvent.Builder event = DebugEvent.builder()
                .connection(id)
                .seqno(++lastSeqno)
                .type(type)
                .flags(EnumSet.of(flag))
                .queuedTs(kernel.nowNs());
        body.accept(event);
        boolean vmCreated = type == DebugEventType.VM && flag == DebugEventFlag.CREATE;
        pending.add(new Pending(event, vmCreated ? lastVmHandle : 0, bound));
        readers.wakeAll();
        return lastSeqno;
    }

    @Override
    public void created(GpuVm vm) {
        if (vm.isLongRunning() && !discovering) {
            announce(vm);
        }
    }

    @Override
    public void destroyed(GpuVm vm) {
        for (Map.Entry<Long, GpuVm> entry : vms.entrySet()) {
            if (entry.getValue() == vm) {
                long handle = entry.getKey();
                vms.remove(handle);
                queue(
                        DebugEventType.VM,
                        DebugEventFlag.DESTROY,
                        null,
                        event -> event.handle(handle)
                                .client(vm.file().client().id())
                                .vm(vm.id())
                                .obj(vm.id()));
                return;
            }
        }
    }

    @Override
    public void created(ExecQueue queue) {
        if (vms.containsValue(queue.vm()) && !discovering) {
            announce(queue);
        }
    }

    @Override
    public void bound(Vma vma) {
        if (vms.containsValue(vma.vm()) && !discovering) {
            announceBinds(vma.vm(), List.of(vma));
        }
    }

    @Override
    public void unbound(Vma vma) {
        if (vms.containsValue(vma.vm()) && !discovering) {
            long bind = queue(
                    DebugEventType.VM_BIND,
                    DebugEventFlag.STATE_CHANGE,
                    null,
                    event -> event.vm(vma.vm().id())
                            .client(vma.vm().file().client().id())
                            .n(1));
            queue(
                    DebugEventType.VM_BIND_OP,
                    DebugEventFlag.DESTROY,
                    null,
                    event -> event.vm(vma.vm().id())
                            .ref(bind)
                            .address(vma.start())
                            .range(vma.end() - vma.start()));
        }
    }

    /** {@code xe_eudebug_disconnect}: the process may be debugged by somebody else from now on. */
    public void detach() {
        detached = true;
        debug.connections().remove(this);
        observed.forEach(file -> file.setObserver(null));
        pending.clear();
        kernel.emit(DebugDetach.builder().connection(id).reason("closed"));
        readers.wakeAll();
    }

    @Override
    public String label() {
        return "events of debug connection " + id;
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        // Events come when the target does something; nobody has to.
    }
}

package dev.fenceline.simulator.debug;

import dev.fenceline.event.DebugEvent;
import dev.fenceline.event.DebugEventFlag;
import dev.fenceline.event.DebugEventType;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.DebugMetadata;
import dev.fenceline.simulator.vm.EuThreads;
import dev.fenceline.simulator.vm.ExecQueue;
import dev.fenceline.simulator.vm.FaultReport;
import dev.fenceline.simulator.vm.GpuVm;
import dev.fenceline.simulator.vm.UserFence;
import dev.fenceline.simulator.vm.Vma;
import dev.fenceline.simulator.vm.XeFile;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a connection tells of the clients it debugs, under numbers that mean something in this connection only.
 *
 * <p>As in the posted series only long-running VMs are shown.
 */
public final class ClientEvents implements XeFile.Observer {
    /** The playback shows a queue before the VM it belongs to (rule D05). */
    public static final Deviation QUEUE_FIRST = new Deviation("queue-is-shown-before-its-vm");

    /** An operation of a bind is told again, as by a bind that collided and was repeated (rule D06). */
    public static final Deviation REPEATS_OPERATION = new Deviation("bind-operation-is-told-twice", 3);

    /** A queue is shown by the playback and once more by the ioctl that made it, for want of a lock between them (rule D10). */
    public static final Deviation SHOWS_TWICE = new Deviation("playback-races-with-creation");

    /**
     * What tells of the image attached to a mapping names the bind instead of its operation (rule D06). vm_discover_binds of the first
     * posted version did ("Fix bad op ref seqno").
     */
    public static final Deviation METADATA_NAMES_BIND = new Deviation("metadata-names-the-bind", 3);

    /** An operation says that an image is attached, and nothing tells which (rule D06). */
    public static final Deviation METADATA_UNTOLD = new Deviation("metadata-of-an-operation-is-not-told", 8);

    private final Kernel kernel;
    private final DebugConnection connection;
    private final Map<Long, GpuVm> vms = new LinkedHashMap<>();
    private final Map<ExecQueue, Long> queues = new LinkedHashMap<>();
    private final Map<XeFile, Long> observed = new LinkedHashMap<>();
    private final Set<Vma> shown = new LinkedHashSet<>();
    private final HeldFences held = new HeldFences();
    private final Map<DebugMetadata, Long> metadata = new LinkedHashMap<>();
    private long lastClientHandle;
    private long lastMetadataHandle;
    private long lastVmHandle;
    private long lastQueueHandle;
    private long lastDestroyed;

    ClientEvents(Kernel kernel, DebugConnection connection) {
        this.kernel = kernel;
        this.connection = connection;
    }

    @Nullable GpuVm vm(long handle) {
        return vms.get(handle);
    }

    /** Whether the connection hears of {@code file}. */
    boolean observes(XeFile file) {
        return observed.containsKey(file);
    }

    /** Tells what {@code file} has, and from now on what comes and goes. */
    void discover(XeFile file) {
        file.setObserver(this);
        observed.put(file, ++lastClientHandle);
        tell(file, DebugEventFlag.CREATE);
        file.metadata().forEach(this::created);
        for (GpuVm vm : file.vms()) {
            if (!vm.isLongRunning()) {
                continue;
            }
            boolean queueFirst = !vm.queues().isEmpty() && kernel.deviates(QUEUE_FIRST);
            if (queueFirst) {
                vm.queues().forEach(this::announce);
            }
            announce(vm);
            if (!queueFirst) {
                vm.queues().forEach(this::announce);
            }
            if (!vm.queues().isEmpty() && kernel.deviates(SHOWS_TWICE)) {
                announce(vm.queues().get(0));
            }
            announceBinds(vm, vm.vmas());
        }
    }

    /** {@code file} is closed: what it had is gone, then the client is. */
    void closed(XeFile file) {
        if (!observed.containsKey(file)) {
            return;
        }
        List.copyOf(queues.keySet()).stream()
                .filter(queue -> queue.vm().file() == file)
                .forEach(this::destroyed);
        List.copyOf(vms.values()).stream().filter(vm -> vm.file() == file).forEach(this::destroyed);
        List.copyOf(metadata.keySet()).stream()
                .filter(left -> left.file() == file)
                .forEach(this::destroyed);
        tell(file, DebugEventFlag.DESTROY);
        observed.remove(file);
        file.setObserver(null);
    }

    private void tell(XeFile file, DebugEventFlag flag) {
        Long handle = observed.get(file);
        if (handle != null && !connection.isToClient()) {
            connection.queue(
                    DebugEventType.OPEN,
                    flag,
                    event -> event.handle(handle)
                            .client(file.client().id())
                            .obj(file.client().id()));
        }
    }

    /** The clients tell it nothing any more. */
    void forget() {
        for (XeFile file : observed.keySet()) {
            if (file.observer() == this) {
                file.setObserver(null);
            }
        }
        held.releaseAll();
    }

    /** Names the client and the VM; where a connection is to one client, no event names it. */
    private DebugEvent.Builder of(GpuVm vm, DebugEvent.Builder event) {
        event.vm(vm.id());
        return connection.isToClient() ? event : event.client(vm.file().client().id());
    }

    private void announce(GpuVm vm) {
        long handle = ++lastVmHandle;
        vms.put(handle, vm);
        connection.queue(
                connection.nextNumber(DebugEventType.VM),
                DebugEventType.VM,
                DebugEventFlag.CREATE,
                handle,
                null,
                false,
                event -> of(vm, event).handle(handle).obj(vm.id()));
    }

    private void announce(ExecQueue queue) {
        if (!queue.isDebuggable()) {
            return;
        }
        long handle = ++lastQueueHandle;
        queues.put(queue, handle);
        tell(queue, handle, DebugEventFlag.CREATE);
    }

    private void tell(ExecQueue queue, long handle, DebugEventFlag flag) {
        long number = connection.nextNumber(DebugEventType.EXEC_QUEUE);
        connection.queue(
                number,
                DebugEventType.EXEC_QUEUE,
                flag,
                handle,
                null,
                false,
                event -> of(queue.vm(), event)
                        .handle(handle)
                        .queueHandle(handle)
                        .lrcHandle(handle)
                        .obj(queue.id()));
    }

    @Nullable ExecQueue queue(long handle) {
        for (Map.Entry<ExecQueue, Long> entry : queues.entrySet()) {
            if (entry.getValue() == handle) {
                return entry.getKey();
            }
        }
        return null;
    }

    /** Tells that threads of {@code queue} stand still; false if the connection knows of no such queue. */
    boolean attention(ExecQueue queue) {
        Long handle = queues.get(queue);
        if (handle == null) {
            return false;
        }
        long named = lastDestroyed > 0 && kernel.deviates(AttentionScan.NAMES_DESTROYED) ? lastDestroyed : handle;
        connection.queue(
                connection.takeNumber(),
                DebugEventType.EU_ATTENTION,
                DebugEventFlag.STATE_CHANGE,
                handle,
                null,
                false,
                event -> of(queue.vm(), event)
                        .queueHandle(named)
                        .lrcHandle(named)
                        .lrc(queue.id())
                        .bitmask(EuThreads.bits(queue.threads().halted())));
        return true;
    }

    @Override
    public @Nullable FaultReport pageFault(ExecQueue queue, long address, long faulting) {
        boolean told = connection.isDiscovered() && queues.containsKey(queue);
        return told ? new ReportPageFault(connection, queue, address, faulting) : null;
    }

    /** Tells of a fault at {@code address}: {@code bitmaps} are the threads that stood still before, after, and when it was resolved. */
    void pageFault(ExecQueue queue, long address, byte[] bitmaps) {
        Long handle = queues.get(queue);
        if (handle == null) {
            return;
        }
        connection.queue(
                connection.takeNumber(),
                DebugEventType.PAGEFAULT,
                DebugEventFlag.STATE_CHANGE,
                handle,
                null,
                false,
                event -> of(queue.vm(), event)
                        .queueHandle(handle)
                        .lrcHandle(handle)
                        .lrc(queue.id())
                        .address(address)
                        .bitmask(bitmaps));
    }

    /** The playback shows what is mapped as one bind, of which nobody holds anything. */
    private void announceBinds(GpuVm vm, List<Vma> vmas) {
        if (vmas.isEmpty()) {
            return;
        }
        long bind = connection.queue(
                DebugEventType.VM_BIND,
                DebugEventFlag.STATE_CHANGE,
                event -> of(vm, event).n(vmas.size()));
        for (Vma vma : vmas) {
            shown.add(vma);
            tell(vma, bind, true);
        }
    }

    private void tell(Vma vma, long bind, boolean usable) {
        tell(vma.vm(), vma.start(), vma.end(), bind, DebugEventFlag.CREATE, vma, usable);
    }

    private void tell(
            GpuVm vm, long start, long end, long bind, DebugEventFlag flag, @Nullable Vma vma, boolean usable) {
        int times = kernel.deviates(REPEATS_OPERATION) ? 2 : 1;
        Long image = vma instanceof BoVma mapping ? metadata.get(mapping.image()) : null;
        for (int i = 0; i < times; i++) {
            long operation = connection.queue(
                    connection.nextNumber(DebugEventType.VM_BIND_OP),
                    DebugEventType.VM_BIND_OP,
                    flag,
                    0,
                    vma,
                    usable,
                    event -> extend(event.vm(vm.id()).ref(bind).address(start).range(end - start), image));
            if (image != null && !kernel.deviates(METADATA_UNTOLD)) {
                tellImage(image, kernel.deviates(METADATA_NAMES_BIND) ? bind : operation);
            }
        }
    }

    /** {@code num_extensions}. */
    private static void extend(DebugEvent.Builder operation, @Nullable Long image) {
        if (image != null) {
            operation.n(1);
        }
    }

    /** {@code vm_bind_op_metadata_event}. */
    private void tellImage(long image, long operation) {
        connection.queue(
                DebugEventType.VM_BIND_OP_METADATA,
                DebugEventFlag.CREATE,
                event -> event.ref(operation).handle(image));
    }

    /** Whether the debugger may access {@code vma}: not before it acknowledged that it is bound. */
    boolean isUsable(Vma vma) {
        UserFence fence = vma.userFence();
        return fence == null || held.told(fence) == null;
    }

    /** The event of that number is acknowledged; false if nothing waits for that. */
    boolean acknowledge(long number) {
        return held.acknowledge(number);
    }

    @Override
    public @Nullable Call awaitReader() {
        return connection.hasRoom() ? null : new AwaitReader(connection);
    }

    @Override
    public long connection() {
        return connection.id();
    }

    @Override
    public boolean holds(UserFence fence) {
        if (!vms.containsValue(fence.vm())) {
            return false;
        }
        HeldFences.Told bind = held.told(fence);
        if (bind != null) {
            tellDone(fence, bind);
            return true;
        }
        // What the playback showed is not held; what nobody was told of yet is about to be told.
        if (shown.stream().anyMatch(vma -> vma.userFence() == fence)) {
            return false;
        }
        held.holdEarly(fence);
        return true;
    }

    private void tellDone(UserFence fence, HeldFences.Told bind) {
        held.hold(fence, bind.number());
        connection.queue(
                bind.number(),
                DebugEventType.VM_BIND_UFENCE,
                DebugEventFlag.NEED_ACK,
                0,
                bind.vma(),
                true,
                event -> event.vm(fence.vm().id()).ref(bind.bind()).userFence(fence.address()));
    }

    @Override
    public void created(GpuVm vm) {
        if (vm.isLongRunning()) {
            announce(vm);
        }
    }

    @Override
    public void destroyed(GpuVm vm) {
        for (Map.Entry<Long, GpuVm> entry : vms.entrySet()) {
            if (entry.getValue() == vm) {
                long handle = entry.getKey();
                vms.remove(handle);
                shown.removeIf(vma -> vma.vm() == vm);
                connection.queue(
                        DebugEventType.VM,
                        DebugEventFlag.DESTROY,
                        event -> of(vm, event).handle(handle).obj(vm.id()));
                return;
            }
        }
    }

    @Override
    public void created(ExecQueue queue) {
        if (vms.containsValue(queue.vm())) {
            announce(queue);
        }
    }

    @Override
    public void destroyed(ExecQueue queue) {
        Long handle = queues.remove(queue);
        if (handle != null) {
            lastDestroyed = handle;
            tell(queue, handle, DebugEventFlag.DESTROY);
        }
    }

    /** Later posted versions have no such objects. */
    @Override
    public void created(DebugMetadata left) {
        if (!connection.isToClient()) {
            metadata.put(left, ++lastMetadataHandle);
            tell(left, lastMetadataHandle, DebugEventFlag.CREATE);
        }
    }

    @Override
    public void destroyed(DebugMetadata taken) {
        Long handle = metadata.remove(taken);
        if (handle != null) {
            tell(taken, handle, DebugEventFlag.DESTROY);
        }
    }

    private void tell(DebugMetadata about, long handle, DebugEventFlag flag) {
        connection.queue(
                DebugEventType.METADATA,
                flag,
                event -> event.handle(handle).client(about.file().client().id()).obj(about.id()));
    }

    @Override
    public void bound(List<Vma> vmas) {
        Vma first = vmas.get(0);
        GpuVm vm = first.vm();
        if (!vms.containsValue(vm)) {
            return;
        }
        UserFence fence = first.userFence();
        if (fence == null) {
            announceBinds(vm, vmas);
            return;
        }
        shown.addAll(vmas);
        long bind = connection.queue(
                DebugEventType.VM_BIND,
                DebugEventFlag.STATE_CHANGE,
                event -> of(vm, event).n(vmas.size()).userFence(fence.address()));
        vmas.forEach(vma -> tell(vma, bind, false));
        HeldFences.Told told = new HeldFences.Told(first, bind, connection.takeNumber());
        if (held.tell(fence, told)) {
            tellDone(fence, told);
        }
    }

    @Override
    public void unbound(GpuVm vm, long start, long end) {
        if (vms.containsValue(vm)) {
            shown.removeIf(vma -> vma.vm() == vm && !vm.vmas().contains(vma));
            long bind = connection.queue(
                    DebugEventType.VM_BIND,
                    DebugEventFlag.STATE_CHANGE,
                    event -> of(vm, event).n(1));
            tell(vm, start, end, bind, DebugEventFlag.DESTROY, null, false);
        }
    }
}

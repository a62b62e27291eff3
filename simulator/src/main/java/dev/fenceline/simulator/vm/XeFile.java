package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.drm.Client;
import dev.fenceline.simulator.kernel.Call;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A {@code xe_file}: the VMs and queues of one client, and who debugs them. */
public final class XeFile {
    /** What a debugger is told about a client. */
    public interface Observer {
        /** A VM came. */
        void created(GpuVm vm);

        /** A VM is closed. */
        void destroyed(GpuVm vm);

        /** A queue came. */
        void created(ExecQueue queue);

        /** A queue is gone. */
        void destroyed(ExecQueue queue);

        /** The client left something for its debugger. */
        void created(DebugMetadata metadata);

        /** The client took it back. */
        void destroyed(DebugMetadata metadata);

        /** Mappings of one VM were bound by one VM_BIND of the client. */
        void bound(List<Vma> vmas);

        /** A VM_BIND of the client unbound what was mapped in [start, end). */
        void unbound(GpuVm vm, long start, long end);

        /**
         * A bind is done, and its user fence is to be signalled: true if the debugger holds that back until it calls
         * {@link UserFence#release}.
         */
        default boolean holds(UserFence fence) {
            return false;
        }

        /** What a call that told the debugger more than it has read waits for before it returns; null if nothing. */
        @Nullable Call awaitReader();

        /** The debugger's connection. */
        long connection();

        /** Threads {@code faulting} of {@code queue} faulted at {@code address}: how the debugger is told; null if it is not. */
        @Nullable FaultReport pageFault(ExecQueue queue, long address, long faulting);
    }

    private final Client client;
    private final List<GpuVm> vms = new ArrayList<>(1);
    private final List<DebugMetadata> metadata = new ArrayList<>(1);
    private @Nullable Observer observer;

    /** The driver's side of {@code client}. */
    public XeFile(Client client) {
        this.client = client;
    }

    public Client client() {
        return client;
    }

    /** The VMs that are not closed. */
    public List<GpuVm> vms() {
        return vms;
    }

    /** What it left for its debugger. */
    public List<DebugMetadata> metadata() {
        return metadata;
    }

    void add(DebugMetadata left) {
        metadata.add(left);
        if (observer != null) {
            observer.created(left);
        }
    }

    void remove(DebugMetadata taken) {
        metadata.remove(taken);
        if (observer != null) {
            observer.destroyed(taken);
        }
    }

    /** The debugger, or null. */
    public @Nullable Observer observer() {
        return observer;
    }

    /** From now on {@code debugger} is told, or nobody if it is null. */
    public void setObserver(@Nullable Observer debugger) {
        observer = debugger;
    }

    void add(GpuVm vm) {
        vms.add(vm);
        if (observer != null) {
            observer.created(vm);
        }
    }

    void remove(GpuVm vm) {
        vms.remove(vm);
        if (observer != null) {
            observer.destroyed(vm);
        }
    }

    void created(ExecQueue queue) {
        if (observer != null) {
            observer.created(queue);
        }
    }

    void destroyed(ExecQueue queue) {
        if (observer != null) {
            observer.destroyed(queue);
        }
    }

    void bound(List<Vma> vmas) {
        if (observer != null) {
            observer.bound(vmas);
        }
    }

    boolean holds(UserFence fence) {
        return observer != null && observer.holds(fence);
    }

    void unbound(GpuVm vm, long start, long end) {
        if (observer != null) {
            observer.unbound(vm, start, end);
        }
    }
}

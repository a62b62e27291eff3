package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A debugger connection and the handles of VMs that were announced to it. */
public final class Connection extends KernelObject {
    long target = Event.ABSENT;
    long targetClient = Event.ABSENT;
    long device = Event.ABSENT;
    long debugger = Event.ABSENT;
    long connectSeq;
    long detachSeq;
    boolean tableShown;
    final List<VmHandle> handles = new ArrayList<>(2);
    final List<VmFile> files = new ArrayList<>(2);

    Connection(long id) {
        super(id);
    }

    /** A handle that stands for a VM in one connection: never given to another VM. */
    public static final class VmHandle {
        final long handle;
        long vm = Event.ABSENT;
        long createSeq;
        long createNumber = Event.ABSENT;
        long destroySeq;
        long destroyNumber = Event.ABSENT;

        VmHandle(long handle) {
            this.handle = handle;
        }

        /** The number. */
        public long handle() {
            return handle;
        }

        /** The VM it stands for; {@link Event#ABSENT} if unknown. */
        public long vm() {
            return vm;
        }

        /** The seq of the event that announced it; 0 if not seen. */
        public long createSeq() {
            return createSeq;
        }

        /** The seq of the event that took it back; 0 if none did. */
        public long destroySeq() {
            return destroySeq;
        }

        void write(SnapshotWriter out) throws IOException {
            out.number(vm);
            out.number(createSeq);
            out.number(createNumber);
            out.number(destroySeq);
            out.number(destroyNumber);
        }

        void read(SnapshotReader in) throws IOException {
            vm = in.number();
            createSeq = in.number();
            createNumber = in.number();
            destroySeq = in.number();
            destroyNumber = in.number();
        }
    }

    /** An open file that stands for the memory of a VM. */
    public static final class VmFile {
        final long fd;
        final long tgid;
        long handle = Event.ABSENT;
        long vm = Event.ABSENT;
        long openSeq;

        VmFile(long fd, long tgid) {
            this.fd = fd;
            this.tgid = tgid;
        }

        /** The handle it was opened by. */
        public long handle() {
            return handle;
        }

        /** The VM it was opened for; {@link Event#ABSENT} if unknown. */
        public long vm() {
            return vm;
        }

        /** The seq at which it was opened. */
        public long openSeq() {
            return openSeq;
        }
    }

    /** The process that is debugged; {@link Event#ABSENT} if unknown. */
    public long target() {
        return target;
    }

    /** The client that is debugged, where the interface names one; {@link Event#ABSENT} otherwise. */
    public long targetClient() {
        return targetClient;
    }

    /** The process that debugs; {@link Event#ABSENT} if unknown. */
    public long debugger() {
        return debugger;
    }

    /** The seq of the event that announced the VM; 0 if it was not announced. */
    public long announcedSeq(long vm) {
        for (VmHandle handle : handles) {
            if (handle.vm == vm && vm != Event.ABSENT) {
                return handle.createSeq;
            }
        }
        return 0;
    }

    /** The seq of its {@code debug_connect}; 0 if not seen. */
    public long connectSeq() {
        return connectSeq;
    }

    /** The seq at which it was detached; 0 before. */
    public long detachSeq() {
        return detachSeq;
    }

    /** Whether the recording shows what was announced to it, so that a handle it does not show was not announced. */
    public boolean isTableShown() {
        return tableShown;
    }

    /** The handle of that number; null if it was not announced. */
    public @Nullable VmHandle handle(long number) {
        for (int i = handles.size() - 1; i >= 0; i--) {
            if (handles.get(i).handle == number) {
                return handles.get(i);
            }
        }
        return null;
    }

    @Nullable VmFile file(long fd, long tgid, boolean anyProcess) {
        for (int i = files.size() - 1; i >= 0; i--) {
            VmFile file = files.get(i);
            if (file.fd == fd && (anyProcess || file.tgid == tgid)) {
                return file;
            }
        }
        return null;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(target);
        out.number(targetClient);
        out.number(device);
        out.number(debugger);
        out.number(connectSeq);
        out.number(detachSeq);
        out.flag(tableShown);
        out.number(handles.size());
        for (VmHandle handle : handles) {
            out.number(handle.handle);
            handle.write(out);
        }
        out.number(files.size());
        for (VmFile file : files) {
            out.number(file.fd);
            out.number(file.tgid);
            out.number(file.handle);
            out.number(file.vm);
            out.number(file.openSeq);
        }
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        target = in.number();
        targetClient = in.number();
        device = in.number();
        debugger = in.number();
        connectSeq = in.number();
        detachSeq = in.number();
        tableShown = in.flag();
        int handleCount = in.count();
        for (int i = 0; i < handleCount; i++) {
            VmHandle handle = new VmHandle(in.number());
            handle.read(in);
            handles.add(handle);
        }
        int fileCount = in.count();
        for (int i = 0; i < fileCount; i++) {
            VmFile file = new VmFile(in.number(), in.number());
            file.handle = in.number();
            file.vm = in.number();
            file.openSeq = in.number();
            files.add(file);
        }
    }
}

package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The page faults of GPUs that wait for an answer, and the last ones that got it. */
public final class PageFaults implements StatePart {
    /** How many answered faults are remembered, to tell a second answer; ours. */
    private static final int ANSWERED = 256;

    private final AddressSpaces spaces;
    private final List<PageFault> pending = new ArrayList<>();
    private final List<PageFault> answered = new ArrayList<>();

    PageFaults(AddressSpaces spaces) {
        this.spaces = spaces;
    }

    /** One fault. */
    public static final class PageFault {
        final long vm;
        final long address;
        final FaultAccess access;
        final @Nullable String engine;
        final long queue;
        final long vma;
        final long faultSeq;
        long boundSeq;
        long ackSeq;

        PageFault(
                long vm,
                long address,
                FaultAccess access,
                @Nullable String engine,
                long queue,
                long vma,
                long faultSeq) {
            this.vm = vm;
            this.address = address;
            this.access = access;
            this.engine = engine;
            this.queue = queue;
            this.vma = vma;
            this.faultSeq = faultSeq;
        }

        /** The address space; {@link Event#ABSENT} if not stated. */
        public long vm() {
            return vm;
        }

        /** The address in bytes. */
        public long address() {
            return address;
        }

        /** The mapping the event names; {@link Event#ABSENT} if it names none. */
        public long vma() {
            return vma;
        }

        /** Whether the engine wanted to write. */
        public boolean isWrite() {
            return access == FaultAccess.W || access == FaultAccess.A;
        }

        /** The seq of the fault. */
        public long faultSeq() {
            return faultSeq;
        }

        /** The seq of a bind of its address since the fault; 0 if there was none. */
        public long boundSeq() {
            return boundSeq;
        }

        /** The seq of the answer; 0 if there is none yet. */
        public long ackSeq() {
            return ackSeq;
        }

        private boolean isAnsweredBy(GpuFaultAck e) {
            String of = e.engine();
            return address == e.address()
                    && agree(vm, e.vm())
                    && agree(queue, e.queue())
                    && (e.access() == FaultAccess.UNKNOWN || access == FaultAccess.UNKNOWN || access == e.access())
                    && (engine == null || of == null || engine.equals(of));
        }

        private static boolean agree(long mine, long stated) {
            return mine == stated || mine == Event.ABSENT || stated == Event.ABSENT;
        }

        private void write(SnapshotWriter out) throws IOException {
            out.number(vm);
            out.number(address);
            out.symbol(access);
            out.text(engine);
            out.number(queue);
            out.number(vma);
            out.number(faultSeq);
            out.number(boundSeq);
            out.number(ackSeq);
        }

        private static PageFault read(SnapshotReader in) throws IOException {
            PageFault fault = new PageFault(
                    in.number(),
                    in.number(),
                    in.symbol(FaultAccess.values()),
                    in.text(),
                    in.number(),
                    in.number(),
                    in.number());
            fault.boundSeq = in.number();
            fault.ackSeq = in.number();
            return fault;
        }
    }

    /** The oldest fault that the answer may be to; null if none waits for it. */
    public @Nullable PageFault pending(GpuFaultAck e) {
        for (PageFault fault : pending) {
            if (fault.isAnsweredBy(e)) {
                return fault;
            }
        }
        return null;
    }

    /** The last answered fault that the answer may be to; null if none is remembered. */
    public @Nullable PageFault answered(GpuFaultAck e) {
        for (int i = answered.size() - 1; i >= 0; i--) {
            if (answered.get(i).isAnsweredBy(e)) {
                return answered.get(i);
            }
        }
        return null;
    }

    /** The seq of the oldest fault of the VM in [start, end) that waits for its answer; 0 if none does. */
    long pendingIn(long vm, long start, long end) {
        for (PageFault fault : pending) {
            boolean inside =
                    Long.compareUnsigned(start, fault.address) <= 0 && Long.compareUnsigned(fault.address, end) < 0;
            if (inside && PageFault.agree(fault.vm, vm)) {
                return fault.faultSeq;
            }
        }
        return 0;
    }

    void apply(GpuFault e) {
        if (e.hasAddress()) {
            pending.add(new PageFault(e.vm(), e.address(), e.access(), e.engine(), e.queue(), e.vma(), e.seq()));
        }
    }

    void apply(GpuFaultBind e) {
        spaces.boundByFault(e);
        if (e.hasResult() && e.result() < 0) {
            return;
        }
        for (PageFault fault : pending) {
            if (PageFault.agree(fault.vm, e.vm()) && isBound(fault.address, e)) {
                fault.boundSeq = e.seq();
            }
        }
    }

    private static boolean isBound(long address, GpuFaultBind e) {
        return address == e.address()
                || (e.hasStart()
                        && e.hasEnd()
                        && Long.compareUnsigned(e.start(), address) <= 0
                        && Long.compareUnsigned(address, e.end()) < 0);
    }

    void apply(GpuFaultAck e) {
        PageFault fault = pending(e);
        if (fault == null) {
            return;
        }
        fault.ackSeq = e.seq();
        pending.remove(fault);
        answered.add(fault);
        if (answered.size() > ANSWERED) {
            answered.remove(0);
        }
    }

    void apply(VmFree e) {
        pending.removeIf(fault -> fault.vm == e.vm());
        answered.removeIf(fault -> fault.vm == e.vm());
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        write(out, pending);
        write(out, answered);
    }

    private static void write(SnapshotWriter out, List<PageFault> faults) throws IOException {
        out.number(faults.size());
        for (PageFault fault : faults) {
            fault.write(out);
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        read(in, pending);
        read(in, answered);
    }

    private static void read(SnapshotReader in, List<PageFault> faults) throws IOException {
        int size = in.count();
        for (int i = 0; i < size; i++) {
            faults.add(PageFault.read(in));
        }
    }
}

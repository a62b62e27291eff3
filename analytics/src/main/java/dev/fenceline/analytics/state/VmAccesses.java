package dev.fenceline.analytics.state;

import dev.fenceline.event.AccessCaller;
import dev.fenceline.event.BoAccess;
import dev.fenceline.event.DebugVmAccess;
import dev.fenceline.event.Event;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.LongArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The accesses of debuggers to VMs and the accesses to BOs that they lead to, by thread.
 *
 * <p>A recording tells an access to a VM where it begins or, with its result, where it ends: which of the two, the order of the
 * first pair tells.
 */
public final class VmAccesses implements StatePart {
    /** How many threads are remembered; a number of ours. */
    private static final int THREADS = 256;
    /** How many accesses to BOs one access to a VM leads to before it is told; a number of ours. */
    private static final int PARTS = 16;

    private static final int FIELDS = 4;

    private final AddressSpaces spaces;
    private final ObjectTable<Debugging> threads = new ObjectTable<>(Debugging::new);

    VmAccesses(AddressSpaces spaces) {
        this.spaces = spaces;
    }

    private enum Order {
        UNKNOWN,
        VM_FIRST,
        VM_LAST
    }

    private static final class Debugging extends KernelObject {
        Order order = Order.UNKNOWN;
        long vm = Event.ABSENT;
        long offset;
        long length;
        long accessSeq;
        final LongArrayList parts = new LongArrayList();

        Debugging(long tid) {
            super(tid);
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.symbol(order);
            out.number(vm);
            out.number(offset);
            out.number(length);
            out.number(accessSeq);
            out.numbers(parts);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            order = in.symbol(Order.values());
            vm = in.number();
            offset = in.number();
            length = in.number();
            accessSeq = in.number();
            in.numbers(parts);
        }
    }

    /**
     * An access to a BO and the access to a VM that led to it.
     *
     * @param vm the VM
     * @param address the first GPU address asked for
     * @param bytes how many bytes were asked for or, if that is known, done
     * @param vmSeq the seq of the access to the VM
     * @param bo the BO
     * @param offset the first byte of the BO
     * @param length how many bytes of it; {@link Event#ABSENT} if not stated
     * @param boSeq the seq of the access to the BO
     */
    public record Pair(long vm, long address, long bytes, long vmSeq, long bo, long offset, long length, long boSeq) {
        /** Whether the mapping was there: the VM is locked from the begin of an access to its end, so none is made meanwhile. */
        public boolean found(Mapping mapping) {
            return wasThere(mapping, Math.min(vmSeq, boSeq));
        }
    }

    /** The access to a VM that this access to a BO is a part of, as the state before it tells; null if it is not told yet. */
    public @Nullable Pair pair(BoAccess e) {
        Debugging thread = threads.get(e.tid());
        if (thread == null || !isForDebugger(e) || !e.hasOffset() || isLast(thread, e.bo())) {
            return null;
        }
        return new Pair(
                thread.vm,
                thread.offset,
                thread.length,
                thread.accessSeq,
                e.bo(),
                e.offset(),
                e.hasLength() ? e.length() : Event.ABSENT,
                e.seq());
    }

    /** The accesses to BOs that this access to a VM, which is done, led to; {@code vm} is the VM. */
    public List<Pair> pairs(DebugVmAccess e, long vm) {
        Debugging thread = threads.get(e.tid());
        List<Pair> pairs = new ArrayList<>();
        if (thread == null || thread.order == Order.VM_FIRST || !isDone(e)) {
            return pairs;
        }
        for (int i = 0; i < thread.parts.size(); i += FIELDS) {
            pairs.add(new Pair(
                    vm,
                    e.offset(),
                    bytes(e),
                    e.seq(),
                    thread.parts.getLong(i),
                    thread.parts.getLong(i + 1),
                    thread.parts.getLong(i + 2),
                    thread.parts.getLong(i + 3)));
        }
        return pairs;
    }

    private boolean isLast(Debugging thread, long bo) {
        return thread.accessSeq == 0
                || thread.order == Order.VM_LAST
                || (thread.order == Order.UNKNOWN && !reaches(thread, bo));
    }

    private boolean reaches(Debugging thread, long bo) {
        for (Mapping mapping : spaces.mappingsOf(thread.vm, thread.offset, thread.offset + thread.length)) {
            if (mapping.bo == bo && wasThere(mapping, thread.accessSeq)) {
                return true;
            }
        }
        return false;
    }

    private static boolean wasThere(Mapping mapping, long seq) {
        return mapping.isAssumed() || mapping.born() < seq;
    }

    private static boolean isForDebugger(BoAccess e) {
        boolean refused = e.hasResult() && e.result() < 0;
        return !refused && (e.caller() == AccessCaller.EUDEBUG || e.caller() == AccessCaller.UNKNOWN);
    }

    private static boolean isDone(DebugVmAccess e) {
        return e.hasOffset() && bytes(e) > 0;
    }

    private static long bytes(DebugVmAccess e) {
        if (e.hasResult()) {
            return e.result();
        }
        return e.hasLength() ? e.length() : 1;
    }

    void apply(BoAccess e) {
        if (!isForDebugger(e) || !e.hasBo() || !e.hasOffset()) {
            return;
        }
        Debugging thread = touch(e.tid(), e.seq());
        if (!isLast(thread, e.bo())) {
            thread.order = Order.VM_FIRST;
        } else if (thread.order != Order.VM_FIRST && thread.parts.size() < PARTS * FIELDS) {
            thread.parts.addLong(e.bo());
            thread.parts.addLong(e.offset());
            thread.parts.addLong(e.hasLength() ? e.length() : Event.ABSENT);
            thread.parts.addLong(e.seq());
        }
    }

    void apply(DebugVmAccess e, long vm) {
        if (!isDone(e)) {
            return;
        }
        Debugging thread = touch(e.tid(), e.seq());
        if (!thread.parts.isEmpty()) {
            thread.order = Order.VM_LAST;
            thread.parts.clear();
        }
        thread.vm = vm;
        thread.offset = e.offset();
        thread.length = bytes(e);
        thread.accessSeq = e.seq();
    }

    private Debugging touch(long tid, long seq) {
        Debugging thread = threads.get(tid);
        if (thread != null) {
            return thread;
        }
        if (threads.size() >= THREADS) {
            forgetOldest();
        }
        return threads.create(tid, seq);
    }

    private void forgetOldest() {
        Debugging oldest = null;
        for (long tid : threads.ids()) {
            Debugging thread = threads.get(tid);
            if (thread != null && (oldest == null || thread.born < oldest.born)) {
                oldest = thread;
            }
        }
        if (oldest != null) {
            threads.remove(oldest);
        }
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        threads.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        threads.read(in);
    }
}

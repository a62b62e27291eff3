package dev.fenceline.analytics.state;

import dev.fenceline.event.DebugRegion;
import dev.fenceline.event.DebugVmAccess;
import dev.fenceline.event.Event;
import java.io.IOException;
import java.util.Arrays;
import org.agrona.collections.Long2LongHashMap;

/** The VMs in which a debugger wrote instructions that the caches of the GPU may not know yet. */
public final class WrittenCode implements StatePart {
    private final Long2LongHashMap writtenSeq = new Long2LongHashMap(8, 0.55f, 0, false);

    WrittenCode() {}

    /**
     * The seq of the first write of instructions into the VM since the caches were flushed last; 0 if there is none. A VM that
     * no event names is {@link Event#ABSENT}.
     */
    public long writtenSince(long vm) {
        return writtenSeq.get(vm);
    }

    void apply(DebugVmAccess e, long vm) {
        boolean done = !e.hasResult() || e.result() > 0;
        if (done && e.write() && e.region() == DebugRegion.CODE && writtenSeq.get(vm) == 0) {
            writtenSeq.put(vm, e.seq());
        }
    }

    /** The caches were flushed, or the VM is gone. */
    void forget(long vm) {
        writtenSeq.remove(vm);
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        long[] vms = new long[writtenSeq.size()];
        int n = 0;
        var keys = writtenSeq.keySet().iterator();
        while (keys.hasNext()) {
            vms[n++] = keys.nextValue();
        }
        Arrays.sort(vms);
        out.number(n);
        for (long vm : vms) {
            out.number(vm);
            out.number(writtenSeq.get(vm));
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        int size = in.count();
        for (int i = 0; i < size; i++) {
            writtenSeq.put(in.number(), in.number());
        }
    }
}

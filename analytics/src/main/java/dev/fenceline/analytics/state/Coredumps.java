package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.collections.Long2LongHashMap;
import org.jspecify.annotations.Nullable;

/** The device core dumps that nobody has read yet, and the threads that are capturing one. */
public final class Coredumps implements StatePart {
    /** When the kernel throws a dump away: devcoredump.c:DEVCD_TIMEOUT as xe sets it, one hour. */
    private static final long EXPIRY_NS = 3_600_000_000_000L;

    private final StreamLedger ledger;
    private final Devices devices;
    private final Queues queues;
    private final AddressSpaces spaces;
    private final List<Coredump> dumps = new ArrayList<>();
    private final Long2LongHashMap capturing = new Long2LongHashMap(0);

    Coredumps(StreamLedger ledger, Devices devices, Queues queues, AddressSpaces spaces) {
        this.ledger = ledger;
        this.devices = devices;
        this.queues = queues;
        this.spaces = spaces;
    }

    /**
     * A dump that is there.
     *
     * @param id the dump; {@link Event#ABSENT} if not stated
     * @param device the device; {@link Event#ABSENT} if unknown
     * @param queue the queue that hung; {@link Event#ABSENT} if not stated
     * @param ofMapping whether the event told of one mapping in it
     * @param captureSeq the seq of its capture
     * @param captureNs the time of its capture
     */
    public record Coredump(long id, long device, long queue, boolean ofMapping, long captureSeq, long captureNs) {}

    /** The dump of the same device that the capture would write over; null if there is none, or it goes on with that one. */
    public @Nullable Coredump overwrittenBy(CoredumpCapture e) {
        long device = deviceOf(e);
        for (Coredump dump : dumps) {
            boolean sameDevice = dump.device == device && (device != Event.ABSENT || devices.size() <= 1);
            boolean expired = ledger.nowNs() - dump.captureNs >= EXPIRY_NS;
            if (sameDevice && !expired && !isSame(dump, e)) {
                return dump;
            }
        }
        return null;
    }

    /** Several events tell of the mappings in one dump. */
    private static boolean isSame(Coredump dump, CoredumpCapture e) {
        if (dump.id != Event.ABSENT || e.hasId()) {
            return dump.id == e.id();
        }
        return (e.hasVma() || dump.ofMapping) && dump.queue == e.queue();
    }

    /** The seq at which the thread began to capture in its signalling section; 0 if it is not at it. */
    public long capturingSince(long tid) {
        return capturing.get(tid);
    }

    private long deviceOf(CoredumpCapture e) {
        Queue queue = queues.queue(e.queue());
        long client = queue == null ? Event.ABSENT : queue.client;
        if (client == Event.ABSENT) {
            AddressSpace vm = spaces.vm(queue == null ? Event.ABSENT : queue.vm);
            client = vm == null ? Event.ABSENT : vm.client;
        }
        Devices.Client known = devices.client(client);
        return known == null ? Event.ABSENT : known.device;
    }

    void apply(CoredumpCapture e) {
        if (overwrittenBy(e) == null && dumps.stream().noneMatch(dump -> isSame(dump, e))) {
            long device = deviceOf(e);
            dumps.removeIf(dump -> dump.device == device);
            dumps.add(new Coredump(e.id(), device, e.queue(), e.hasVma(), e.seq(), ledger.nowNs()));
        }
        if (capturing.get(e.tid()) == 0) {
            capturing.put(e.tid(), e.seq());
        }
    }

    /** A worker of the kernel reads the memory that is meant: the dump is there until user space has had it. */
    void apply(CoredumpRead e) {
        capturing.remove(e.tid());
    }

    void apply(CoredumpFree e) {
        leave(e.id(), e.queue());
        capturing.remove(e.tid());
    }

    private void leave(long id, long queue) {
        dumps.removeIf(dump -> id != Event.ABSENT
                ? dump.id == id || dump.id == Event.ABSENT
                : queue == Event.ABSENT || dump.queue == queue);
    }

    /** The end of the section is the end of the first stage: the rest is left to a worker. */
    void leave(SignallingEnd e, @Nullable ThreadSections thread) {
        if (thread == null || thread.signalling().isEmpty()) {
            capturing.remove(e.tid());
        }
    }

    /** A thread that is back from the timeout handler, or in user space, captures nothing. */
    void leave(Event e) {
        capturing.remove(e.tid());
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        out.number(dumps.size());
        for (Coredump dump : dumps) {
            out.number(dump.id);
            out.number(dump.device);
            out.number(dump.queue);
            out.flag(dump.ofMapping);
            out.number(dump.captureSeq);
            out.number(dump.captureNs);
        }
        long[] tids = new long[capturing.size()];
        int n = 0;
        Long2LongHashMap.KeyIterator keys = capturing.keySet().iterator();
        while (keys.hasNext()) {
            tids[n++] = keys.nextValue();
        }
        Arrays.sort(tids);
        out.number(n);
        for (long tid : tids) {
            out.number(tid);
            out.number(capturing.get(tid));
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        int size = in.count();
        for (int i = 0; i < size; i++) {
            dumps.add(new Coredump(in.number(), in.number(), in.number(), in.flag(), in.number(), in.number()));
        }
        int threads = in.count();
        for (int i = 0; i < threads; i++) {
            capturing.put(in.number(), in.number());
        }
    }
}

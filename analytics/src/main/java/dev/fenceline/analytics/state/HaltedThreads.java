package dev.fenceline.analytics.state;

import dev.fenceline.event.DebugEuControl;
import dev.fenceline.event.DmaFenceWaitStart;
import dev.fenceline.event.EuCommand;
import dev.fenceline.event.EuHalt;
import dev.fenceline.event.EuResume;
import dev.fenceline.event.Event;
import dev.fenceline.event.PreemptFenceArm;
import dev.fenceline.event.QueueCreate;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The queues whose threads stand still for a debugger, and the preempt fences that wait for them to leave the hardware. */
public final class HaltedThreads implements StatePart {
    private final StreamLedger ledger;
    private final SessionFacts session;
    private final ObjectTable<HaltedQueue> table = new ObjectTable<>(HaltedQueue::new);

    HaltedThreads(StreamLedger ledger, SessionFacts session) {
        this.ledger = ledger;
        this.session = session;
    }

    /** A queue as a debugger sees it. */
    public static final class HaltedQueue extends KernelObject {
        long client = Event.ABSENT;
        long owner = Event.ABSENT;
        boolean debuggable = true;
        long fence = Event.ABSENT;
        long armSeq;
        long waitSeq;
        long haltSeq;
        long haltNs;
        /** The threads that stand still, one bit each; empty if the events did not say. */
        byte[] threads = {};

        HaltedQueue(long id) {
            super(id);
        }

        /** The client that owns it; {@link Event#ABSENT} if unknown. */
        public long client() {
            return client;
        }

        /** The process it belongs to; {@link Event#ABSENT} if unknown. */
        public long owner() {
            return owner;
        }

        /** Whether a debugger may halt its threads: unless its creation said no. */
        public boolean isDebuggable() {
            return debuggable;
        }

        /** Its preempt fence; {@link Event#ABSENT} if none was armed. */
        public long fence() {
            return fence;
        }

        /** The seq at which the fence was armed; 0 if none was. */
        public long armSeq() {
            return armSeq;
        }

        /** The seq of the first wait for the fence; 0 if nobody waited. */
        public long waitSeq() {
            return waitSeq;
        }

        /** The seq since which some of its threads stand still; 0 if none does. */
        public long haltSeq() {
            return haltSeq;
        }

        /** The time of that, in ns of the session's clock. */
        public long haltNs() {
            return haltNs;
        }

        private void halt(byte @Nullable [] more, long seq, long nowNs) {
            boolean known = more != null && (haltSeq == 0 || threads.length > 0);
            if (haltSeq == 0) {
                haltSeq = seq;
                haltNs = nowNs;
                threads = new byte[0];
            }
            if (!known || more == null) {
                threads = new byte[0];
                return;
            }
            threads = Arrays.copyOf(threads, Math.max(threads.length, more.length));
            for (int i = 0; i < more.length; i++) {
                threads[i] |= more[i];
            }
        }

        private void resume(byte @Nullable [] some) {
            boolean left = false;
            for (int i = 0; some != null && i < threads.length; i++) {
                threads[i] &= (byte) (i < some.length ? ~some[i] : 0xff);
                left |= threads[i] != 0;
            }
            if (!left) {
                haltSeq = 0;
            }
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(client);
            out.number(owner);
            out.flag(debuggable);
            out.number(fence);
            out.number(armSeq);
            out.number(waitSeq);
            out.number(haltSeq);
            out.number(haltNs);
            out.number(threads.length);
            for (byte eight : threads) {
                out.number(eight);
            }
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            client = in.number();
            owner = in.number();
            debuggable = in.flag();
            fence = in.number();
            armSeq = in.number();
            waitSeq = in.number();
            haltSeq = in.number();
            haltNs = in.number();
            threads = new byte[in.count()];
            for (int i = 0; i < threads.length; i++) {
                threads[i] = (byte) in.number();
            }
        }
    }

    /** The queue; null if nothing was told of it, or it is gone. */
    public @Nullable HaltedQueue queue(long id) {
        return table.get(queueOf(id));
    }

    /** The queue whose preempt fence that is; null if there is none. */
    public @Nullable HaltedQueue waitedForBy(long fence) {
        for (long id : table.ids()) {
            HaltedQueue queue = table.get(id);
            if (queue != null && queue.fence == fence) {
                return queue;
            }
        }
        return null;
    }

    /** The queues that are there, by their ids. */
    public long[] ids() {
        return table.ids();
    }

    private long queueOf(long stated) {
        return stated != Event.ABSENT ? stated : session.soleObject("queue");
    }

    void apply(QueueCreate e) {
        if (e.hasQueue() && !(e.hasResult() && e.result() < 0)) {
            HaltedQueue queue = table.create(e.queue(), e.seq());
            queue.client = e.client();
            queue.owner = e.owner();
            queue.debuggable = !e.hasEudebug() || e.eudebug();
        }
    }

    void apply(PreemptFenceArm e) {
        HaltedQueue queue = touch(e.queue(), e.seq());
        if (queue != null) {
            queue.fence = e.fence();
            queue.armSeq = e.seq();
            queue.waitSeq = 0;
        }
    }

    void apply(DmaFenceWaitStart e) {
        HaltedQueue queue = e.hasFence() && table.size() > 0 ? waitedForBy(e.fence()) : null;
        if (queue != null && queue.waitSeq == 0) {
            queue.waitSeq = e.seq();
        }
    }

    /** The queue of a control call is {@code queue}, {@link Event#ABSENT} if unknown. */
    void apply(DebugEuControl e, long queue) {
        HaltedQueue resumed = e.command() == EuCommand.RESUME ? queue(queue) : null;
        if (resumed != null && !(e.hasResult() && e.result() < 0)) {
            resumed.resume(e.bitmask());
        }
    }

    void apply(EuHalt e) {
        HaltedQueue queue = touch(e.queue(), e.seq());
        if (queue != null) {
            queue.halt(e.threads(), e.seq(), Math.max(ledger.nowNs(), e.ts()));
        }
    }

    void apply(EuResume e) {
        HaltedQueue queue = queue(e.queue());
        if (queue != null) {
            queue.resume(e.threads());
        }
    }

    /** The context of the queue left the hardware, or was reset; without a queue, of all queues. */
    void leaveHardware(long id) {
        for (long each : id == Event.ABSENT ? table.ids() : new long[] {id}) {
            HaltedQueue queue = table.get(each);
            if (queue != null) {
                queue.haltSeq = 0;
            }
        }
    }

    /** The queue is gone. */
    void forget(long id) {
        HaltedQueue queue = table.get(id);
        if (queue != null) {
            table.remove(queue);
        }
    }

    private @Nullable HaltedQueue touch(long stated, long seq) {
        long id = queueOf(stated);
        if (id == Event.ABSENT) {
            return null;
        }
        HaltedQueue queue = table.get(id);
        if (queue == null) {
            queue = table.assume(id, ledger.knownFrom(seq));
        }
        return queue;
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        table.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        table.read(in);
    }
}

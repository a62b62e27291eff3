package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.QueueCreate;
import dev.fenceline.event.QueueDestroy;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The exec queues and the address spaces they run in. */
public final class Queues implements StatePart {
    private final SessionFacts session;
    final ObjectTable<Queue> table = new ObjectTable<>(Queue::new);

    Queues(SessionFacts session) {
        this.session = session;
    }

    /** One exec queue. */
    public static final class Queue extends KernelObject {
        long vm = Event.ABSENT;

        Queue(long id) {
            super(id);
        }

        /** The address space it runs in; {@link Event#ABSENT} if unknown. */
        public long vm() {
            return vm;
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(vm);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            vm = in.number();
        }
    }

    /** The queue, also if it was destroyed a short while ago; null if its creation was not seen. */
    public @Nullable Queue queue(long id) {
        return id == Event.ABSENT ? null : table.find(id);
    }

    /** The address space an event is about: as stated, or the one of its queue, or the only one of the fragment. */
    public long vmOf(long statedVm, long queue) {
        if (statedVm != Event.ABSENT) {
            return statedVm;
        }
        Queue known = queue(queue);
        return known != null && known.vm != Event.ABSENT ? known.vm : session.soleObject("vm");
    }

    void apply(QueueCreate e) {
        if (e.hasQueue() && !(e.hasResult() && e.result() < 0)) {
            table.create(e.queue(), e.seq()).vm = e.vm();
        }
    }

    void apply(QueueDestroy e) {
        Queue queue = table.get(e.queue());
        if (queue != null) {
            table.depart(queue, e.seq());
        }
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

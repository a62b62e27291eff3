package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.Ioctl;
import dev.fenceline.event.IoctlEnter;
import dev.fenceline.event.TaskExit;
import java.io.IOException;

/** The ioctls that threads are in: where each was entered. */
public final class CallsInFlight implements StatePart {
    private static final long[] NONE = {};

    private final ObjectTable<CallInFlight> calls = new ObjectTable<>(CallInFlight::new);

    CallsInFlight() {}

    /** The ioctl of a thread, which is born when the thread enters it. */
    static class CallInFlight extends KernelObject {
        long tgid;

        CallInFlight(long tid) {
            super(tid);
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(tgid);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            tgid = in.number();
        }
    }

    /** The seq at which the thread entered the ioctl it is in; 0 if the recording does not show it. */
    public long enteredSeq(long tid) {
        CallInFlight call = calls.get(tid);
        return call == null ? 0 : call.born();
    }

    void apply(IoctlEnter e) {
        calls.create(e.tid(), e.seq()).tgid = e.tgid();
    }

    void apply(Ioctl e) {
        leave(e);
    }

    /** The thread is back in user space. */
    void leave(Event e) {
        leave(calls, e.tid());
    }

    void apply(TaskExit e) {
        exit(calls, e);
    }

    static <C extends CallInFlight> void leave(ObjectTable<C> calls, long tid) {
        C call = calls.get(tid);
        if (call != null) {
            calls.remove(call);
        }
    }

    /** No thread of the process is in a call any more, nor the one that the process is named after. */
    static <C extends CallInFlight> void exit(ObjectTable<C> calls, TaskExit e) {
        leave(calls, e.taskTgid());
        for (long tid : calls.size() == 0 ? NONE : calls.ids()) {
            C call = calls.get(tid);
            if (call != null && call.tgid != 0 && call.tgid == e.taskTgid()) {
                calls.remove(call);
            }
        }
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        calls.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        calls.read(in);
    }
}

package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The processes, their credentials, and who traces whom. */
public final class Tasks implements StatePart {
    private final StreamLedger ledger;
    final ObjectTable<Task> table = new ObjectTable<>(Task::new);

    Tasks(StreamLedger ledger) {
        this.ledger = ledger;
    }

    /** The process, also if it exited a short while ago; null if it was never mentioned. */
    public @Nullable Task task(long tgid) {
        return tgid == Event.ABSENT ? null : table.find(tgid);
    }

    /** The process whose thread caused the event; {@link Event#ABSENT} if its head does not say. */
    public static long callerOf(Event e) {
        if (e.tgid() != 0) {
            return e.tgid();
        }
        // A process with one thread has one number for both.
        return e.tid() != 0 ? e.tid() : Event.ABSENT;
    }

    void apply(TaskNew e) {
        if (!e.hasTaskTgid()) {
            return;
        }
        Task task = table.create(e.taskTgid(), e.seq());
        task.uid = e.uid();
        task.euid = e.euid();
        task.capabilities = e.capabilities();
        task.dumpable = e.hasDumpable() ? (e.dumpable() ? 1 : 0) : Task.UNKNOWN_DUMPABLE;
        task.credentialsSeq = e.seq();
    }

    void apply(TaskFork e) {
        long parent = e.hasParent() ? e.parent() : e.taskTgid();
        if (!e.hasChild()) {
            return;
        }
        Task from = table.find(parent);
        Task child = table.create(e.child(), e.seq());
        child.credentialsSeq = e.seq();
        if (from != null) {
            child.uid = from.uid;
            child.euid = from.euid;
            child.capabilities = from.capabilities;
            child.dumpable = from.dumpable;
        }
        take(child, e.uid(), e.euid(), e.capabilities());
        if (e.hasDumpable()) {
            child.dumpable = e.dumpable() ? 1 : 0;
        }
    }

    void apply(TaskExec e) {
        Task task = touch(e.taskTgid(), e.seq());
        if (task == null) {
            return;
        }
        long euid = task.euid();
        long mask = task.capabilityMask();
        boolean dumpable = task.isDumpable();
        take(task, e.uid(), e.euid(), e.capabilities());
        // begin_new_exec: an image whose effective ids differ from the real ones is not dumpable.
        task.dumpable = e.hasDumpable() ? (e.dumpable() ? 1 : 0) : (task.euid() == task.uid ? 1 : 0);
        task.credentialsSeq = e.seq();
        boolean otherUser = euid == Event.ABSENT ? task.euid() != task.uid : euid != 0 && task.euid() != euid;
        boolean moreCapabilities = (task.capabilityMask() & ~mask) != 0;
        if (otherUser || moreCapabilities || (dumpable && !task.isDumpable())) {
            task.privilegedSeq = e.seq();
        }
    }

    private static void take(Task task, long uid, long euid, @Nullable String capabilities) {
        if (uid != Event.ABSENT) {
            task.uid = uid;
        }
        if (euid != Event.ABSENT) {
            task.euid = euid;
        }
        if (capabilities != null) {
            task.capabilities = capabilities;
        }
    }

    void apply(TaskExit e) {
        Task task = table.get(e.taskTgid());
        if (task != null) {
            table.depart(task, e.seq());
        }
    }

    void apply(PtraceAttach e) {
        Task target = touch(e.target(), e.seq());
        if (target != null) {
            target.tracer = e.tracer();
            target.tracedSeq = e.seq();
        }
    }

    void apply(PtraceDetach e) {
        Task target = touch(e.target(), e.seq());
        if (target != null && (!e.hasTracer() || e.tracer() == target.tracer)) {
            target.tracer = Event.ABSENT;
        }
    }

    private @Nullable Task touch(long tgid, long seq) {
        if (tgid == Event.ABSENT) {
            return null;
        }
        Task task = table.find(tgid);
        if (task == null) {
            task = table.assume(tgid, ledger.knownFrom(seq));
        }
        return task;
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

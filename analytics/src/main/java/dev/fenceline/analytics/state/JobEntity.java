package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.IOException;
import org.agrona.collections.LongArrayList;

/** A drm_sched_entity: the queue of one submitter. */
public final class JobEntity extends KernelObject {
    final LongArrayList queued = new LongArrayList();
    long context = Event.ABSENT;
    long killSeq;
    long queuedSeqno = Event.ABSENT;
    long queuedSeq;
    long runSeqno = Event.ABSENT;
    long runSeq;
    long popTid = Event.ABSENT;
    long popSeq;

    JobEntity(long id) {
        super(id);
    }

    /** The context of the scheduled fences; that of the finished ones is the next. {@link Event#ABSENT} if unknown. */
    public long context() {
        return context;
    }

    /** The seq of {@code sched_entity_kill}; 0 if it was not killed. */
    public long killSeq() {
        return killSeq;
    }

    /** The latest sequence number of a job that was pushed; {@link Event#ABSENT} if none is known. */
    public long queuedSeqno() {
        return queuedSeqno;
    }

    /** The seq at which that job was pushed; 0 if none is known. */
    public long queuedSeq() {
        return queuedSeq;
    }

    /** The latest sequence number of a job that ran; {@link Event#ABSENT} if none is known. */
    public long runSeqno() {
        return runSeqno;
    }

    /** The seq at which that job ran; 0 if none is known. */
    public long runSeq() {
        return runSeq;
    }

    /** The thread that took the last job off; {@link Event#ABSENT} if none was taken. */
    public long popTid() {
        return popTid;
    }

    /** The seq at which the last job was taken off; 0 if none was. */
    public long popSeq() {
        return popSeq;
    }

    /** How many jobs are queued: pushed, and neither taken off nor killed. */
    public int queued() {
        return queued.size();
    }

    /** A queued job, the first pushed at 0. */
    public long queued(int i) {
        return queued.getLong(i);
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(context);
        out.number(killSeq);
        out.number(queuedSeqno);
        out.number(queuedSeq);
        out.number(runSeqno);
        out.number(runSeq);
        out.number(popTid);
        out.number(popSeq);
        out.numbers(queued);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        context = in.number();
        killSeq = in.number();
        queuedSeqno = in.number();
        queuedSeq = in.number();
        runSeqno = in.number();
        runSeq = in.number();
        popTid = in.number();
        popSeq = in.number();
        in.numbers(queued);
    }
}

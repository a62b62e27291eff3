package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.TimeoutStatus;
import java.io.IOException;
import java.util.Arrays;

/** A drm_sched_job: what it waits for, the fences that tell of it, and how far it came. */
public final class Job extends KernelObject {
    private static final TimeoutStatus[] STATUSES = TimeoutStatus.values();

    long entity = Event.ABSENT;
    long scheduler = Event.ABSENT;
    long scheduled = Event.ABSENT;
    long finished = Event.ABSENT;
    long parent = Event.ABSENT;
    long seqno = Event.ABSENT;
    long credits = Event.ABSENT;
    long client = Event.ABSENT;
    long resv = Event.ABSENT;
    boolean writes;
    boolean implicit;
    long submitterTid = Event.ABSENT;
    long runnerTid = Event.ABSENT;
    long freerTid = Event.ABSENT;
    long initSeq;
    long armSeq;
    long queueSeq;
    long popSeq;
    long previousRunSeq;
    long runSeq;
    long doneSeq;
    long killSeq;
    long errorSeq;
    long timeoutSeq;
    long resolveSeq;
    TimeoutStatus status = TimeoutStatus.UNKNOWN;
    long abandonedSeq;
    long timeoutNs = Event.ABSENT;
    long freeSeq;
    long cleanupSeq;

    private int count;
    private long[] dependencies = new long[4];
    private long[] dependencySeqs = new long[4];

    private int lookups;
    private long[] syncobjs = new long[0];
    private long[] points = new long[0];
    private long[] lookupSeqs = new long[0];
    private boolean[] found = new boolean[0];

    Job(long id) {
        super(id);
    }

    /** The entity it was made for; {@link Event#ABSENT} if unknown. */
    public long entity() {
        return entity;
    }

    /** The scheduler it was last said to be on; {@link Event#ABSENT} if unknown. */
    public long scheduler() {
        return scheduler;
    }

    /** The fence that signals when the job goes to the hardware; {@link Event#ABSENT} if unknown. */
    public long scheduled() {
        return scheduled;
    }

    /** The fence that signals when the job is done; {@link Event#ABSENT} if unknown. */
    public long finished() {
        return finished;
    }

    /** The hardware fence of its last run; {@link Event#ABSENT} if it did not run, none was returned, or it is unknown. */
    public long parent() {
        return parent;
    }

    /** The sequence number of both its fences; {@link Event#ABSENT} if unknown. */
    public long seqno() {
        return seqno;
    }

    /** The credits it takes as stated; {@link Event#ABSENT} if they were not. */
    public long credits() {
        return credits;
    }

    /** The client it is for; {@link Event#ABSENT} if unknown. */
    public long client() {
        return client;
    }

    /** The reservation of the memory it was said to use when it was armed; {@link Event#ABSENT} if that was not said. */
    public long resv() {
        return resv;
    }

    /** Whether it was said then to write to that memory. */
    public boolean writes() {
        return writes;
    }

    /** Whether it was said then to take part in implicit synchronisation. */
    public boolean isImplicit() {
        return implicit;
    }

    /** The thread that pushed it, or armed or made it where that is all that is known; {@link Event#ABSENT} if unknown. */
    public long submitterTid() {
        return submitterTid;
    }

    /** The thread that ran it last; {@link Event#ABSENT} if none did. */
    public long runnerTid() {
        return runnerTid;
    }

    /** The thread that freed it; {@link Event#ABSENT} if none did. */
    public long freerTid() {
        return freerTid;
    }

    /** The seq of {@code sched_job_init}; 0 if not seen. */
    public long initSeq() {
        return initSeq;
    }

    /**
     * The seq from which on others wait for the job and not the job for them: that of its arm, or else of its push, or else of
     * its run; 0 if none was seen.
     */
    public long settledSeq() {
        long seq = armSeq > 0 ? armSeq : queueSeq;
        return seq > 0 ? seq : runSeq;
    }

    /** The seq of {@code sched_job_arm}; 0 if not seen. */
    public long armSeq() {
        return armSeq;
    }

    /** The seq of {@code sched_job_queue}; 0 if not seen. */
    public long queueSeq() {
        return queueSeq;
    }

    /** The seq of {@code sched_job_pop}; 0 if not seen. */
    public long popSeq() {
        return popSeq;
    }

    /** The seq of the last {@code sched_job_run}; 0 if not seen. */
    public long runSeq() {
        return runSeq;
    }

    /** The seq of the {@code sched_job_run} before the last; 0 if it ran once. */
    public long previousRunSeq() {
        return previousRunSeq;
    }

    /** The seq of the first {@code sched_job_done} since the last run; 0 if not seen. */
    public long doneSeq() {
        return doneSeq;
    }

    /** The seq of {@code sched_job_kill}; 0 if not seen. */
    public long killSeq() {
        return killSeq;
    }

    /** The seq at which an error was set on its finished fence; 0 if none was. */
    public long errorSeq() {
        return errorSeq;
    }

    /** The seq of the last {@code sched_job_timeout}; 0 if not seen. */
    public long timeoutSeq() {
        return timeoutSeq;
    }

    /** The seq at which the handler of the last timeout returned; 0 if it did not, or there was none. */
    public long resolveSeq() {
        return resolveSeq;
    }

    /** What the handler of the last timeout returned. */
    public TimeoutStatus status() {
        return status;
    }

    /** The seq of the ENODEV that left it to others to complete; 0 if there was none. */
    public long abandonedSeq() {
        return abandonedSeq;
    }

    /**
     * The session's time in ns at which its last timeout went a step further: the handler started or returned, or the
     * scheduler was given up; {@link Event#ABSENT} if there was none.
     */
    public long timeoutNs() {
        return timeoutNs;
    }

    /** The seq of {@code sched_job_free}; 0 if not seen. */
    public long freeSeq() {
        return freeSeq;
    }

    /** The seq of {@code sched_job_cleanup}; 0 if not seen. */
    public long cleanupSeq() {
        return cleanupSeq;
    }

    /** Whether it was on the hardware: a run was seen, or a timeout, which only such a job has. */
    public boolean hasRun() {
        return runSeq > 0 || timeoutSeq > 0;
    }

    /** How many fences it waits for: of several of a context the latest, as drm_sched_job_add_dependency keeps them. */
    public int dependencies() {
        return count;
    }

    /** The fence. */
    public long dependency(int i) {
        return dependencies[i];
    }

    /** The seq of the event that named the dependency. */
    public long dependencySeq(int i) {
        return dependencySeqs[i];
    }

    /** How many points of sync objects it looked up. */
    public int lookups() {
        return lookups;
    }

    /** The sync object of a lookup. */
    public long syncobj(int i) {
        return syncobjs[i];
    }

    /** The point of a lookup; 0 for a binary sync object. */
    public long point(int i) {
        return points[i];
    }

    /** The seq of the last lookup of that point. */
    public long lookupSeq(int i) {
        return lookupSeqs[i];
    }

    /** Whether the lookup found a fence. */
    public boolean isFound(int i) {
        return found[i];
    }

    void depend(long fence, long seq) {
        for (int i = 0; i < count; i++) {
            if (dependencies[i] == fence) {
                return;
            }
        }
        if (count == dependencies.length) {
            dependencies = Arrays.copyOf(dependencies, count * 2);
            dependencySeqs = Arrays.copyOf(dependencySeqs, count * 2);
        }
        dependencies[count] = fence;
        dependencySeqs[count] = seq;
        count++;
    }

    void replaceDependency(int i, long fence, long seq) {
        dependencies[i] = fence;
        dependencySeqs[i] = seq;
    }

    void lookUp(long syncobj, long point, boolean isFound, long seq) {
        int i = 0;
        while (i < lookups && (syncobjs[i] != syncobj || points[i] != point)) {
            i++;
        }
        if (i == syncobjs.length) {
            int capacity = Math.max(2, i * 2);
            syncobjs = Arrays.copyOf(syncobjs, capacity);
            points = Arrays.copyOf(points, capacity);
            lookupSeqs = Arrays.copyOf(lookupSeqs, capacity);
            found = Arrays.copyOf(found, capacity);
        }
        syncobjs[i] = syncobj;
        points[i] = point;
        lookupSeqs[i] = seq;
        found[i] = isFound;
        lookups = Math.max(lookups, i + 1);
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(entity);
        out.number(scheduler);
        out.number(scheduled);
        out.number(finished);
        out.number(parent);
        out.number(seqno);
        out.number(credits);
        out.number(client);
        out.number(resv);
        out.flag(writes);
        out.flag(implicit);
        out.number(submitterTid);
        out.number(runnerTid);
        out.number(freerTid);
        out.number(initSeq);
        out.number(armSeq);
        out.number(queueSeq);
        out.number(popSeq);
        out.number(previousRunSeq);
        out.number(runSeq);
        out.number(doneSeq);
        out.number(killSeq);
        out.number(errorSeq);
        out.number(timeoutSeq);
        out.number(resolveSeq);
        out.symbol(status);
        out.number(abandonedSeq);
        out.number(timeoutNs);
        out.number(freeSeq);
        out.number(cleanupSeq);
        out.number(count);
        for (int i = 0; i < count; i++) {
            out.number(dependencies[i]);
            out.number(dependencySeqs[i]);
        }
        out.number(lookups);
        for (int i = 0; i < lookups; i++) {
            out.number(syncobjs[i]);
            out.number(points[i]);
            out.flag(found[i]);
            out.number(lookupSeqs[i]);
        }
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        entity = in.number();
        scheduler = in.number();
        scheduled = in.number();
        finished = in.number();
        parent = in.number();
        seqno = in.number();
        credits = in.number();
        client = in.number();
        resv = in.number();
        writes = in.flag();
        implicit = in.flag();
        submitterTid = in.number();
        runnerTid = in.number();
        freerTid = in.number();
        initSeq = in.number();
        armSeq = in.number();
        queueSeq = in.number();
        popSeq = in.number();
        previousRunSeq = in.number();
        runSeq = in.number();
        doneSeq = in.number();
        killSeq = in.number();
        errorSeq = in.number();
        timeoutSeq = in.number();
        resolveSeq = in.number();
        status = in.symbol(STATUSES);
        abandonedSeq = in.number();
        timeoutNs = in.number();
        freeSeq = in.number();
        cleanupSeq = in.number();
        int fences = in.count();
        for (int i = 0; i < fences; i++) {
            depend(in.number(), in.number());
        }
        int looked = in.count();
        for (int i = 0; i < looked; i++) {
            lookUp(in.number(), in.number(), in.flag(), in.number());
        }
    }
}

package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.JobPhase;
import java.io.IOException;

/** A thread inside a part of the scheduler that every pending job waits for. */
public final class SchedulerThread extends KernelObject {
    private static final JobPhase[] PHASES = JobPhase.values();

    JobPhase phase = JobPhase.NONE;
    long phaseSeq;
    long timedOut = Event.ABSENT;
    long timeoutSeq;

    SchedulerThread(long tid) {
        super(tid);
    }

    /** Where the thread is: TIMEDOUT also between the start and the return of a job's timeout handler. */
    public JobPhase phase() {
        return phaseSeq == 0 && timeoutSeq > 0 ? JobPhase.TIMEDOUT : phase;
    }

    /** The seq at which it entered. */
    public long phaseSeq() {
        return phaseSeq == 0 ? timeoutSeq : phaseSeq;
    }

    boolean isIdle() {
        return phaseSeq == 0 && timeoutSeq == 0;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.symbol(phase);
        out.number(phaseSeq);
        out.number(timedOut);
        out.number(timeoutSeq);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        phase = in.symbol(PHASES);
        phaseSeq = in.number();
        timedOut = in.number();
        timeoutSeq = in.number();
    }
}

package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.IOException;

/** An exec queue: where it belongs, and whether it is on the hardware. */
public final class Queue extends KernelObject {
    long vm = Event.ABSENT;
    long client = Event.ABSENT;
    long group = Event.ABSENT;
    boolean ofBinds;
    long runningSeq;
    long suspendSeq;
    long suspendDoneSeq;
    long refusedSuspendSeq;
    long resumeSeq;
    long deadSeq;
    long preemptFence = Event.ABSENT;
    long armSeq;
    long preemptErrorSeq;
    long preemptedSeq;
    long jobSeq;
    long jobFence = Event.ABSENT;
    long workFence = Event.ABSENT;
    long workSeq;

    Queue(long id) {
        super(id);
    }

    /** The address space it runs in; {@link Event#ABSENT} if unknown. */
    public long vm() {
        return vm;
    }

    /** The client it belongs to; {@link Event#ABSENT} if unknown. */
    public long client() {
        return client;
    }

    /** The group of engines it runs on; {@link Event#ABSENT} if unknown. */
    public long group() {
        return group;
    }

    /** Whether it runs bind operations, not work of the user. */
    public boolean isOfBinds() {
        return ofBinds;
    }

    /** The seq of the last event that shows it on the hardware; 0 if none was seen. */
    public long runningSeq() {
        return runningSeq;
    }

    /** The seq of the last accepted request to suspend it, unless it was resumed since; 0 if there is none. */
    public long suspendSeq() {
        return suspendSeq;
    }

    /** The seq at which it was off the hardware, unless it was resumed since; 0 if it was not. */
    public long suspendDoneSeq() {
        return suspendDoneSeq;
    }

    /** The seq of the last request to suspend it that was refused; 0 if none was. */
    public long refusedSuspendSeq() {
        return refusedSuspendSeq;
    }

    /** The seq of the last resume; 0 if none was seen. */
    public long resumeSeq() {
        return resumeSeq;
    }

    /** The seq at which it was reset, killed or destroyed; 0 if it was not. */
    public long deadSeq() {
        return deadSeq;
    }

    /** The seq at which its preempt fence was armed; 0 if that was not seen. */
    public long armSeq() {
        return armSeq;
    }

    /** The seq at which its preempt fence signalled without an error, unless it was resumed since; 0 if it did not. */
    public long preemptedSeq() {
        return preemptedSeq;
    }

    /** The seq at which an error was set on its preempt fence; 0 if none was. */
    public long preemptErrorSeq() {
        return preemptErrorSeq;
    }

    /** The seq at which its last job went to the hardware; 0 if none was seen to. */
    public long jobSeq() {
        return jobSeq;
    }

    /** The fence of that job; {@link Event#ABSENT} if unknown. */
    public long jobFence() {
        return jobFence;
    }

    /** The fence of the last work that was submitted to it; {@link Event#ABSENT} if unknown. */
    public long workFence() {
        return workFence;
    }

    /** The seq at which that work was submitted; 0 if unknown. */
    public long workSeq() {
        return workSeq;
    }

    /** Its last preempt fence; {@link Event#ABSENT} if none was seen to be armed. */
    public long preemptFence() {
        return preemptFence;
    }

    /** Whether the recording shows enough of its life to say that nobody suspended it. */
    public boolean isHistoryKnown() {
        return !assumed || runningSeq > 0 || refusedSuspendSeq > 0;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(vm);
        out.number(client);
        out.number(group);
        out.flag(ofBinds);
        out.number(runningSeq);
        out.number(suspendSeq);
        out.number(suspendDoneSeq);
        out.number(refusedSuspendSeq);
        out.number(resumeSeq);
        out.number(deadSeq);
        out.number(preemptFence);
        out.number(armSeq);
        out.number(preemptErrorSeq);
        out.number(preemptedSeq);
        out.number(jobSeq);
        out.number(jobFence);
        out.number(workFence);
        out.number(workSeq);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        vm = in.number();
        client = in.number();
        group = in.number();
        ofBinds = in.flag();
        runningSeq = in.number();
        suspendSeq = in.number();
        suspendDoneSeq = in.number();
        refusedSuspendSeq = in.number();
        resumeSeq = in.number();
        deadSeq = in.number();
        preemptFence = in.number();
        armSeq = in.number();
        preemptErrorSeq = in.number();
        preemptedSeq = in.number();
        jobSeq = in.number();
        jobFence = in.number();
        workFence = in.number();
        workSeq = in.number();
    }
}

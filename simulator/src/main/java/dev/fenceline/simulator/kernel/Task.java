package dev.fenceline.simulator.kernel;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A thread of the model: a stack of {@link Call}s that runs until it blocks. */
public final class Task extends Context implements Cue, Waits {
    private final Kernel kernel;
    private final @Nullable Consumer<Task> whenIdle;
    private @Nullable Call top;
    private @Nullable Waits waitsFor;
    private @Nullable WaitList interruptibleOn;
    private boolean killed;
    private boolean asleep = true;
    private long ticket;
    private boolean onSlowPath;

    /**
     * A task that does nothing yet.
     *
     * @param whenIdle told each time the task's last call has returned
     */
    Task(Kernel kernel, int cpu, int tid, int tgid, String name, @Nullable Consumer<Task> whenIdle) {
        super(cpu, tid, tgid, name);
        this.kernel = kernel;
        this.whenIdle = whenIdle;
    }

    /** The kernel this task belongs to. */
    public Kernel kernel() {
        return kernel;
    }

    /** Lets the idle task perform {@code call}, {@code delayNs} from now. */
    public void start(Call call, long delayNs) {
        if (top != null) {
            throw new IllegalStateException(
                    label() + " is busy with " + top.path().name());
        }
        enter(call);
        kernel.agenda().after(delayNs, this);
    }

    /** Whether no call is left to perform. */
    public boolean isIdle() {
        return top == null;
    }

    @Override
    public void act() {
        asleep = false;
        waitsFor = null;
        interruptibleOn = null;
        kernel.enter(this);
        while (top != null) {
            Call call = top;
            if (kernel.isOver() || !call.path().step(this, call)) {
                asleep = true;
                return;
            }
        }
        asleep = true;
        if (whenIdle != null) {
            whenIdle.accept(this);
        }
    }

    void setTicket(long newTicket, boolean slow) {
        ticket = newTicket;
        onSlowPath = slow;
    }

    /** The ww ticket of the reservation lock the task last asked for, 0 if it was taken alone. */
    long ticket() {
        return ticket;
    }

    boolean onSlowPath() {
        return onSlowPath;
    }

    void enter(Call call) {
        call.enter(this, top);
        top = call;
    }

    void leave(Call call) {
        top = call.caller;
    }

    /** The program gives up what it does, down to {@code call} and with it, as by {@code siglongjmp}; none of it is in the kernel. */
    public void giveUp(Call call) {
        Call each = top;
        while (each != null && each != call) {
            each = each.caller;
        }
        if (each == null) {
            throw new IllegalStateException(label() + " does not do that");
        }
        top = call.caller;
    }

    /** Lets {@code ns} pass; false if others may run in the meantime. */
    boolean spend(long ns) {
        if (kernel.agenda().pass(ns)) {
            return true;
        }
        kernel.agenda().after(ns, this);
        return false;
    }

    /** Notes what the task is about to sleep for; {@link #wake} ends it. */
    public void blockOn(Waits cause) {
        waitsFor = cause;
    }

    void sleepOn(WaitList list) {
        blockOn(list.cause());
        list.add(this);
    }

    /** Sleeps on {@code list} until woken, until {@code deadlineNs}, or until killed if {@code interruptible}: no deadlock comes of it. */
    void sleepOn(WaitList list, long deadlineNs, boolean interruptible) {
        list.add(this);
        interruptibleOn = interruptible ? list : null;
        if (deadlineNs == Long.MAX_VALUE) {
            if (!interruptible) {
                blockOn(list.cause());
            }
            return;
        }
        kernel.agenda().after(deadlineNs - kernel.nowNs(), () -> {
            if (list.remove(this)) {
                wake();
            }
        });
    }

    /** SIGKILL is pending: interruptible waits end, and so does the program when it next returns to user space. */
    public void kill() {
        killed = true;
        if (interruptibleOn != null && interruptibleOn.remove(this)) {
            wake();
        }
    }

    /** {@code fatal_signal_pending}. */
    public boolean isKilled() {
        return killed;
    }

    /** Makes a task runnable that sleeps for a lock or a condition. */
    public void wake() {
        if (!asleep && kernel.current() == this) {
            throw new IllegalStateException(label() + " wakes itself");
        }
        waitsFor = null;
        kernel.agenda().after(kernel.costs().wakeupNs(), this);
    }

    /** What the task sleeps for, or null if it runs, is runnable or sleeps for a time. */
    public @Nullable Waits waitsFor() {
        return waitsFor;
    }

    @Override
    public String label() {
        return "task " + tid() + " " + name()
                + (top == null ? "" : " in " + top.path().name());
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        if (waitsFor != null) {
            visitor.accept(waitsFor);
        }
    }
}

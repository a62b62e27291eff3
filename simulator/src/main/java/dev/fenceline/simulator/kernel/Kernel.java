package dev.fenceline.simulator.kernel;

import dev.fenceline.event.Annotation;
import dev.fenceline.event.ClockTick;
import dev.fenceline.event.Event;
import dev.fenceline.event.LockClass;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One host: its clock, its tasks, its chance, and the recording of it. */
public final class Kernel {
    /** How long nothing may happen before a {@code clock_tick} says that time passes. */
    public static final long TICK_NS = 100_000_000;

    private static final int FIRST_TID = 1000;

    private final Agenda agenda;
    private final Trace trace;
    private final Chance seed;
    private final Chance jitter;
    private final Costs costs;
    private final Adversity adversity;
    private final Context idle;
    private final int cpus;
    private final Set<Task> tasks = new LinkedHashSet<>();
    private final Memory memory;
    private final LockMap mmuNotifiers;
    private final List<Shrinker> shrinkers = new ArrayList<>();
    private final Rcu rcu;
    private final Modules modules;
    private Context current;
    private long lastId;
    private long lastContext;
    private long lastTicket;
    private int lastTid = FIRST_TID;
    private List<String> deadlocks = List.of();
    private @Nullable Census census;

    /** A kernel in which nothing runs yet. */
    public Kernel(Agenda agenda, Trace trace, Chance seed, Costs costs, Adversity adversity, int cpus) {
        this.agenda = agenda;
        this.trace = trace;
        this.seed = seed;
        this.jitter = seed.split("jitter");
        this.costs = costs;
        this.adversity = adversity;
        this.cpus = cpus;
        this.idle = new Context(0, 0, 0, "swapper");
        this.current = idle;
        this.memory = new Memory(this);
        this.mmuNotifiers = new LockMap(this, LockClass.MMU_NOTIFIER);
        this.rcu = new Rcu(this);
        this.modules = new Modules(this);
    }

    /** Has {@code census} know everything that is born from now on. */
    public void countIn(Census newCensus) {
        census = newCensus;
    }

    /** {@code newborn} exists, and the recording says so. */
    public void enrol(Census.Member newborn) {
        if (census != null) {
            census.enrol(newborn);
        }
    }

    /** {@code gone} exists no longer. */
    public void strike(Census.Member gone) {
        if (census != null) {
            census.leave(gone);
        }
    }

    public Agenda agenda() {
        return agenda;
    }

    public Costs costs() {
        return costs;
    }

    /** The spread of costs. */
    public Chance chance() {
        return jitter;
    }

    /** A generator of its own for the actor called {@code name}. */
    public Chance chanceOf(String name) {
        return seed.split(name);
    }

    /** What dead objects wait for before their memory is given back. */
    public Rcu rcu() {
        return rcu;
    }

    /** {@code irq_work_queue}: {@code work} runs in an interrupt on {@code cpu}, soon. */
    public void irqWork(Context cpu, Runnable work) {
        agenda.after(costs.interruptNs(), () -> {
            enter(cpu);
            work.run();
        });
    }

    /** The instant it is, in ns. */
    public long nowNs() {
        return agenda.nowNs();
    }

    /** An id that no object of this session has had. */
    public long newId() {
        return ++lastId;
    }

    /** The first of {@code count} ids in a row that no object of this session has had. */
    public long newIds(long count) {
        long first = lastId + 1;
        lastId += count;
        return first;
    }

    /** {@code shrinker_register}. */
    public void register(Shrinker shrinker) {
        shrinkers.add(shrinker);
    }

    /** Who refers to the modules of drivers. */
    public Modules modules() {
        return modules;
    }

    /** The pages of the host. */
    public Memory memory() {
        return memory;
    }

    /** {@code __mmu_notifier_invalidate_range_start_map}. */
    public LockMap mmuNotifiers() {
        return mmuNotifiers;
    }

    /** What reclaim can ask for memory besides the pages of processes. */
    public List<Shrinker> shrinkers() {
        return shrinkers;
    }

    /** {@code dma_fence_context_alloc}: the first of {@code count} new contexts; 0 stays with the stub fences. */
    public long newFenceContexts(int count) {
        long first = lastContext + 1;
        lastContext += count;
        return first;
    }

    /** A ww ticket younger than all before it. */
    public long newTicket() {
        return ++lastTicket;
    }

    /** A thread id nobody has had. */
    public int newTid() {
        return ++lastTid;
    }

    /** The CPU a thread or interrupt number {@code number} runs on. */
    public int cpuOf(int number) {
        return number % cpus;
    }

    /** A thread; {@code whenIdle} is told each time its last call has returned. */
    public Task newTask(int tid, int tgid, String name, @Nullable Consumer<Task> whenIdle) {
        Task task = new Task(this, cpuOf(tid), tid, tgid, name, whenIdle);
        tasks.add(task);
        return task;
    }

    /** Forgets a thread that has exited. */
    public void forget(Task task) {
        tasks.remove(task);
    }

    /** Whose code runs. */
    public Context current() {
        return current;
    }

    /** The task whose code runs; only tasks may sleep or take sleeping locks. */
    public Task currentTask() {
        if (current instanceof Task task) {
            return task;
        }
        throw new IllegalStateException("no task runs but " + current.name());
    }

    /** From now on {@code context} is who causes events. */
    public void enter(Context context) {
        current = context;
    }

    /** Records that something happened, here and now. */
    public void emit(Event.Builder<?> happened) {
        trace.emit(happened, agenda.nowNs(), current);
    }

    /** Whether a fault makes the code path that asks deviate now. The recording notes it as ground truth about the next event. */
    public boolean deviates(Deviation deviation) {
        if (!adversity.strikes(deviation, agenda.nowNs())) {
            return false;
        }
        emit(Annotation.builder().kind("fault").text(deviation.name()).aboutSeq(trace.seq() + 2));
        return true;
    }

    /** Whether {@link #deviates} would say yes now. */
    public boolean wouldDeviate(Deviation deviation) {
        return adversity.looms(deviation, agenda.nowNs());
    }

    /** Whether the recording is over: nothing that happens from now on is seen. */
    public boolean isOver() {
        return trace.isFull();
    }

    /** Lets everything happen until the end of the agenda's time or of the recording, or until nothing is to happen any more. */
    public void run() {
        while (!trace.isFull() && agenda.size() > 0 && agenda.nextDueNs() <= agenda.endNs()) {
            tickUntil(agenda.nextDueNs());
            agenda.take().act();
            Census.rest(census);
        }
        enter(idle);
        findDeadlock();
        if (agenda.endNs() < Long.MAX_VALUE) {
            tickUntil(agenda.endNs());
        }
    }

    /** The cycles of tasks that were found to wait for each other at the end. */
    public List<String> deadlocks() {
        return deadlocks;
    }

    private void tickUntil(long dueNs) {
        if (dueNs - trace.lastNs() <= TICK_NS) {
            return;
        }
        enter(idle);
        while (dueNs - trace.lastNs() > TICK_NS && !trace.isFull()) {
            agenda.idleUntil(Math.max(agenda.nowNs(), trace.lastNs() + TICK_NS));
            emit(ClockTick.builder());
        }
    }

    private void findDeadlock() {
        deadlocks =
                WaitGraph.cyclesFrom(tasks).stream().map(WaitGraph::describe).toList();
        deadlocks.forEach(cycle -> emit(Annotation.builder().kind("deadlock").text(cycle)));
    }
}

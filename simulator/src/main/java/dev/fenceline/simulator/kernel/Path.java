package dev.fenceline.simulator.kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The body of a kernel function, written once and read top-down like the function it models.
 *
 * <p>A path is a flat list of steps; loops and conditions are jumps in it. Only a step that takes a lock, waits, spends time or calls
 * another function can let other tasks run, so everything inside one {@code run} is atomic, as under a spinlock.
 *
 * @param <C> the activation that holds the function's arguments and locals
 */
public final class Path<C extends Call> {
    /** One step: true if the call goes on with its next step at once, false if its task now sleeps. */
    @FunctionalInterface
    private interface Step<C> {
        boolean perform(Task task, C call);
    }

    private final String name;
    private final List<Step<C>> steps;

    private Path(String name, List<Step<C>> steps) {
        this.name = name;
        this.steps = List.copyOf(steps);
    }

    /** Begins the body of the kernel function called {@code name}. */
    public static <C extends Call> Builder<C> named(String name) {
        return new Builder<>(name);
    }

    /** The kernel function's name. */
    public String name() {
        return name;
    }

    /** Performs the call's next step. Only a call's own path is ever asked, hence the cast is safe. */
    boolean step(Task task, Call call) {
        int at = call.next;
        if (at >= steps.size()) {
            task.leave(call);
            return true;
        }
        call.next = at + 1;
        @SuppressWarnings("unchecked")
        C own = (C) call;
        return steps.get(at).perform(task, own);
    }

    /** Writes a path. */
    public static final class Builder<C extends Call> {
        private final String name;
        private final List<Step<C>> steps = new ArrayList<>();
        private final List<List<Jump<C>>> loopExits = new ArrayList<>();
        private final List<Integer> loopStarts = new ArrayList<>();

        private Builder(String name) {
            this.name = name;
        }

        /** Does something that takes no time and lets nobody else run. */
        public Builder<C> run(Consumer<? super C> body) {
            return step((task, call) -> {
                body.accept(call);
                return true;
            });
        }

        /** Works for a while, in ns, give or take a quarter. */
        public Builder<C> spend(ToLongFunction<? super C> ns) {
            return step((task, call) -> task.spend(task.kernel().chance().around(ns.applyAsLong(call))));
        }

        /** Sleeps for exactly so many ns. */
        public Builder<C> sleep(ToLongFunction<? super C> ns) {
            return step((task, call) -> task.spend(ns.applyAsLong(call)));
        }

        /** Calls another function and goes on when it returns; nothing is called if {@code callee} gives null. */
        public Builder<C> call(Function<? super C, ? extends @Nullable Call> callee) {
            return step((task, call) -> {
                Call called = callee.apply(call);
                if (called != null) {
                    task.enter(called);
                }
                return true;
            });
        }

        /** Takes a lock, sleeping while others hold it. */
        public Builder<C> lock(Function<? super C, Lock> lock, Lock.Mode mode) {
            return step((task, call) -> lock.apply(call).acquire(task, mode));
        }

        /** Gives a lock back. */
        public Builder<C> unlock(Function<? super C, Lock> lock) {
            return step((task, call) -> {
                lock.apply(call).release(task);
                return true;
            });
        }

        /** {@code wait_event}: sleeps on the list until {@code condition} holds. */
        public Builder<C> await(Function<? super C, WaitList> list, Predicate<? super C> condition) {
            int self = steps.size();
            return step((task, call) -> {
                if (condition.test(call)) {
                    return true;
                }
                call.next = self;
                task.sleepOn(list.apply(call));
                return false;
            });
        }

        /**
         * {@code wait_event_timeout} and {@code wait_event_interruptible}: as {@link #await}, but no longer than until {@code deadline}
         * in ns, {@link Long#MAX_VALUE} for no limit, and not once the task is killed if {@code interruptible}.
         */
        public Builder<C> await(
                Function<? super C, WaitList> list,
                Predicate<? super C> condition,
                ToLongFunction<? super C> deadline,
                Predicate<? super C> interruptible) {
            int self = steps.size();
            return step((task, call) -> {
                long deadlineNs = deadline.applyAsLong(call);
                boolean mayBeKilled = interruptible.test(call);
                if (condition.test(call) || task.kernel().nowNs() >= deadlineNs || (mayBeKilled && task.isKilled())) {
                    return true;
                }
                call.next = self;
                task.sleepOn(list.apply(call), deadlineNs, mayBeKilled);
                return false;
            });
        }

        /** A step that says itself whether the task goes on ({@code true}) or sleeps until woken. */
        public Builder<C> block(Predicate<? super C> body) {
            return step((task, call) -> body.test(call));
        }

        /** Performs {@code then} only if {@code condition} holds. */
        public Builder<C> when(Predicate<? super C> condition, UnaryOperator<Builder<C>> then) {
            Jump<C> past = new Jump<>(condition.negate());
            steps.add(past);
            include(then);
            past.target = steps.size();
            return this;
        }

        /** Performs {@code body} again and again, until it says {@link #leaveIf} or {@link #returnIf}. */
        public Builder<C> repeat(UnaryOperator<Builder<C>> body) {
            int start = steps.size();
            loopExits.add(new ArrayList<>());
            loopStarts.add(start);
            include(body);
            Jump<C> back = new Jump<>(call -> true);
            back.target = start;
            steps.add(back);
            loopStarts.remove(loopStarts.size() - 1);
            for (Jump<C> exit : loopExits.remove(loopExits.size() - 1)) {
                exit.target = steps.size();
            }
            return this;
        }

        /** Leaves the innermost loop if {@code condition} holds. */
        public Builder<C> leaveIf(Predicate<? super C> condition) {
            Jump<C> exit = new Jump<>(condition);
            loopExits.get(loopExits.size() - 1).add(exit);
            steps.add(exit);
            return this;
        }

        /** Starts the innermost loop again if {@code condition} holds. */
        public Builder<C> againIf(Predicate<? super C> condition) {
            Jump<C> again = new Jump<>(condition);
            again.target = loopStarts.get(loopStarts.size() - 1);
            steps.add(again);
            return this;
        }

        /** Returns from the function if {@code condition} holds. */
        public Builder<C> returnIf(Predicate<? super C> condition) {
            Jump<C> out = new Jump<>(condition);
            out.target = Integer.MAX_VALUE;
            steps.add(out);
            return this;
        }

        /** Ends the body. */
        public Path<C> end() {
            return new Path<>(name, steps);
        }

        private void include(UnaryOperator<Builder<C>> part) {
            if (part.apply(this) != this) {
                throw new IllegalArgumentException("a part of " + name + " belongs to another path");
            }
        }

        private Builder<C> step(Step<C> step) {
            steps.add(step);
            return this;
        }
    }

    /** Goes on elsewhere if a condition holds. */
    private static final class Jump<C extends Call> implements Step<C> {
        private final Predicate<? super C> condition;
        private int target;

        Jump(Predicate<? super C> condition) {
            this.condition = condition;
        }

        @Override
        public boolean perform(Task task, C call) {
            if (condition.test(call)) {
                call.next = target;
            }
            return true;
        }
    }
}

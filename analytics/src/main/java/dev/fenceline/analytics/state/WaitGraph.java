package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.agrona.collections.LongHashSet;
import org.jspecify.annotations.Nullable;

/**
 * Who waits for whom: threads for fences and locks, locks for who holds them, fences for who completes them and for what they
 * depend on, jobs for their dependencies and for the thread that has yet to push them.
 *
 * <p>Most edges are what other parts of the state say; only what completes a fence and what it depends on are kept here.
 */
public final class WaitGraph implements StatePart {
    private final Fences fences;
    private final Reservations reservations;
    private final Locks locks;
    private final Threads threads;
    private final Schedulers schedulers;
    private final ObjectTable<Needs> table = new ObjectTable<>(Needs::new);

    WaitGraph(Fences fences, Reservations reservations, Locks locks, Threads threads, Schedulers schedulers) {
        this.fences = fences;
        this.reservations = reservations;
        this.locks = locks;
        this.threads = threads;
        this.schedulers = schedulers;
    }

    /** What a pending fence needs. */
    static final class Needs extends KernelObject {
        long by = Event.ABSENT;
        long bySeq;
        final SectionStack dependencies = new SectionStack();

        Needs(long id) {
            super(id);
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(by);
            out.number(bySeq);
            dependencies.write(out);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            by = in.number();
            bySeq = in.number();
            dependencies.read(in);
        }
    }

    /** What can wait. */
    public enum Node {
        THREAD,
        FENCE,
        JOB,
        LOCK
    }

    /**
     * One edge of a chain of waits.
     *
     * @param node the kind of what waits
     * @param id which it is
     * @param role what it does
     * @param seq where that began
     */
    public record Step(Node node, long id, String role, long seq) {}

    /** Where a chain of waits is to lead. */
    @FunctionalInterface
    public interface Goal {
        /** Whether this is it. */
        boolean isReached(Node node, long id);
    }

    void apply(DmaFenceInit e) {
        if (e.hasFence() && e.hasBy()) {
            Needs needs = touch(e.fence(), e.seq());
            needs.by = e.by();
            needs.bySeq = e.seq();
        }
    }

    void apply(DmaFenceDep e) {
        if (e.hasFence() && e.hasDependsOn()) {
            fences.touch(e.fence(), e.seq());
            fences.touch(e.dependsOn(), e.seq());
            Needs needs = touch(e.fence(), e.seq());
            if (needs.dependencies.indexOf(e.dependsOn()) < 0) {
                needs.dependencies.enter(e.dependsOn(), Event.ABSENT, e.seq());
            }
        }
    }

    /** The fence signalled, or is gone: it needs nothing more. */
    void forget(long fence) {
        Needs needs = table.get(fence);
        if (needs != null) {
            table.remove(needs);
        }
    }

    private Needs touch(long fence, long seq) {
        Needs needs = table.get(fence);
        return needs != null ? needs : table.create(fence, seq);
    }

    /** The circle of unconditional waits that it is in; null if it is in none. */
    public @Nullable List<Step> circle(Node node, long id) {
        return new Search((n, i) -> n == node && i == id, false).from(node, id);
    }

    /** As {@link #circle}, but a wait that ends by itself, or by a signal, counts too. */
    public @Nullable List<Step> stall(Node node, long id) {
        return new Search((n, i) -> n == node && i == id, true).from(node, id);
    }

    /** The unconditional waits that lead from it to the goal; null if it can go on without. */
    public @Nullable List<Step> chain(Node node, long id, Goal goal) {
        return new Search(goal, false).to(node, id);
    }

    /** Whether neither a timeout nor a signal ends the wait of the thread for a fence. */
    public static boolean isUnconditional(ThreadSections thread) {
        long timeout = thread.waitTimeoutNs;
        return !thread.waitInterruptible && (timeout == Event.ABSENT || timeout == Long.MAX_VALUE);
    }

    /**
     * A way on from what waits.
     *
     * @param steps the edges
     * @param to the kind of what they lead to
     * @param target which it is
     * @param anyOf several ways instead, of which any will do: they lead on only if all of them do
     */
    private record Way(
            List<Step> steps,
            Node to,
            long target,
            @Nullable List<Way> anyOf) {}

    /** A walk along the waits, depth first; what was met before leads nowhere new. Chains of fences and jobs can be long. */
    private final class Search {
        private final Goal goal;
        private final boolean takesBounded;
        private final Map<Node, LongHashSet> met = new EnumMap<>(Node.class);

        Search(Goal goal, boolean takesBounded) {
            this.goal = goal;
            this.takesBounded = takesBounded;
        }

        /** Goes on where the other is, and leaves no mark there. */
        Search(Search other) {
            this(other.goal, other.takesBounded);
            other.met.forEach((node, ids) -> {
                LongHashSet copy = new LongHashSet();
                copy.addAll(ids);
                met.put(node, copy);
            });
        }

        /** The steps to the goal, none if this is it; null if nothing leads there. */
        @Nullable List<Step> to(Node node, long id) {
            return goal.isReached(node, id) ? List.of() : from(node, id);
        }

        /** The steps to the goal; null if nothing leads there, or nothing but what was met before. */
        @Nullable List<Step> from(Node node, long id) {
            if (!meet(node, id)) {
                return null;
            }
            List<Way> path = new ArrayList<>();
            List<Iterator<Way>> untried = new ArrayList<>();
            untried.add(ways(node, id).iterator());
            while (!untried.isEmpty()) {
                Iterator<Way> ways = untried.get(untried.size() - 1);
                if (!ways.hasNext()) {
                    untried.remove(untried.size() - 1);
                    if (!path.isEmpty()) {
                        path.remove(path.size() - 1);
                    }
                    continue;
                }
                Way way = ways.next();
                List<Step> rest = rest(way);
                if (rest != null) {
                    path.add(way);
                    return steps(path, rest);
                }
                if (way.anyOf == null && meet(way.to, way.target)) {
                    path.add(way);
                    untried.add(ways(way.to, way.target).iterator());
                }
            }
            return null;
        }

        /** False if it was met before. */
        private boolean meet(Node node, long id) {
            return met.computeIfAbsent(node, kind -> new LongHashSet()).add(id);
        }

        /** What leads from the end of the way to the goal, if that is known at once. */
        private @Nullable List<Step> rest(Way way) {
            if (way.anyOf != null) {
                return all(way.anyOf);
            }
            return goal.isReached(way.to, way.target) ? List.of() : null;
        }

        /** Each of several ways out is looked at on its own. */
        private @Nullable List<Step> all(List<Way> ways) {
            List<Step> all = new ArrayList<>();
            for (Way way : ways) {
                List<Step> rest = new Search(this).to(way.to, way.target);
                if (rest == null) {
                    return null;
                }
                all.addAll(way.steps);
                all.addAll(rest);
            }
            return all.isEmpty() ? null : all;
        }

        private static List<Step> steps(List<Way> path, List<Step> rest) {
            List<Step> steps = new ArrayList<>();
            for (Way way : path) {
                steps.addAll(way.steps);
            }
            steps.addAll(rest);
            return steps;
        }

        /** In the order in which they are tried. */
        private List<Way> ways(Node node, long id) {
            List<Way> ways = new ArrayList<>(2);
            switch (node) {
                case THREAD -> addOfThread(id, ways);
                case FENCE -> addOfFence(id, ways);
                case JOB -> addOfJob(id, ways);
                case LOCK -> addOfLock(id, ways);
            }
            return ways;
        }

        private static void add(List<Way> ways, Node from, long id, String role, long seq, Node to, long target) {
            if (target != Event.ABSENT) {
                ways.add(new Way(List.of(new Step(from, id, role, seq)), to, target, null));
            }
        }

        private void addOfThread(long tid, List<Way> ways) {
            ThreadSections thread = threads.thread(tid);
            if (thread == null) {
                return;
            }
            if (thread.waitSeq > 0 && (takesBounded || isUnconditional(thread))) {
                add(ways, Node.THREAD, tid, "waits for fence", thread.waitSeq, Node.FENCE, thread.waitFence);
            }
            boolean blocked = thread.blockedSeq > 0 && (takesBounded || !thread.blockedInterruptible);
            if (blocked && thread.blockedOn != Event.ABSENT) {
                add(ways, Node.THREAD, tid, "blocks on lock", thread.blockedSeq, Node.LOCK, thread.blockedOn);
                addReservation(thread, ways);
            }
        }

        /** lock_block may name a reservation, which has no class of its own there. */
        private void addReservation(ThreadSections thread, List<Way> ways) {
            boolean mayBe = switch (thread.blockedOnClass) {
                case UNKNOWN, OTHER, MUTEX -> true;
                default -> false;
            };
            Reservation resv = mayBe ? reservations.reservation(thread.blockedOn) : null;
            if (resv != null && resv.holderTid != Event.ABSENT) {
                Step blocks = new Step(Node.THREAD, thread.id, "blocks on reservation", thread.blockedSeq);
                Step held = new Step(Node.LOCK, resv.id, "held", resv.heldSeq);
                ways.add(new Way(List.of(blocks, held), Node.THREAD, resv.holderTid, null));
            }
        }

        private void addOfLock(long id, List<Way> ways) {
            for (long tid : locks.holders(id)) {
                ThreadLocks holder = locks.thread(tid);
                if (holder != null) {
                    add(ways, Node.LOCK, id, "held", holder.acquireSeqOf(id), Node.THREAD, tid);
                }
            }
        }

        private void addOfFence(long id, List<Way> ways) {
            Fence fence = fences.fence(id);
            if (fence == null || fences.isComplete(fence)) {
                return;
            }
            Needs needs = table.get(id);
            addCompleters(id, needs, ways);
            if (needs != null) {
                SectionStack each = needs.dependencies;
                for (int i = 0; i < each.depth(); i++) {
                    add(ways, Node.FENCE, id, "depends on", each.seq(i), Node.FENCE, each.subject(i));
                }
            }
            addMembers(fence, ways);
        }

        /** The thread that is said to complete the fence, or its job, which the hardware or a timeout ends: either will do. */
        private void addCompleters(long id, @Nullable Needs needs, List<Way> ways) {
            List<Way> completers = new ArrayList<>(2);
            if (needs != null) {
                add(completers, Node.FENCE, id, "to be completed by thread", needs.bySeq, Node.THREAD, needs.by);
            }
            Job done = schedulers.jobOfFinished(id);
            Job job = done != null ? done : schedulers.jobOfScheduled(id);
            if (job != null) {
                add(completers, Node.FENCE, id, "fence of job", job.armSeq, Node.JOB, job.id);
            }
            if (completers.size() > 1) {
                ways.add(new Way(List.of(), Node.FENCE, id, completers));
            } else {
                ways.addAll(completers);
            }
        }

        private void addMembers(Fence fence, List<Way> ways) {
            LongList members = fence.members;
            List<Way> all = members != null && fence.anyMember ? new ArrayList<>(members.size()) : ways;
            for (int i = 0; members != null && i < members.size(); i++) {
                add(all, Node.FENCE, fence.id, "made of", fence.initSeq, Node.FENCE, members.get(i));
            }
            if (members != null && all != ways) {
                // A member that nobody named may be any fence.
                if (all.size() == members.size()) {
                    ways.add(new Way(List.of(), Node.FENCE, fence.id, all));
                }
                return;
            }
            add(ways, Node.FENCE, fence.id, "chained behind", fence.initSeq, Node.FENCE, fence.previous);
        }

        private void addOfJob(long id, List<Way> ways) {
            Job job = schedulers.job(id);
            if (job == null || job.doneSeq > 0 || job.killSeq > 0) {
                return;
            }
            if (job.runSeq > 0) {
                add(ways, Node.JOB, id, "on the hardware", job.runSeq, Node.FENCE, job.parent);
                return;
            }
            if (job.queueSeq == 0 && job.armSeq > 0) {
                add(ways, Node.JOB, id, "armed and to be pushed", job.armSeq, Node.THREAD, job.submitterTid);
            }
            for (int i = 0; i < job.dependencies(); i++) {
                add(ways, Node.JOB, id, "depends on", job.dependencySeq(i), Node.FENCE, job.dependency(i));
            }
            JobEntity entity = job.queueSeq > 0 ? schedulers.entity(job.entity) : null;
            int place = entity == null ? -1 : entity.queued.indexOf(id);
            if (entity != null && place > 0) {
                // An entity hands its jobs over in the order of their push.
                add(ways, Node.JOB, id, "queued behind", job.queueSeq, Node.JOB, entity.queued(place - 1));
            }
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

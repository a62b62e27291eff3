package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
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
        if (goal.isReached(node, id)) {
            return List.of();
        }
        return new Search(goal, false).from(node, id);
    }

    /** Whether neither a timeout nor a signal ends the wait of the thread for a fence. */
    public static boolean isUnconditional(ThreadSections thread) {
        long timeout = thread.waitTimeoutNs;
        return !thread.waitInterruptible && (timeout == Event.ABSENT || timeout == Long.MAX_VALUE);
    }

    /** A walk along the waits, depth first; what was met before leads nowhere new. */
    private final class Search {
        private final Goal goal;
        private final boolean takesBounded;
        private final List<Step> path = new ArrayList<>();
        private final List<Step> met = new ArrayList<>();

        Search(Goal goal, boolean takesBounded) {
            this.goal = goal;
            this.takesBounded = takesBounded;
        }

        @Nullable List<Step> from(Node node, long id) {
            return leads(node, id) ? path : null;
        }

        private boolean follow(Node from, long id, String role, long seq, Node to, long target) {
            if (target == Event.ABSENT) {
                return false;
            }
            int depth = path.size();
            path.add(new Step(from, id, role, seq));
            if (goal.isReached(to, target) || leads(to, target)) {
                return true;
            }
            while (path.size() > depth) {
                path.remove(path.size() - 1);
            }
            return false;
        }

        private boolean leads(Node node, long id) {
            for (Step step : met) {
                if (step.node == node && step.id == id) {
                    return false;
                }
            }
            met.add(new Step(node, id, "", 0));
            return switch (node) {
                case THREAD -> thread(id);
                case FENCE -> fence(id);
                case JOB -> job(id);
                case LOCK -> lock(id);
            };
        }

        private boolean thread(long tid) {
            ThreadSections thread = threads.thread(tid);
            if (thread == null) {
                return false;
            }
            boolean waits = thread.waitSeq > 0 && (takesBounded || isUnconditional(thread));
            if (waits && follow(Node.THREAD, tid, "waits for fence", thread.waitSeq, Node.FENCE, thread.waitFence)) {
                return true;
            }
            boolean blocked = thread.blockedSeq > 0 && (takesBounded || !thread.blockedInterruptible);
            if (!blocked || thread.blockedOn == Event.ABSENT) {
                return false;
            }
            return follow(Node.THREAD, tid, "blocks on lock", thread.blockedSeq, Node.LOCK, thread.blockedOn)
                    || reservation(tid, thread);
        }

        /** lock_block may name a reservation, which has no class of its own there. */
        private boolean reservation(long tid, ThreadSections thread) {
            boolean mayBe = switch (thread.blockedOnClass) {
                case UNKNOWN, OTHER, MUTEX -> true;
                default -> false;
            };
            Reservation resv = mayBe ? reservations.reservation(thread.blockedOn) : null;
            if (resv == null || resv.holderTid == Event.ABSENT) {
                return false;
            }
            path.add(new Step(Node.THREAD, tid, "blocks on reservation", thread.blockedSeq));
            if (follow(Node.LOCK, resv.id, "held", resv.heldSeq, Node.THREAD, resv.holderTid)) {
                return true;
            }
            path.remove(path.size() - 1);
            return false;
        }

        private boolean lock(long id) {
            for (long tid : locks.holders(id)) {
                ThreadLocks holder = locks.thread(tid);
                if (holder != null && follow(Node.LOCK, id, "held", holder.acquireSeqOf(id), Node.THREAD, tid)) {
                    return true;
                }
            }
            return false;
        }

        private boolean fence(long id) {
            Fence fence = fences.fence(id);
            if (fence == null || fences.isComplete(fence)) {
                return false;
            }
            Needs needs = table.get(id);
            if (needs != null) {
                if (follow(Node.FENCE, id, "to be completed by thread", needs.bySeq, Node.THREAD, needs.by)) {
                    return true;
                }
                for (int i = 0; i < needs.dependencies.depth(); i++) {
                    SectionStack each = needs.dependencies;
                    if (follow(Node.FENCE, id, "depends on", each.seq(i), Node.FENCE, each.subject(i))) {
                        return true;
                    }
                }
            }
            Job done = schedulers.jobOfFinished(id);
            Job started = schedulers.jobOfScheduled(id);
            return (done != null && follow(Node.FENCE, id, "fence of job", done.armSeq, Node.JOB, done.id))
                    || (started != null && follow(Node.FENCE, id, "fence of job", started.armSeq, Node.JOB, started.id))
                    || members(fence);
        }

        /** An array of which any member will do is stuck only if all of them are. */
        private boolean members(Fence fence) {
            LongList members = fence.members;
            int stuck = 0;
            for (int i = 0; members != null && i < members.size(); i++) {
                int before = met.size();
                boolean leads = follow(Node.FENCE, fence.id, "made of", fence.initSeq, Node.FENCE, members.get(i));
                // Each of several ways out is looked at on its own.
                while (fence.anyMember && met.size() > before) {
                    met.remove(met.size() - 1);
                }
                if (leads && !fence.anyMember) {
                    return true;
                }
                stuck += leads ? 1 : 0;
            }
            if (members != null && fence.anyMember) {
                return stuck > 0 && stuck == members.size();
            }
            return follow(Node.FENCE, fence.id, "chained behind", fence.initSeq, Node.FENCE, fence.previous);
        }

        private boolean job(long id) {
            Job job = schedulers.job(id);
            if (job == null || job.doneSeq > 0 || job.killSeq > 0) {
                return false;
            }
            if (job.runSeq > 0) {
                return follow(Node.JOB, id, "on the hardware", job.runSeq, Node.FENCE, job.parent);
            }
            boolean unpushed = job.queueSeq == 0 && job.armSeq > 0;
            if (unpushed && follow(Node.JOB, id, "armed and to be pushed", job.armSeq, Node.THREAD, job.submitterTid)) {
                return true;
            }
            for (int i = 0; i < job.dependencies(); i++) {
                if (follow(Node.JOB, id, "depends on", job.dependencySeq(i), Node.FENCE, job.dependency(i))) {
                    return true;
                }
            }
            return false;
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

package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.ExecCheckRepin;
import dev.fenceline.event.ExecPublish;
import dev.fenceline.event.LockRelease;
import dev.fenceline.event.ResvAddFence;
import java.io.IOException;
import org.agrona.collections.LongArrayList;
import org.jspecify.annotations.Nullable;

/** What threads that let work loose did under the notifier lock: their check for stale userptrs, and the fence they published. */
public final class Submissions implements StatePart {
    private final ObjectTable<Submission> threads = new ObjectTable<>(Submission::new);
    private final Notifiers notifiers;

    Submissions(Notifiers notifiers) {
        this.notifiers = notifiers;
    }

    /** The last check of a thread, from it to the thread's return to user space. */
    public static final class Submission extends KernelObject {
        long vm = Event.ABSENT;
        long checkSeq;
        boolean refused;
        long releaseSeq;
        long fence = Event.ABSENT;
        long publishSeq;
        /** The fences it added to reservations since it took the notifier lock. */
        final LongArrayList added = new LongArrayList(2, Event.ABSENT);

        Submission(long tid) {
            super(tid);
        }

        /** The address space that was checked; {@link Event#ABSENT} if unknown. */
        public long vm() {
            return vm;
        }

        /** The seq of the check; 0 if there was none. */
        public long checkSeq() {
            return checkSeq;
        }

        /** Whether the check found a userptr to fetch again. */
        public boolean isRefused() {
            return refused;
        }

        /** The seq at which the notifier lock was given back after the check; 0 if it was not. */
        public long releaseSeq() {
            return releaseSeq;
        }

        /** The fence that was published and is in no reservation yet; {@link Event#ABSENT} if there is none. */
        public long pendingFence() {
            return fence;
        }

        /** The seq of its publication. */
        public long publishSeq() {
            return publishSeq;
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(vm);
            out.number(checkSeq);
            out.flag(refused);
            out.number(releaseSeq);
            out.number(fence);
            out.number(publishSeq);
            out.numbers(added);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            vm = in.number();
            checkSeq = in.number();
            refused = in.flag();
            releaseSeq = in.number();
            fence = in.number();
            publishSeq = in.number();
            in.numbers(added);
        }
    }

    /** The submission that the thread is in the middle of; null if it has neither checked nor published anything. */
    public @Nullable Submission of(long tid) {
        return threads.get(tid);
    }

    /** Whether the lock that the thread gives back is the one under which it checked or published. */
    public boolean endsSection(Submission submission, LockRelease e) {
        return notifiers.isLockOf(submission.vm, e.lock(), e.lockClass());
    }

    void apply(ExecCheckRepin e) {
        Submission submission = touch(e);
        submission.vm = e.vm();
        submission.checkSeq = e.seq();
        submission.refused = e.hasResult() && e.result() != 0;
        submission.releaseSeq = 0;
    }

    /** Work of the VM is published; the one of a long-running queue has no fence. */
    void apply(ExecPublish e, long vm) {
        if (e.hasFence() && !(e.hasResult() && e.result() < 0)) {
            Submission submission = touch(e);
            if (submission.vm != vm) {
                submission.vm = vm;
                submission.checkSeq = 0;
                submission.releaseSeq = 0;
            }
            submission.fence = submission.added.containsLong(e.fence()) ? Event.ABSENT : e.fence();
            submission.publishSeq = e.seq();
        }
    }

    /** Drivers add the fence before they tell of the job or after. */
    void apply(ResvAddFence e) {
        if (!notifiers.holdsAnyLock(e.tid())) {
            return;
        }
        Submission submission = touch(e);
        if (submission.fence == e.fence()) {
            submission.fence = Event.ABSENT;
        } else if (!submission.added.containsLong(e.fence())) {
            submission.added.addLong(e.fence());
        }
    }

    /** After the fold of the locks. */
    void apply(LockRelease e) {
        Submission submission = of(e.tid());
        if (submission == null) {
            return;
        }
        if (endsSection(submission, e)) {
            submission.releaseSeq = submission.releaseSeq == 0 ? e.seq() : submission.releaseSeq;
            submission.fence = Event.ABSENT;
        }
        if (!notifiers.holdsAnyLock(e.tid())) {
            submission.added.clear();
        }
    }

    /** The thread is back in user space, or its work item is done. */
    void leave(Event e) {
        Submission submission = of(e.tid());
        if (submission != null) {
            threads.remove(submission);
        }
    }

    private Submission touch(Event e) {
        Submission submission = of(e.tid());
        return submission != null ? submission : threads.create(e.tid(), e.seq());
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        threads.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        threads.read(in);
    }
}

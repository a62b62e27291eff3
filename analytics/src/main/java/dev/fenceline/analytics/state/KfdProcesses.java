package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.Long2LongHashMap;
import org.jspecify.annotations.Nullable;

/** The KFD processes whose userptr BOs are invalid: from the first eviction to the resume of their queues. */
public final class KfdProcesses implements StatePart {
    /** hmm_range_fault found no mapping: the BO has no pages, and its accesses fault. */
    private static final long EFAULT = -14;

    private final SessionFacts session;
    private final NotifierCalls calls;
    private final ObjectTable<EvictedProcess> table = new ObjectTable<>(EvictedProcess::new);
    /** The BO that the callback of a notifier evicted. */
    private final Long2LongHashMap boOfNotifier = new Long2LongHashMap(Event.ABSENT);

    KfdProcesses(SessionFacts session, NotifierCalls calls) {
        this.session = session;
        this.calls = calls;
    }

    /** A userptr BO that was invalidated since the queues stopped. */
    public static final class Invalid {
        final long bo;
        long invalid;
        long evictSeq;
        long firstSeq;
        long sampled = Event.ABSENT;
        long fetchSeq;

        Invalid(long bo) {
            this.bo = bo;
        }

        /** The BO. */
        public long bo() {
            return bo;
        }

        /** How often it was invalidated. */
        public long invalid() {
            return invalid;
        }

        /** The seq of its first invalidation. */
        public long firstSeq() {
            return firstSeq;
        }

        /** The seq of its last invalidation. */
        public long evictSeq() {
            return evictSeq;
        }

        /** The seq of the last fetch of its pages; 0 if there was none. */
        public long fetchSeq() {
            return fetchSeq;
        }

        /**
         * Whether it was invalidated after its pages were fetched, or they were not fetched. The count alone does not tell: a fetch
         * that succeeds sets it to zero, so that the next invalidation is the first again.
         */
        public boolean isStale() {
            return sampled != invalid || evictSeq > fetchSeq;
        }
    }

    /** A process, known by its address space. */
    public static final class EvictedProcess extends KernelObject {
        final List<Invalid> bos = new ArrayList<>(1);
        boolean unknownFetch;

        EvictedProcess(long mm) {
            super(mm);
        }

        /** The first BO that is not valid; null if all are. */
        public @Nullable Invalid stale() {
            for (int i = 0; i < bos.size(); i++) {
                if (bos.get(i).isStale()) {
                    return bos.get(i);
                }
            }
            return null;
        }

        /** Whether pages were fetched of which it is not known to which BO they belong. */
        public boolean hasUnknownFetch() {
            return unknownFetch;
        }

        @Nullable Invalid bo(long id) {
            for (int i = 0; i < bos.size(); i++) {
                if (bos.get(i).bo == id) {
                    return bos.get(i);
                }
            }
            return null;
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.flag(unknownFetch);
            out.number(bos.size());
            for (Invalid bo : bos) {
                out.number(bo.bo);
                out.number(bo.invalid);
                out.number(bo.evictSeq);
                out.number(bo.firstSeq);
                out.number(bo.sampled);
                out.number(bo.fetchSeq);
            }
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            unknownFetch = in.flag();
            int size = in.count();
            for (int i = 0; i < size; i++) {
                Invalid bo = new Invalid(in.number());
                bo.invalid = in.number();
                bo.evictSeq = in.number();
                bo.firstSeq = in.number();
                bo.sampled = in.number();
                bo.fetchSeq = in.number();
                bos.add(bo);
            }
        }
    }

    /** The process of that address space, or of the only one; null if none of its BOs is invalid. */
    public @Nullable EvictedProcess process(long mm) {
        return table.get(mm != Event.ABSENT ? mm : session.soleObject("mm"));
    }

    void apply(KfdEvictUserptr e) {
        long mm = e.hasMm() ? e.mm() : session.soleObject("mm");
        EvictedProcess process = table.get(mm);
        if (process == null) {
            process = table.create(mm, e.seq());
        }
        Invalid bo = process.bo(e.bo());
        if (bo == null) {
            bo = new Invalid(e.bo());
            bo.firstSeq = e.seq();
            process.bos.add(bo);
        }
        bo.invalid = e.hasInvalid() ? e.invalid() : bo.invalid + 1;
        bo.evictSeq = e.seq();
        NotifierCalls.Call call = calls.running(e.tid());
        if (call != null && e.bo() != Event.ABSENT) {
            boOfNotifier.put(call.notifier, e.bo());
        }
    }

    void apply(HmmRangeFault e, long mm) {
        EvictedProcess process = table.get(mm);
        if (process == null || (e.hasResult() && e.result() < 0 && e.result() != EFAULT)) {
            return;
        }
        long known = boOfNotifier.get(e.notifier());
        Invalid bo = process.bo(known != Event.ABSENT ? known : e.notifier());
        if (bo == null && known == Event.ABSENT && process.bos.size() == 1) {
            bo = process.bos.get(0);
        }
        if (bo == null) {
            process.unknownFetch |= known == Event.ABSENT;
            return;
        }
        bo.sampled = e.hasInvalidSampled() ? e.invalidSampled() : bo.invalid;
        bo.fetchSeq = e.seq();
    }

    /** The queues run again: what is valid now counts from zero. */
    void apply(KfdResume e) {
        EvictedProcess process = process(e.mm());
        if (process != null) {
            table.remove(process);
        }
    }

    void apply(NotifierRemoveDone e) {
        boOfNotifier.remove(e.notifier());
    }

    /** A BO that is gone need not be valid. */
    void leave(long id) {
        if (table.size() == 0) {
            return;
        }
        for (long mm : table.ids()) {
            EvictedProcess process = table.get(mm);
            Invalid bo = process == null ? null : process.bo(id);
            if (process != null && bo != null) {
                process.bos.remove(bo);
            }
        }
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        table.write(out);
        long[] notifiers = boOfNotifier.keySet().stream()
                .mapToLong(Long::longValue)
                .sorted()
                .toArray();
        out.numbers(LongList.of(notifiers));
        for (long notifier : notifiers) {
            out.number(boOfNotifier.get(notifier));
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        table.read(in);
        LongList notifiers = in.numbers();
        for (int i = 0; notifiers != null && i < notifiers.size(); i++) {
            boOfNotifier.put(notifiers.get(i), in.number());
        }
    }
}

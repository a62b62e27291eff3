package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The notifier callbacks that run, by the thread they run on. */
public final class NotifierCalls implements StatePart {
    private final ObjectTable<CallStack> threads = new ObjectTable<>(CallStack::new);

    NotifierCalls() {}

    /** One pass of a callback, from its call to its return. */
    public static final class Call {
        final long notifier;
        final long range;
        final long seq;
        final long curSeq;
        final NotifierPass pass;
        final long blockable;
        int sets;
        long setSeq;

        Call(long notifier, long range, long seq, long curSeq, NotifierPass pass, long blockable) {
            this.notifier = notifier;
            this.range = range;
            this.seq = seq;
            this.curSeq = curSeq;
            this.pass = pass;
            this.blockable = blockable;
        }

        /** The notifier that was called. */
        public long notifier() {
            return notifier;
        }

        /** The invalidation it was called for; {@link Event#ABSENT} if unknown. */
        public long range() {
            return range;
        }

        /** The seq of the call. */
        public long seq() {
            return seq;
        }

        /** The sequence number handed to it; {@link Event#ABSENT} if unknown. */
        public long curSeq() {
            return curSeq;
        }

        /** Which pass it is. */
        public NotifierPass pass() {
            return pass;
        }

        /** Whether the call itself says that it may sleep. */
        public boolean isBlockable() {
            return blockable == 1;
        }

        /** Whether the call itself says that it must not sleep. */
        public boolean mustNotBlock() {
            return blockable == 0;
        }

        /** How often it set the sequence number so far. */
        public int sets() {
            return sets;
        }

        /** The seq at which it set the number last; 0 if it did not. */
        public long setSeq() {
            return setSeq;
        }
    }

    private static final class CallStack extends KernelObject {
        final List<Call> calls = new ArrayList<>(1);

        CallStack(long tid) {
            super(tid);
        }

        int indexOf(long notifier) {
            for (int i = calls.size() - 1; i >= 0; i--) {
                if (calls.get(i).notifier == notifier) {
                    return i;
                }
            }
            return -1;
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(calls.size());
            for (Call call : calls) {
                out.number(call.notifier);
                out.number(call.range);
                out.number(call.seq);
                out.number(call.curSeq);
                out.symbol(call.pass);
                out.number(call.blockable);
                out.number(call.sets);
                out.number(call.setSeq);
            }
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            int size = in.count();
            for (int i = 0; i < size; i++) {
                Call call = new Call(
                        in.number(),
                        in.number(),
                        in.number(),
                        in.number(),
                        in.symbol(NotifierPass.values()),
                        in.number());
                call.sets = in.count();
                call.setSeq = in.number();
                calls.add(call);
            }
        }
    }

    /** The callback that the thread runs, the innermost if there are several; null if it runs none. */
    public @Nullable Call running(long tid) {
        CallStack stack = threads.get(tid);
        return stack == null ? null : stack.calls.get(stack.calls.size() - 1);
    }

    /** The callback of that notifier that the thread runs; null if it does not. */
    public @Nullable Call running(long tid, long notifier) {
        CallStack stack = threads.get(tid);
        int i = stack == null ? -1 : stack.indexOf(notifier);
        return stack == null || i < 0 ? null : stack.calls.get(i);
    }

    void apply(NotifierInvalidate e) {
        if (!e.hasNotifier()) {
            return;
        }
        CallStack stack = threads.get(e.tid());
        if (stack == null) {
            stack = threads.create(e.tid(), e.seq());
        }
        long blockable = e.hasBlockable() ? (e.blockable() ? 1 : 0) : Event.ABSENT;
        stack.calls.add(new Call(e.notifier(), e.rangeId(), e.seq(), e.curSeq(), e.pass(), blockable));
    }

    void apply(NotifierSetSeq e) {
        Call call = running(e.tid(), e.notifier());
        if (call != null) {
            call.sets++;
            call.setSeq = e.seq();
        }
    }

    void apply(NotifierInvalidateDone e) {
        CallStack stack = threads.get(e.tid());
        int i = stack == null ? -1 : stack.indexOf(e.notifier());
        if (stack == null || i < 0) {
            return;
        }
        stack.calls.remove(i);
        if (stack.calls.isEmpty()) {
            threads.remove(stack);
        }
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

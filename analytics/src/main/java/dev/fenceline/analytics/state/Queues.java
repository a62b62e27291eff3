package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.collections.Long2LongHashMap;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongArrayList;
import org.agrona.collections.LongHashSet;
import org.jspecify.annotations.Nullable;

/** The exec queues, the address spaces they run in, and their preempt fences. */
public final class Queues implements StatePart {
    private final StreamLedger ledger;
    private final SessionFacts session;
    final ObjectTable<Queue> table = new ObjectTable<>(Queue::new);
    private final Long2ObjectHashMap<LongArrayList> byVm = new Long2ObjectHashMap<>();
    private final LongHashSet usedVms = new LongHashSet(LongHashSet.DEFAULT_INITIAL_CAPACITY, 0.55f, false);
    private final Long2LongHashMap byPreemptFence = new Long2LongHashMap(Event.ABSENT);
    private final Long2LongHashMap byWorkFence = new Long2LongHashMap(Event.ABSENT);

    Queues(StreamLedger ledger, SessionFacts session) {
        this.ledger = ledger;
        this.session = session;
    }

    /** The queue, also if it was destroyed a short while ago; null if it was never mentioned. */
    public @Nullable Queue queue(long id) {
        return id == Event.ABSENT ? null : table.find(id);
    }

    /** The live queues in the order of their ids. */
    public long[] ids() {
        return table.ids();
    }

    /** The live queues in the address space, by their ids. */
    public List<Queue> inVm(long vm) {
        LongArrayList ids = byVm.get(vm);
        List<Queue> queues = new ArrayList<>(ids == null ? 0 : ids.size());
        for (int i = 0; ids != null && i < ids.size(); i++) {
            Queue queue = table.get(ids.getLong(i));
            if (queue != null) {
                queues.add(queue);
            }
        }
        return queues;
    }

    /** Whether a queue that runs work of the user was ever seen in the address space, so that TLBs were filled. */
    public boolean everIn(long vm) {
        return usedVms.contains(vm);
    }

    private void enter(Queue queue, long vm) {
        queue.vm = vm;
        if (vm == Event.ABSENT) {
            return;
        }
        if (!queue.ofBinds) {
            usedVms.add(vm);
        }
        if (queue.departed > 0) {
            return;
        }
        LongArrayList ids = byVm.computeIfAbsent(vm, of -> new LongArrayList());
        int at = 0;
        while (at < ids.size() && ids.getLong(at) < queue.id) {
            at++;
        }
        ids.addLong(at, queue.id);
    }

    private void leave(Queue queue) {
        LongArrayList ids = byVm.get(queue.vm);
        if (ids != null && ids.removeLong(queue.id) && ids.isEmpty()) {
            byVm.remove(queue.vm);
        }
    }

    /** The address space an event is about: as stated, or the one of its queue, or the only one of the fragment. */
    public long vmOf(long statedVm, long queue) {
        if (statedVm != Event.ABSENT) {
            return statedVm;
        }
        Queue known = queue(queue);
        return known != null && known.vm != Event.ABSENT ? known.vm : session.soleObject("vm");
    }

    /** The queue whose pending preempt fence that is; null if it is none, or nobody said of which queue. */
    public @Nullable Queue queueOfPreemptFence(Fence fence) {
        long queue = byPreemptFence.get(fence.id);
        if (queue == Event.ABSENT && fence.kind() == FenceKind.PREEMPT) {
            queue = session.soleObject("queue");
        }
        return queue(queue);
    }

    /** The queue whose work is done when the fence signals; null if it is no such fence, or it signalled. */
    public @Nullable Queue queueOfWork(long fence) {
        return queue(byWorkFence.get(fence));
    }

    void apply(ExecPublish e) {
        works(e.queue(), e.vm(), e.hasResult() && e.result() < 0 ? Event.ABSENT : e.fence(), e.seq());
    }

    void apply(SchedJobArm e) {
        works(e.queue(), Event.ABSENT, e.finished(), e.seq());
    }

    private void works(long id, long vm, long fence, long seq) {
        Queue queue = touch(id, vm, seq);
        if (queue != null && fence != Event.ABSENT) {
            queue.workFence = fence;
            queue.workSeq = seq;
            byWorkFence.put(fence, id);
        }
    }

    void apply(QueueCreate e) {
        if (!e.hasQueue() || (e.hasResult() && e.result() < 0)) {
            return;
        }
        Queue earlier = table.get(e.queue());
        if (earlier != null) {
            leave(earlier);
        }
        Queue queue = table.create(e.queue(), e.seq());
        queue.client = e.client();
        queue.group = e.group();
        String engine = e.engineClass();
        queue.ofBinds = engine != null && engine.contains("BIND");
        enter(queue, e.vm());
    }

    void apply(QueueRegister e) {
        Queue queue = touch(e.queue(), e.vm(), e.seq());
        if (queue != null && !(e.hasResult() && e.result() < 0)) {
            relate(queue, e.group());
            // xe_guc_submit.c:submit_exec_queue enables no queue that is suspended, or about to be: the request came
            // first.
            if (queue.suspendSeq == 0) {
                runs(queue, e.seq());
            }
        }
    }

    void apply(QueueSuspend e) {
        Queue queue = touch(e.queue(), e.vm(), e.seq());
        if (queue == null) {
            return;
        }
        relate(queue, e.group());
        if (e.hasResult() && e.result() < 0) {
            queue.refusedSuspendSeq = e.seq();
        } else {
            queue.suspendSeq = e.seq();
        }
    }

    void apply(QueueSuspendDone e) {
        Queue queue = touch(e.queue(), e.vm(), e.seq());
        // A wait that ends in an error leaves the request standing.
        if (queue != null && !(e.hasResult() && e.result() < 0)) {
            relate(queue, e.group());
            queue.suspendDoneSeq = e.seq();
            if (queue.suspendSeq == 0) {
                queue.suspendSeq = e.seq();
            }
        }
    }

    void apply(QueueResume e) {
        Queue queue = touch(e.queue(), e.vm(), e.seq());
        if (queue == null || (e.hasResult() && e.result() < 0)) {
            return;
        }
        relate(queue, e.group());
        queue.suspendSeq = 0;
        queue.suspendDoneSeq = 0;
        queue.preemptedSeq = 0;
        queue.resumeSeq = e.seq();
        runs(queue, e.seq());
    }

    void apply(QueueReset e) {
        // The reset of a whole GT, or a reset at large, names no queue that dies.
        if (e.hasQueue()) {
            dies(touch(e.queue(), e.vm(), e.seq()), e.seq());
        }
    }

    void apply(QueueKill e) {
        dies(touch(e.queue(), e.vm(), e.seq()), e.seq());
    }

    void apply(QueueCatError e) {
        dies(touch(e.queue(), e.vm(), e.seq()), e.seq());
    }

    void apply(QueueDestroy e) {
        Queue queue = touch(e.queue(), e.vm(), e.seq());
        if (queue != null) {
            dies(queue, e.seq());
            leave(queue);
            table.depart(queue, e.seq());
        }
    }

    void apply(VmFree e) {
        usedVms.remove(e.vm());
    }

    void apply(PreemptFenceArm e) {
        Queue queue = touch(e.queue(), e.vm(), e.seq());
        if (queue == null) {
            return;
        }
        byPreemptFence.remove(queue.preemptFence);
        queue.preemptFence = e.fence();
        queue.armSeq = e.seq();
        queue.preemptErrorSeq = 0;
        if (e.hasFence()) {
            byPreemptFence.put(e.fence(), queue.id);
        }
    }

    void apply(DmaFenceSetError e) {
        Queue queue = queue(byPreemptFence.get(e.fence()));
        if (queue != null && e.error() < 0) {
            queue.preemptErrorSeq = e.seq();
        }
    }

    /** After the fold of the fence: a queue whose preempt fence signals is to stay off the hardware. */
    void apply(DmaFenceSignaled e, @Nullable Fence fence) {
        Queue queue = fence == null ? null : queueOfPreemptFence(fence);
        if (queue != null && !(e.hasError() && e.error() < 0) && queue.preemptErrorSeq == 0) {
            queue.preemptedSeq = e.seq();
        }
        byPreemptFence.remove(e.fence());
        byWorkFence.remove(e.fence());
    }

    void apply(DmaFenceDestroy e) {
        byPreemptFence.remove(e.fence());
        byWorkFence.remove(e.fence());
    }

    void apply(GpuAccess e) {
        Queue queue = touch(e.queue(), e.vm(), e.seq());
        if (queue != null) {
            runs(queue, e.seq());
        }
    }

    void apply(SchedJobRun e) {
        Queue queue = touch(e.queue(), Event.ABSENT, e.seq());
        if (queue != null && !(e.hasError() && e.error() < 0)) {
            relate(queue, e.group());
            queue.jobSeq = e.seq();
            queue.jobFence = e.hasFinished() ? e.finished() : e.parent();
        }
    }

    private static void runs(Queue queue, long seq) {
        queue.runningSeq = seq;
    }

    private static void dies(@Nullable Queue queue, long seq) {
        if (queue != null && queue.deadSeq == 0) {
            queue.deadSeq = seq;
        }
    }

    private static void relate(Queue queue, long group) {
        if (queue.group == Event.ABSENT) {
            queue.group = group;
        }
    }

    private @Nullable Queue touch(long id, long vm, long seq) {
        if (id == Event.ABSENT) {
            return null;
        }
        Queue queue = table.find(id);
        if (queue == null) {
            queue = table.assume(id, ledger.knownFrom(seq));
        }
        if (queue.vm == Event.ABSENT) {
            enter(queue, vm);
        }
        return queue;
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        table.write(out);
        long[] used = usedVms.stream().mapToLong(Long::longValue).sorted().toArray();
        out.number(used.length);
        for (long vm : used) {
            out.number(vm);
        }
        write(out, byPreemptFence);
        write(out, byWorkFence);
    }

    private static void write(SnapshotWriter out, Long2LongHashMap queues) throws IOException {
        long[] fences = new long[queues.size()];
        int n = 0;
        Long2LongHashMap.KeyIterator keys = queues.keySet().iterator();
        while (keys.hasNext()) {
            fences[n++] = keys.nextValue();
        }
        Arrays.sort(fences);
        out.number(n);
        for (long fence : fences) {
            out.number(fence);
            out.number(queues.get(fence));
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        table.read(in);
        for (long id : table.ids()) {
            Queue queue = table.get(id);
            if (queue != null) {
                enter(queue, queue.vm);
            }
        }
        usedVms.clear();
        int used = in.count();
        for (int i = 0; i < used; i++) {
            usedVms.add(in.number());
        }
        read(in, byPreemptFence);
        read(in, byWorkFence);
    }

    private static void read(SnapshotReader in, Long2LongHashMap queues) throws IOException {
        int count = in.count();
        for (int i = 0; i < count; i++) {
            queues.put(in.number(), in.number());
        }
    }
}

package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.Long2LongHashMap;
import org.jspecify.annotations.Nullable;

/** User-mode queues, what the queues of a client share, and the slots that tell how far they are. */
public final class UserQueues implements StatePart {
    private final StreamLedger ledger;
    private final SessionFacts session;
    private final Fences fences;
    private final Reservations reservations;
    private final BufferObjects buffers;
    private final Devices devices;
    private final Locks locks;
    final ObjectTable<UserQueue> queues = new ObjectTable<>(UserQueue::new);
    private final ObjectTable<UserQueueClient> clients = new ObjectTable<>(UserQueueClient::new);
    private final ObjectTable<Slot> slots = new ObjectTable<>(Slot::new);
    private final ObjectTable<ForcedFence> forced = new ObjectTable<>(ForcedFence::new);
    private final Long2LongHashMap queueOfFence = new Long2LongHashMap(8, 0.55f, Event.ABSENT, false);
    private final Long2LongHashMap clientOfFence = new Long2LongHashMap(8, 0.55f, Event.ABSENT, false);

    UserQueues(
            StreamLedger ledger,
            SessionFacts session,
            Fences fences,
            Reservations reservations,
            BufferObjects buffers,
            Devices devices,
            Locks locks) {
        this.ledger = ledger;
        this.session = session;
        this.fences = fences;
        this.reservations = reservations;
        this.buffers = buffers;
        this.devices = devices;
        this.locks = locks;
    }

    /** A word of memory that tells how far a queue is. */
    public static final class Slot extends KernelObject {
        long queue = Event.ABSENT;
        long value = Event.ABSENT;
        long valueSeq;

        Slot(long id) {
            super(id);
        }

        /** The queue it belongs to; {@link Event#ABSENT} if unknown. */
        public long queue() {
            return queue;
        }

        /** The value written last; {@link Event#ABSENT} if unknown, where {@link #valueSeq} is 0. */
        public long value() {
            return value;
        }

        /** The seq of that write; 0 if none was seen. */
        public long valueSeq() {
            return valueSeq;
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(queue);
            out.number(value);
            out.number(valueSeq);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            queue = in.number();
            value = in.number();
            valueSeq = in.number();
        }
    }

    /** A fence that was pending when its queue was forced to completion, and is not signalled. Known since its queue is. */
    public static final class ForcedFence extends KernelObject {
        long queue;
        long forceSeq;

        ForcedFence(long id) {
            super(id);
        }

        /** Its queue, which may be gone. */
        public long queue() {
            return queue;
        }

        /** The seq at which the queue was forced. */
        public long forceSeq() {
            return forceSeq;
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(queue);
            out.number(forceSeq);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            queue = in.number();
            forceSeq = in.number();
        }
    }

    /** The queue, also if it was destroyed a short while ago; null if it was never mentioned. */
    public @Nullable UserQueue queue(long id) {
        return id == Event.ABSENT ? null : queues.find(id);
    }

    /** The fence as its queue was forced to completion; null if it was not, and once it signalled. */
    public @Nullable ForcedFence forced(long fence) {
        return forced.get(fence);
    }

    /** What the queues of the client share; null if nothing was seen of it. */
    public @Nullable UserQueueClient client(long id) {
        return id == Event.ABSENT ? null : clients.find(id);
    }

    /** The client whose eviction fence it is, the one armed last; null if it is none. */
    public @Nullable UserQueueClient clientOfFence(long fence) {
        return client(clientOfFence.get(fence));
    }

    /** The seq at which the client's eviction fence was put on the BO, or into the reservation that the BO is said to have; 0 if it was not. */
    public long guardSeq(UserQueueClient client, long bo) {
        BufferObject known = buffers.bo(bo);
        return client.guardSeq(bo, known == null ? Event.ABSENT : known.resv);
    }

    /** The client whose {@code userq_mutex} the lock is; null if it is not known whose it is. */
    public @Nullable UserQueueClient clientOfMutex(long lock) {
        for (long id : clients.ids()) {
            UserQueueClient client = clients.get(id);
            if (client != null && client.mutex == lock) {
                return client;
            }
        }
        return null;
    }

    /** The clients with user-mode queues, by their ids. */
    public long[] clientIds() {
        return clients.ids();
    }

    /** The live queues of the client, by their ids. */
    public List<UserQueue> of(long client) {
        List<UserQueue> found = new ArrayList<>(2);
        for (long id : queues.ids()) {
            UserQueue queue = queues.get(id);
            if (queue != null && queue.client == client) {
                found.add(queue);
            }
        }
        return found;
    }

    /** The live queues whose doorbell lies in that BO, by their ids. */
    public List<UserQueue> ofDoorbell(long bo) {
        List<UserQueue> found = new ArrayList<>(2);
        for (long id : queues.size() == 0 ? new long[0] : queues.ids()) {
            UserQueue queue = queues.get(id);
            if (queue != null && queue.doorbellBo == bo && bo != Event.ABSENT) {
                found.add(queue);
            }
        }
        return found;
    }

    /** The live queue whose doorbell is that slot of the BO; null if there is none. */
    public @Nullable UserQueue inSlot(long bo, long offset) {
        for (UserQueue queue : ofDoorbell(bo)) {
            if (queue.offset == offset && offset != Event.ABSENT) {
                return queue;
            }
        }
        return null;
    }

    /** The live queue whose doorbell has that index on the device; null if there is none. */
    public @Nullable UserQueue atIndex(long index, long device) {
        for (long id : queues.ids()) {
            UserQueue queue = queues.get(id);
            if (queue != null && queue.index == index && deviceOf(queue.client, queue.doorbellBo) == device) {
                return queue;
            }
        }
        return null;
    }

    /** The device of a queue: that of the client, or of the BO of the doorbell; {@link Event#ABSENT} if unknown. */
    public long deviceOf(long client, long doorbellBo) {
        long device = devices.deviceOf(client);
        BufferObject bo = device == Event.ABSENT ? buffers.bo(doorbellBo) : null;
        return bo == null ? device : bo.device;
    }

    /** The slot; null if it was never mentioned. */
    public @Nullable Slot slot(long id) {
        return id == Event.ABSENT ? null : slots.get(id);
    }

    /** The client of an event about a queue: as stated, or as the queue's, or the only one of the fragment. */
    public long clientOf(long stated, long queue) {
        if (stated != Event.ABSENT) {
            return stated;
        }
        UserQueue known = queue(queue);
        return known != null && known.client != Event.ABSENT ? known.client : session.soleObject("client");
    }

    void apply(UserqCreate e) {
        if (!e.hasQueue() || (e.hasResult() && e.result() < 0)) {
            return;
        }
        UserQueue earlier = queues.get(e.queue());
        if (earlier != null && !earlier.assumed) {
            forget(earlier);
        }
        // The addresses and the state may be told before the ioctl returns.
        UserQueue queue = earlier != null && earlier.assumed ? earlier : queues.create(e.queue(), e.seq());
        queue.client = clientOf(e.client(), e.queue());
        queue.doorbellBo = e.doorbellBo();
        queue.offset = e.offset();
        queue.index = e.index();
        queue.needs(e.addresses());
        if (e.state() != UserQueueState.UNKNOWN) {
            queue.state = e.state();
            queue.stateSeq = e.seq();
        }
    }

    void apply(UserqDestroy e) {
        UserQueue queue = queues.get(e.queue());
        if (queue != null && !(e.hasResult() && e.result() < 0)) {
            forget(queue);
            queues.depart(queue, e.seq());
        }
    }

    private void forget(UserQueue queue) {
        for (int i = 0; i < queue.pendingCount(); i++) {
            queueOfFence.remove(queue.pendingFence(i));
        }
        queue.pending.clear();
    }

    void apply(UserqState e) {
        UserQueue queue = touchLive(e.queue(), e.client(), e.seq());
        // What fails leaves the queue as it was.
        if (queue != null && !(e.hasResult() && e.result() < 0)) {
            queue.state = e.state();
            queue.stateSeq = e.seq();
            learnMutex(queue.client, e);
        }
    }

    void apply(UserqVas e) {
        UserQueue queue = touchLive(e.queue(), e.client(), e.seq());
        if (queue != null) {
            queue.needs(e.addresses());
        }
    }

    void apply(UserqFence e) {
        UserQueue queue = touch(e.queue(), e.client(), e.seq());
        if (queue == null || queue.departed() > 0 || !e.hasFence() || (e.hasResult() && e.result() < 0)) {
            return;
        }
        Fence fence = fences.touch(e.fence(), e.seq());
        if (fence != null && fence.bitSeq() == 0 && fence.destroySeq == 0) {
            queueOfFence.put(e.fence(), e.queue());
            queue.add(e.fence(), e.seq());
            queue.watch(e.seq(), ledger.nowNs());
        }
    }

    void apply(UserqTimerArm e) {
        UserQueue queue = touch(e.queue(), e.client(), e.seq());
        if (queue != null) {
            queue.timerSeq = e.seq();
            queue.watch(e.seq(), ledger.nowNs());
        }
    }

    void apply(UserqTimerCancel e) {
        UserQueue queue = touch(e.queue(), e.client(), e.seq());
        if (queue != null) {
            queue.timerSeq = 0;
            queue.watch(e.seq(), ledger.nowNs());
        }
    }

    void apply(UserqTimerFire e) {
        UserQueue queue = touch(e.queue(), e.client(), e.seq());
        if (queue != null) {
            queue.timerSeq = 0;
            queue.resetSeq = e.seq();
            queue.watch(e.seq(), ledger.nowNs());
        }
    }

    void apply(UserqResetDone e) {
        UserQueue queue = touch(e.queue(), e.client(), e.seq());
        if (queue != null) {
            queue.resetSeq = 0;
            queue.watch(e.seq(), ledger.nowNs());
        }
    }

    void apply(UserqForce e) {
        UserQueue queue = touch(e.queue(), e.client(), e.seq());
        for (int i = 0; queue != null && i < queue.pendingCount(); i++) {
            ForcedFence fence = forced.create(queue.pendingFence(i), queue.born);
            fence.queue = queue.id;
            fence.forceSeq = e.seq();
        }
    }

    void apply(EvictionFenceArm e) {
        if (e.client() == Event.ABSENT || !e.hasFence()) {
            return;
        }
        UserQueueClient client = touchClient(e.client(), e.seq());
        clientOfFence.remove(client.evictionFence);
        client.arm(e.fence(), e.bos(), e.seq());
        clientOfFence.put(e.fence(), client.id);
        learnMutex(client.id, e);
    }

    void apply(ResvAddFence e) {
        UserQueueClient client = clientOfFence.isEmpty() ? null : clientOfFence(e.fence());
        if (client != null) {
            client.attach(e.resv(), e.seq());
        }
    }

    void apply(ResvReplaceFences e) {
        for (long id : clients.size() == 0 ? new long[0] : clients.ids()) {
            UserQueueClient client = clients.get(id);
            Fence fence = client == null ? null : fences.fence(client.evictionFence);
            if (client != null && fence != null && fence.context == e.replacedContext()) {
                client.detach(e.bo(), e.resv());
            }
        }
    }

    void apply(BoPin e) {
        for (UserQueue queue : ofDoorbell(e.bo())) {
            queue.doorbellGoneSeq = 0;
        }
    }

    /** Before the fold of the BO, which counts the pins. */
    void apply(BoUnpin e) {
        BufferObject bo = buffers.bo(e.bo());
        if (bo != null && bo.pins == 1) {
            loseDoorbells(e.bo(), e.seq());
        }
    }

    private void loseDoorbells(long bo, long seq) {
        for (UserQueue queue : ofDoorbell(bo)) {
            if (queue.isOffHardware()) {
                queue.doorbellGoneSeq = seq;
            }
        }
    }

    /** After the fold of the BO, which leaves its reservation. */
    void apply(BoDestroy e) {
        loseDoorbells(e.bo(), e.seq());
        long resv = reservationThatGoesWith(e.bo());
        for (long id : clients.size() == 0 ? new long[0] : clients.ids()) {
            UserQueueClient client = clients.get(id);
            if (client != null) {
                client.detach(e.bo(), resv);
            }
        }
    }

    /** The reservation of a BO that is gone, if nobody shares it; {@link Event#ABSENT} otherwise, and if unknown. */
    private long reservationThatGoesWith(long id) {
        BufferObject bo = buffers.bo(id);
        if (bo == null || bo.resv != Event.ABSENT) {
            return bo == null || reservations.hasStatedUser(bo.resv) ? Event.ABSENT : bo.resv;
        }
        return bo.vm == Event.ABSENT && !reservations.hasStatedUser(id) ? id : Event.ABSENT;
    }

    void apply(ClientClose e) {
        UserQueueClient client = clients.get(e.client());
        if (client != null) {
            clientOfFence.remove(client.evictionFence);
            clients.depart(client, e.seq());
        }
    }

    void apply(DmaFenceSignaled e) {
        leave(e.fence(), e.seq());
    }

    void apply(DmaFenceDestroy e) {
        leave(e.fence(), e.seq());
    }

    private void leave(long fence, long seq) {
        ForcedFence known = forced.get(fence);
        if (known != null) {
            forced.remove(known);
        }
        long id = queueOfFence.isEmpty() ? Event.ABSENT : queueOfFence.remove(fence);
        UserQueue queue = queue(id);
        if (queue != null) {
            queue.remove(fence);
            queue.watch(seq, ledger.nowNs());
        }
    }

    void apply(VmMap e) {
        long client = clientOf(e.client(), Event.ABSENT);
        if (client != Event.ABSENT) {
            touchClient(client, e.seq()).map(e.address());
            mapped(client, e.address(), lengthOf(e.bo()), 0);
        }
    }

    void apply(VmUnmap e) {
        long client = clientOf(e.client(), Event.ABSENT);
        if (client != Event.ABSENT) {
            mapped(client, e.address(), isWhole(client, e.address(), e.bo()) ? lengthOf(e.bo()) : 1, e.seq());
            UserQueueClient known = clients.get(client);
            if (known != null) {
                known.unmap(e.address());
            }
        }
    }

    private void mapped(long client, long address, long length, long seq) {
        for (long id : queues.size() == 0 ? new long[0] : queues.ids()) {
            UserQueue queue = queues.get(id);
            if (queue != null && queue.client == client) {
                queue.mapped(address, length, seq);
            }
        }
    }

    /**
     * Whether what the client has mapped at that address may be taken for the whole BO: the events do not say how long it is. A part
     * of the BO it is where another mapping begins before the end, which a loss may hide.
     */
    public boolean isWhole(long client, long address, long bo) {
        UserQueueClient known = clients.get(client);
        return ledger.lossSeq() == 0 && (known == null || !known.mapsWithin(address, lengthOf(bo)));
    }

    /** How much is mapped where a BO is: at most all of it, or a page where that is not known. */
    public long lengthOf(long bo) {
        BufferObject known = buffers.bo(bo);
        return known == null || known.size() <= 0 ? session.pageSizeBytes() : known.size();
    }

    void apply(Seq64Alloc e) {
        if (e.hasSlot()) {
            Slot slot = slots.create(e.slot(), e.seq());
            slot.queue = e.queue();
            slot.value = e.hasValue() ? e.value() : 0;
            slot.valueSeq = e.seq();
        }
    }

    void apply(Seq64Free e) {
        Slot slot = slots.get(e.slot());
        if (slot != null) {
            slots.remove(slot);
        }
    }

    void apply(Seq64Write e) {
        if (!e.hasSlot()) {
            return;
        }
        Slot slot = slots.get(e.slot());
        slot = slot != null ? slot : slots.assume(e.slot(), ledger.knownFrom(e.seq()));
        if (e.hasQueue()) {
            slot.queue = e.queue();
        }
        if (e.hasValue()) {
            slot.value = e.value();
            slot.valueSeq = e.seq();
        }
    }

    /** A thread that changes a queue, or arms the fence, under one lock of that class shows which lock is the client's. */
    private void learnMutex(long client, Event e) {
        ThreadLocks thread = client == Event.ABSENT ? null : locks.thread(e.tid());
        long only = Event.ABSENT;
        for (int i = 0; thread != null && i < thread.held(); i++) {
            if (thread.lockClass(i) == LockClass.USERQ_MUTEX) {
                if (only != Event.ABSENT) {
                    return;
                }
                only = thread.lock(i);
            }
        }
        if (only != Event.ABSENT) {
            UserQueueClient known = touchClient(client, e.seq());
            if (known.mutex != only) {
                known.mutex = only;
                known.mutexSeq = e.seq();
            }
        }
    }

    private @Nullable UserQueue touch(long id, long client, long seq) {
        if (id == Event.ABSENT) {
            return null;
        }
        return touch(queues.find(id), id, client, seq);
    }

    /** What is told of a queue before its ioctl returns is not told of an earlier one that had the number. */
    private @Nullable UserQueue touchLive(long id, long client, long seq) {
        return id == Event.ABSENT ? null : touch(queues.get(id), id, client, seq);
    }

    private UserQueue touch(@Nullable UserQueue known, long id, long client, long seq) {
        UserQueue queue = known != null ? known : queues.assume(id, ledger.knownFrom(seq));
        if (queue.client == Event.ABSENT) {
            queue.client = clientOf(client, Event.ABSENT);
        }
        return queue;
    }

    private UserQueueClient touchClient(long id, long seq) {
        UserQueueClient client = clients.get(id);
        return client != null ? client : clients.assume(id, ledger.knownFrom(seq));
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        queues.write(out);
        clients.write(out);
        slots.write(out);
        forced.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        queues.read(in);
        clients.read(in);
        slots.read(in);
        forced.read(in);
        for (long id : queues.ids()) {
            UserQueue queue = queues.get(id);
            for (int i = 0; queue != null && i < queue.pendingCount(); i++) {
                queueOfFence.put(queue.pendingFence(i), id);
            }
        }
        for (long id : clients.ids()) {
            UserQueueClient client = clients.get(id);
            if (client != null && client.evictionFence != Event.ABSENT) {
                clientOfFence.put(client.evictionFence, id);
            }
        }
    }
}

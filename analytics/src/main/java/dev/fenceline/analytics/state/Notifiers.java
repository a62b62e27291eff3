package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import org.agrona.collections.Long2LongHashMap;
import org.jspecify.annotations.Nullable;

/** The interval notifiers, the invalidations that run, and the comparisons threads make under the notifier locks. */
public final class Notifiers implements StatePart {
    private final StreamLedger ledger;
    private final SessionFacts session;
    private final AddressSpaces spaces;
    private final Locks locks;
    final ObjectTable<Notifier> notifiers = new ObjectTable<>(Notifier::new);
    /** The notifier of a mapping, where an event said so. */
    private final Long2LongHashMap statedFor = new Long2LongHashMap(Event.ABSENT);

    private final ObjectTable<InvalidationRange> ranges = new ObjectTable<>(InvalidationRange::new);

    Notifiers(StreamLedger ledger, SessionFacts session, AddressSpaces spaces, Locks locks) {
        this.ledger = ledger;
        this.session = session;
        this.spaces = spaces;
        this.locks = locks;
    }

    /** The notifier, also if it was removed a short while ago; null if it was never mentioned. */
    public @Nullable Notifier notifier(long id) {
        return id == Event.ABSENT ? null : notifiers.find(id);
    }

    /** The invalidation that runs under that id; null if none does. */
    public @Nullable InvalidationRange range(long id) {
        return id == Event.ABSENT ? null : ranges.get(id);
    }

    /** Like {@link #range}, also for a range that was refused a short while ago. */
    public @Nullable InvalidationRange startedOrRefused(long id) {
        return id == Event.ABSENT ? null : ranges.find(id);
    }

    /** The notifier that guards what {@code via} names, a notifier or a mapping; null if it is neither or unknown. */
    public @Nullable Notifier guarding(long via) {
        Notifier notifier = notifier(via);
        if (notifier != null) {
            return notifier;
        }
        Mapping mapping = spaces.mapping(via);
        long stated = statedFor.get(via);
        if (mapping == null || (mapping.kind != VmaKind.USERPTR && stated == Event.ABSENT)) {
            return null;
        }
        return notifier(stated != Event.ABSENT ? stated : session.soleObject("notifier"));
    }

    /** The id of the notifier that is stated to guard the mapping; {@link Event#ABSENT} if none is. */
    long statedFor(long vma) {
        return statedFor.get(vma);
    }

    /** The notifier that is stated to guard the mapping; null if none is. */
    public @Nullable Notifier statedFor(Mapping mapping) {
        return notifier(statedFor.get(mapping.id));
    }

    /** The GPU mapping the notifier guards: as stated, or the one of the same name, or the only one of the fragment. */
    public @Nullable Mapping mappingOf(Notifier notifier) {
        if (notifier.vma != Event.ABSENT) {
            return spaces.mapping(notifier.vma);
        }
        Mapping sameName = spaces.mapping(notifier.id);
        if (sameName != null) {
            return sameName;
        }
        Mapping only = spaces.mapping(session.soleObject("vma"));
        boolean ofAnother = only == null
                || statedFor.containsKey(only.id)
                || notifiers.get(only.id) != null
                || (notifier.vm != Event.ABSENT && only.vm != Event.ABSENT && notifier.vm != only.vm);
        return ofAnother ? null : only;
    }

    /** The CPU address space of the range, or of the notifier, or the only one; {@link Event#ABSENT} if unknown. */
    public long mmOf(long notifierId, long rangeId) {
        InvalidationRange range = startedOrRefused(rangeId);
        if (range != null && range.mm != Event.ABSENT) {
            return range.mm;
        }
        Notifier notifier = notifier(notifierId);
        if (notifier != null && notifier.mm != Event.ABSENT) {
            return notifier.mm;
        }
        // One notifier and one address space: they belong together.
        boolean only = notifierId != Event.ABSENT && session.soleObject("notifier") == notifierId;
        return only ? session.soleObject("mm") : Event.ABSENT;
    }

    /** A range that runs and whose callback was called for the notifier and not refused; null if there is none. */
    public @Nullable InvalidationRange runningFor(long notifier) {
        for (long id : ranges.ids()) {
            InvalidationRange range = ranges.get(id);
            InvalidationRange.Callback callback = range == null ? null : range.callbackOf(notifier);
            if (callback != null && !callback.refused) {
                return range;
            }
        }
        return null;
    }

    /** The GPU address space of the notifier; {@link Event#ABSENT} if unknown. */
    public long vmOf(Notifier notifier) {
        if (notifier.vm != Event.ABSENT) {
            return notifier.vm;
        }
        Mapping mapping = mappingOf(notifier);
        return mapping != null ? spaces.vmOf(mapping) : session.soleObject("vm");
    }

    /**
     * The seq at which the thread acquired the lock of the notifier's callback, which it still holds; 0 if it does not. If
     * nothing says which of several locks that is, the one held longest.
     */
    public long lockHeldSince(long tid, Notifier notifier) {
        ThreadLocks thread = locks.thread(tid);
        for (int i = 0; thread != null && i < thread.held; i++) {
            if (isLockOf(notifier, thread.locks[i], thread.classes[i])) {
                return thread.acquireSeqs[i];
            }
        }
        return 0;
    }

    /** How the thread holds the lock of the notifier's callback; null if it does not. */
    public @Nullable LockMode lockMode(long tid, Notifier notifier) {
        ThreadLocks thread = locks.thread(tid);
        LockMode mode = null;
        for (int i = 0; thread != null && i < thread.held; i++) {
            if (isLockOf(notifier, thread.locks[i], thread.classes[i]) && (mode == null || mode == LockMode.R)) {
                mode = thread.modes[i];
            }
        }
        return mode;
    }

    /** Like {@link #lockHeldSince(long, Notifier)}, for the lock that the notifiers of the VM take. */
    public long lockHeldSince(long tid, long vm) {
        ThreadLocks thread = locks.thread(tid);
        for (int i = 0; thread != null && i < thread.held; i++) {
            if (isLockOf(vm, thread.locks[i], thread.classes[i])) {
                return thread.acquireSeqs[i];
            }
        }
        return 0;
    }

    /** Whether the lock that the thread took then may be that of another VM than this one, of which nobody says which lock it has. */
    public boolean mayBeLockOfAnother(long tid, long acquiredSeq, long vm) {
        AddressSpace own = spaces.vm(vm);
        ThreadLocks thread = locks.thread(tid);
        boolean known = own != null && own.notifierLock != Event.ABSENT;
        for (int i = 0; thread != null && i < thread.held; i++) {
            boolean nameless = thread.locks[i] == Event.ABSENT && spaces.ids().length > 1;
            if (thread.acquireSeqs[i] == acquiredSeq
                    && (nameless || (!known && spaces.isNotifierLockOfAnother(thread.locks[i], vm)))) {
                return true;
            }
        }
        return false;
    }

    /** The seq of the first comparison of a notifier that is stated to be of the VM, under locks that the thread holds; 0 if none. */
    public long firstComparison(ThreadLocks thread, long vm) {
        long first = 0;
        for (int i = 0; i < thread.checked; i++) {
            Notifier notifier = notifiers.get(thread.notifiers[i]);
            if (notifier != null && notifier.vm == vm && (first == 0 || thread.checkSeqs[i] < first)) {
                first = thread.checkSeqs[i];
            }
        }
        return first;
    }

    /** Whether the thread holds a lock that notifiers of some VM may take. */
    boolean holdsAnyLock(long tid) {
        ThreadLocks thread = locks.thread(tid);
        for (int i = 0; thread != null && i < thread.held; i++) {
            if (thread.classes[i] == LockClass.NOTIFIER_LOCK || thread.classes[i] == LockClass.UNKNOWN) {
                return true;
            }
        }
        return false;
    }

    /** Whether that lock may be the one that the notifier's callback takes: any, if it is of no stated VM. */
    private boolean isLockOf(Notifier notifier, long lock, LockClass lockClass) {
        boolean any = notifier.vm == Event.ABSENT && lockClass == LockClass.NOTIFIER_LOCK;
        return any || isLockOf(vmOf(notifier), lock, lockClass);
    }

    boolean isLockOf(long vmId, long lock, LockClass lockClass) {
        AddressSpace vm = spaces.vm(vmId);
        if (vm != null && vm.notifierLock != Event.ABSENT) {
            // A lock without a name may be this one.
            return lock == vm.notifierLock || (lock == Event.ABSENT && lockClass == LockClass.NOTIFIER_LOCK);
        }
        if (lockClass != LockClass.NOTIFIER_LOCK && lockClass != LockClass.UNKNOWN) {
            return false;
        }
        // Nothing says which lock it is. One that is named as a VM is that VM's.
        return lock == vmId || spaces.vm(lock) == null;
    }

    void apply(NotifierInsert e) {
        if (!e.hasNotifier()) {
            return;
        }
        Notifier notifier = notifiers.create(e.notifier(), e.seq());
        notifier.mm = e.mm();
        notifier.vm = e.vm();
        notifier.vma = e.vma();
        notifier.start = e.start();
        notifier.end = e.end();
        notifier.number = e.seqValue();
        if (e.hasVma() && e.notifier() != Event.ABSENT) {
            statedFor.put(e.vma(), e.notifier());
        }
    }

    void apply(NotifierRemoveDone e) {
        Notifier notifier = notifiers.get(e.notifier());
        if (notifier != null) {
            statedFor.remove(notifier.vma, notifier.id);
            notifiers.depart(notifier, e.seq());
        }
    }

    void apply(MmRangeStart e) {
        if (e.hasRangeId()) {
            InvalidationRange range = touchRange(e.rangeId(), e.seq());
            range.mm = e.mm();
            range.start = e.start();
            range.end = e.end();
            range.reason = e.reason();
            range.blockable = e.hasBlockable() ? (e.blockable() ? 1 : 0) : Event.ABSENT;
        }
    }

    void apply(MmRangeStartDone e) {
        InvalidationRange range = range(e.rangeId());
        if (range != null && e.hasResult() && e.result() < 0) {
            // The caller must not call the end of a range that did not start: it is kept to see if it does.
            ranges.depart(range, e.seq());
        }
    }

    void apply(MmRangeEnd e) {
        InvalidationRange range = range(e.rangeId());
        if (range != null) {
            ranges.remove(range);
        }
    }

    void apply(NotifierInvalidate e) {
        Notifier notifier = touch(e.notifier(), e.seq());
        if (notifier == null) {
            return;
        }
        if (notifier.vm == Event.ABSENT) {
            notifier.vm = e.vm();
        }
        notifier.invalidateSeq = e.seq();
        if (!e.hasRangeId()) {
            return;
        }
        InvalidationRange range = touchRange(e.rangeId(), e.seq());
        InvalidationRange.Callback callback = range.callbackOf(notifier.id);
        if (callback == null) {
            callback = new InvalidationRange.Callback(notifier.id, e.seq(), e.tid());
            range.callbacks.add(callback);
        }
        callback.running = true;
        callback.refused = false;
        ThreadLocks thread = locks.touch(e.tid());
        thread.callbackRange = range.id;
        thread.callbackNotifier = notifier.id;
    }

    void apply(NotifierInvalidateDone e) {
        Notifier notifier = touch(e.notifier(), e.seq());
        if (notifier == null) {
            return;
        }
        ThreadLocks thread = locks.thread(e.tid());
        if (thread != null && thread.callbackNotifier == notifier.id) {
            thread.callbackRange = Event.ABSENT;
            thread.callbackNotifier = Event.ABSENT;
            locks.forgetIfIdle(thread);
        }
        InvalidationRange range = range(e.rangeId());
        InvalidationRange.Callback callback = range == null ? null : range.callbackOf(notifier.id);
        boolean refused = e.hasResult() && !e.result();
        if (callback != null) {
            callback.running = false;
            callback.refused = refused;
            callback.doneSeq = e.seq();
        }
        // Drivers that compare no sequence numbers need not set them: then the return is the invalidation.
        if (!refused && e.pass() != NotifierPass.FINISH && notifier.setSeq < notifier.invalidateSeq) {
            invalidateMapping(notifier, e.seq(), e.curSeq());
        }
    }

    void apply(NotifierSetSeq e) {
        Notifier notifier = touch(e.notifier(), e.seq());
        if (notifier == null) {
            return;
        }
        notifier.number = e.seqValue();
        notifier.setSeq = e.seq();
        ThreadLocks thread = locks.thread(e.tid());
        InvalidationRange range = thread == null ? null : range(thread.callbackRange);
        InvalidationRange.Callback callback = range == null ? null : range.callbackOf(notifier.id);
        if (callback != null && callback.setSeq == 0) {
            callback.setSeq = e.seq();
        }
        invalidateMapping(notifier, e.seq(), e.seqValue());
    }

    private void invalidateMapping(Notifier notifier, long seq, long number) {
        Mapping mapping = mappingOf(notifier);
        if (mapping != null) {
            spaces.invalidated(mapping, seq, number);
        }
    }

    /** A thread takes a lock: if it runs a callback and the lock is the notifier's, new work sees the invalidation now. */
    void apply(LockAcquire e) {
        ThreadLocks thread = locks.thread(e.tid());
        InvalidationRange range = thread == null ? null : range(thread.callbackRange);
        if (thread == null || range == null || e.mode() == LockMode.R) {
            return;
        }
        InvalidationRange.Callback callback = range.callbackOf(thread.callbackNotifier);
        Notifier notifier = notifier(thread.callbackNotifier);
        if (callback != null
                && notifier != null
                && callback.lockSeq == 0
                && isLockOf(notifier, e.lock(), e.lockClass())) {
            callback.lockSeq = e.seq();
        }
    }

    /** A thread releases a lock: comparisons made under it say nothing any more. */
    void beforeRelease(LockRelease e) {
        ThreadLocks thread = locks.thread(e.tid());
        if (thread == null) {
            return;
        }
        for (int i = thread.checked - 1; i >= 0; i--) {
            Notifier notifier = notifier(thread.notifiers[i]);
            if (notifier == null || endsCheck(thread, notifier, thread.checkSeqs[i], e)) {
                if (notifier != null && notifier.checkSeq == thread.checkSeqs[i]) {
                    notifier.checkEndedSeq = e.seq();
                }
                thread.dropCheck(thread.notifiers[i]);
            }
        }
    }

    /** Not if another lock that may be the notifier's was held at the comparison and is held still. */
    private boolean endsCheck(ThreadLocks thread, Notifier notifier, long checkSeq, LockRelease e) {
        if (!isLockOf(notifier, e.lock(), e.lockClass())) {
            return false;
        }
        for (int i = 0; i < thread.held; i++) {
            if (thread.locks[i] != e.lock()
                    && thread.acquireSeqs[i] < checkSeq
                    && isLockOf(notifier, thread.locks[i], thread.classes[i])) {
                notifier.lockIsGuess = true;
                return false;
            }
        }
        return true;
    }

    void apply(NotifierReadRetry e) {
        compared(e.notifier(), e.seqValue(), e.collided(), e.tid(), e.seq());
    }

    void apply(NotifierCheckRetry e) {
        compared(e.notifier(), e.seqValue(), e.collided(), e.tid(), e.seq());
    }

    private void compared(long id, long number, boolean collided, long tid, long seq) {
        Notifier notifier = touch(id, seq);
        ThreadLocks thread = locks.thread(tid);
        if (notifier == null) {
            return;
        }
        notifier.compared = true;
        if (thread == null || lockHeldSince(tid, notifier) == 0) {
            notifier.unlockedCheckSeq = seq;
            if (thread != null) {
                thread.dropCheck(id);
            }
            return;
        }
        thread.setCheck(id, number, seq, collided);
        if (collided) {
            return;
        }
        notifier.checkSeq = seq;
        notifier.lockIsGuess = false;
        notifier.checkEndedSeq = 0;
    }

    void apply(HmmRangeFault e) {
        Notifier notifier = touch(e.notifier(), e.seq());
        if (notifier == null || (e.hasResult() && e.result() < 0)) {
            return;
        }
        found(notifier, e.seqValue(), e.pages(), e.seq());
        notifier.readPinSeq = e.hasWrite() && !e.write() ? e.seq() : 0;
        Mapping mapping = mappingOf(notifier);
        if (mapping != null && (mapping.kind == VmaKind.USERPTR || notifier.vma == mapping.id)) {
            spaces.fetched(mapping, e.seq(), e.seqValue(), e.pages());
            if (notifier.vma == mapping.id) {
                mapping.fetchedFor(e.hasWrite() ? (e.write() ? 1 : 0) : Event.ABSENT, e.seq());
            }
        }
    }

    /** The mapping takes over the pages that were found under its notifier. */
    void apply(VmaPin e) {
        Mapping mapping = spaces.mapping(e.vma());
        Notifier notifier = mapping == null ? null : guarding(mapping.id);
        if (notifier != null && !(e.hasResult() && e.result() < 0)) {
            found(notifier, e.seqValue(), e.pages(), e.seq());
            if (notifier.vma == e.vma()) {
                notifier.readPinSeq = e.hasWrite() && !e.write() ? e.seq() : 0;
            }
        }
    }

    private static void found(Notifier notifier, long number, @Nullable LongList pages, long seq) {
        boolean samePin = notifier.pinSeq > notifier.setSeq && notifier.pinNumber == number;
        if (!samePin) {
            notifier.pinPages.clear();
            notifier.pinPagesKnown = true;
        }
        notifier.compared = true;
        notifier.pinSeq = seq;
        notifier.pinNumber = number;
        if (pages == null) {
            notifier.pinPagesKnown = false;
            return;
        }
        for (int i = 0; i < pages.size(); i++) {
            notifier.pinPages.add(pages.get(i));
        }
    }

    void apply(PagePin e) {
        Notifier notifier = touch(e.notifier(), e.seq());
        if (notifier != null) {
            notifier.pinned++;
        }
    }

    void apply(PageUnpin e) {
        Notifier notifier = touch(e.notifier(), e.seq());
        if (notifier != null && notifier.pinned > 0) {
            notifier.pinned--;
        }
    }

    @Nullable Notifier touch(long id, long seq) {
        if (id == Event.ABSENT) {
            return null;
        }
        Notifier notifier = notifiers.find(id);
        if (notifier == null) {
            if (ledger.mustHaveSeenCreate(Stream.NOTIFIER)) {
                ledger.corrupt(
                        EventType.NOTIFIER_INSERT, seq, "notifier " + id + " is used without its notifier_insert");
            }
            notifier = notifiers.assume(id, ledger.knownFrom(seq));
        }
        return notifier;
    }

    private InvalidationRange touchRange(long id, long seq) {
        InvalidationRange range = ranges.get(id);
        return range != null ? range : ranges.create(id, seq);
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        notifiers.write(out);
        ranges.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        notifiers.read(in);
        for (long id : notifiers.ids()) {
            Notifier notifier = notifiers.get(id);
            if (notifier != null && notifier.vma != Event.ABSENT) {
                statedFor.put(notifier.vma, id);
            }
        }
        ranges.read(in);
    }
}

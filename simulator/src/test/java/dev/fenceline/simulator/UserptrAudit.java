package dev.fenceline.simulator;

import dev.fenceline.event.Event;
import dev.fenceline.event.ExecPublish;
import dev.fenceline.event.GpuAccess;
import dev.fenceline.event.HmmRangeFault;
import dev.fenceline.event.LockAcquire;
import dev.fenceline.event.LockClass;
import dev.fenceline.event.LockMode;
import dev.fenceline.event.LockRelease;
import dev.fenceline.event.LongList;
import dev.fenceline.event.MmRangeEnd;
import dev.fenceline.event.MmRangeStart;
import dev.fenceline.event.MmRangeStartDone;
import dev.fenceline.event.NotifierCheckRetry;
import dev.fenceline.event.NotifierInsert;
import dev.fenceline.event.NotifierInvalidate;
import dev.fenceline.event.NotifierInvalidateDone;
import dev.fenceline.event.NotifierModel;
import dev.fenceline.event.NotifierReadBeginDone;
import dev.fenceline.event.NotifierReadRetry;
import dev.fenceline.event.NotifierSetSeq;
import dev.fenceline.event.PageAccess;
import dev.fenceline.event.PageAccessor;
import dev.fenceline.event.PageAlloc;
import dev.fenceline.event.PageFree;
import dev.fenceline.event.PreemptFenceArm;
import dev.fenceline.event.PteWrite;
import dev.fenceline.event.PteZap;
import dev.fenceline.event.SessionStart;
import dev.fenceline.event.Usage;
import dev.fenceline.event.VmCreate;
import dev.fenceline.event.VmFlag;
import dev.fenceline.event.VmaCreate;
import dev.fenceline.event.VmaDestroy;
import dev.fenceline.event.VmaKind;
import dev.fenceline.event.VmaPin;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The part of the {@link Audit} that is about locks, notifiers and user memory. */
final class UserptrAudit {
    private static final class Userptr {
        private long vm;
        private long start;
        private long end;
        private long seq;
        private long pinSeq = -1;
        private LongList pinned = LongList.of();
        private LongList mapped = LongList.of();
    }

    private record Held(long lock, int tid) {}

    private final Audit audit;
    private final Map<Long, Long> resvOfVm = new LinkedHashMap<>();
    private final Map<Long, Long> notifierLockOfVm = new LinkedHashMap<>();
    private final Map<Long, Userptr> byNotifier = new LinkedHashMap<>();
    private final Map<Long, Userptr> byVma = new LinkedHashMap<>();
    private final Map<List<Long>, Userptr> byAddress = new LinkedHashMap<>();
    private final Map<Held, LockMode> held = new LinkedHashMap<>();
    private final Map<Held, Set<Long>> validated = new LinkedHashMap<>();
    private final Map<Integer, List<Long>> obligations = new LinkedHashMap<>();
    private final Map<Integer, Long> startPassOf = new LinkedHashMap<>();
    private final Map<Long, Long> mmOf = new LinkedHashMap<>();
    private final Map<Long, Long> mmSeq = new LinkedHashMap<>();
    private final Map<Long, Integer> activeRanges = new LinkedHashMap<>();
    private final Set<Long> pages = new LinkedHashSet<>();
    private final Set<Long> freed = new LinkedHashSet<>();
    private final Set<Long> faulting = new LinkedHashSet<>();
    private final Set<Long> longRunning = new LinkedHashSet<>();
    private boolean pinned;
    private final Set<Long> armed = new LinkedHashSet<>();

    UserptrAudit(Audit audit) {
        this.audit = audit;
    }

    void take(Event event) {
        takeLock(event);
        takeMapping(event);
        takeNotifier(event);
        takePage(event);
    }

    private void takeLock(Event event) {
        if (event instanceof LockAcquire e) {
            for (Map.Entry<Held, LockMode> other : held.entrySet()) {
                boolean shared = e.mode() == LockMode.R && other.getValue() == LockMode.R;
                if (other.getKey().lock() == e.lock() && !shared && !isSection(e.lockClass())) {
                    audit.report("lock " + e.lock() + " is taken while it is held, at " + e.seq());
                }
            }
            held.put(new Held(e.lock(), e.tid()), e.mode());
            Long vm = startPassOf.remove(e.tid());
            if (vm != null && e.lockClass() == LockClass.NOTIFIER_LOCK && !faulting.contains(vm)) {
                obligations
                        .computeIfAbsent(e.tid(), tid -> new ArrayList<>())
                        .addAll(audit.pending(resvOfVm.get(vm), Usage.BOOKKEEP));
            }
        } else if (event instanceof LockRelease e) {
            Held key = new Held(e.lock(), e.tid());
            if (held.remove(key) == null) {
                audit.report("lock " + e.lock() + " is released by who does not hold it, at " + e.seq());
            }
            validated.remove(key);
        }
    }

    /** Lockdep's maps exclude nobody. */
    private static boolean isSection(LockClass lockClass) {
        return lockClass == LockClass.FS_RECLAIM || lockClass == LockClass.MMU_NOTIFIER;
    }

    private void takeMapping(Event event) {
        if (event instanceof SessionStart e) {
            pinned = e.notifierModel() == NotifierModel.PINNED;
        } else if (event instanceof VmCreate e) {
            resvOfVm.put(e.vm(), e.resv());
            notifierLockOfVm.put(e.vm(), e.notifierLock());
            Set<VmFlag> flags = e.flags();
            if (flags != null && flags.contains(VmFlag.FAULT)) {
                faulting.add(e.vm());
            }
            if (flags != null && flags.contains(VmFlag.LR)) {
                longRunning.add(e.vm());
            }
        } else if (event instanceof VmaCreate e && e.kind() == VmaKind.USERPTR) {
            Userptr userptr = new Userptr();
            userptr.vm = e.vm();
            userptr.start = e.start();
            userptr.end = e.end();
            byVma.put(e.vma(), userptr);
            byAddress.put(List.of(e.vm(), e.start()), userptr);
        } else if (event instanceof VmaDestroy e) {
            byVma.remove(e.vma());
            byAddress.remove(List.of(e.vm(), e.start()));
        } else if (event instanceof VmaPin e && e.result() == 0) {
            Userptr userptr = byVma.get(e.vma());
            LongList fetched = e.pages();
            if (userptr != null && fetched != null) {
                userptr.pinSeq = e.seqValue();
                userptr.pinned = fetched;
            }
        } else if (event instanceof PteWrite e) {
            Userptr userptr = byAddress.get(List.of(e.vm(), e.start()));
            LongList written = e.pages();
            if (userptr != null && written != null) {
                userptr.mapped = written;
            }
        } else if (event instanceof PteZap e) {
            Userptr userptr = byAddress.get(List.of(e.vm(), e.start()));
            if (userptr != null) {
                userptr.mapped = LongList.of();
            }
        } else if (event instanceof ExecPublish e && e.result() == 0 && !pinned && !longRunning.contains(e.vm())) {
            boolean stale = byVma.values().stream()
                    .anyMatch(userptr -> userptr.vm == e.vm() && userptr.pinSeq >= 0 && userptr.pinSeq != userptr.seq);
            if (stale) {
                audit.report("U09");
            }
        } else if (event instanceof PreemptFenceArm e && !armed.add(e.queue())) {
            for (Userptr userptr : byVma.values()) {
                boolean current = userptr.pinSeq == userptr.seq && userptr.mapped.equals(userptr.pinned);
                if (userptr.vm == e.vm() && !userptr.mapped.isEmpty() && !current) {
                    audit.report("U09");
                }
            }
        }
    }

    private void takeNotifier(Event event) {
        if (event instanceof NotifierInsert e) {
            mmOf.put(e.notifier(), e.mm());
            Userptr userptr = byVma.get(e.vma());
            if (userptr != null) {
                userptr.seq = e.seqValue();
                byNotifier.put(e.notifier(), userptr);
            }
        } else if (event instanceof MmRangeStart e) {
            activeRanges.merge(e.mm(), 1, Integer::sum);
        } else if (event instanceof MmRangeEnd e) {
            activeRanges.merge(e.mm(), -1, Integer::sum);
        } else if (event instanceof NotifierInvalidate e) {
            takeInvalidate(e);
        } else if (event instanceof HmmRangeFault e && e.result() == 0) {
            Userptr userptr = userptr(e.notifier());
            // A driver whose userptr is a BO fetches without a vma_pin.
            if (userptr.pinned.isEmpty()) {
                userptr.pinSeq = e.seqValue();
            }
        } else if (event instanceof NotifierSetSeq e) {
            userptr(e.notifier()).seq = e.seqValue();
        } else if (event instanceof NotifierReadBeginDone e) {
            if ((e.seqValue() & 1) == 0) {
                audit.report("read_begin gives an even number, at " + e.seq());
            }
        } else if (event instanceof NotifierReadRetry e && !e.collided()) {
            validate(e.notifier(), e.seqValue(), e.tid());
        } else if (event instanceof NotifierCheckRetry e && !e.collided()) {
            validate(e.notifier(), e.seqValue(), e.tid());
        } else if (event instanceof NotifierInvalidateDone e && !e.result()) {
            startPassOf.remove(e.tid());
        } else if (event instanceof MmRangeStartDone e) {
            if (e.result() < 0) {
                activeRanges.merge(e.mm(), -1, Integer::sum);
            }
            List<Long> due = obligations.remove(e.tid());
            if (due != null && due.stream().anyMatch(audit::isPending)) {
                audit.report("U06");
            }
        }
    }

    private void takeInvalidate(NotifierInvalidate e) {
        if ((e.curSeq() & 1) == 0) {
            audit.report("cur_seq is even, at " + e.seq());
        }
        Long last = mmSeq.put(mmOf.getOrDefault(e.notifier(), 0L), e.curSeq());
        if (last != null && e.curSeq() < last) {
            audit.report("cur_seq goes backwards, at " + e.seq());
        }
        if (e.pass() != dev.fenceline.event.NotifierPass.FINISH) {
            startPassOf.put(e.tid(), e.vm());
        }
    }

    private void validate(long notifier, long seq, int tid) {
        Userptr userptr = userptr(notifier);
        Held key = new Held(notifierLockOfVm.getOrDefault(userptr.vm, 0L), tid);
        if (held.containsKey(key)) {
            validated.computeIfAbsent(key, k -> new LinkedHashSet<>()).add(notifier * 31 + seq);
        }
    }

    private Userptr userptr(long notifier) {
        Userptr userptr = byNotifier.get(notifier);
        return userptr == null ? new Userptr() : userptr;
    }

    private void takePage(Event event) {
        if (event instanceof PageAlloc e) {
            pages.add(e.page());
            freed.remove(e.page());
        } else if (event instanceof PageFree e) {
            pages.remove(e.page());
            freed.add(e.page());
        } else if (event instanceof GpuAccess e) {
            if (!pinned && freed.contains(e.page()) && isUserMemory(e.vm(), e.address())) {
                audit.report("U01");
            }
        } else if (event instanceof PageAccess e && e.who() == PageAccessor.CPU_USER) {
            // A program reaches its own page by its own page table.
            if (!pages.contains(e.page())) {
                audit.report("U01");
            }
        } else if (event instanceof PageAccess e) {
            Userptr userptr = userptr(e.via());
            Held key = new Held(notifierLockOfVm.getOrDefault(userptr.vm, 0L), e.tid());
            boolean valid = validated.getOrDefault(key, Set.of()).contains(e.via() * 31 + userptr.pinSeq);
            if (!valid || !pages.contains(e.page()) || !userptr.pinned.contains(e.page())) {
                audit.report("U01");
            }
        }
    }

    private boolean isUserMemory(long vm, long address) {
        return byVma.values().stream()
                .anyMatch(userptr -> userptr.vm == vm && userptr.start <= address && address < userptr.end);
    }
}

package dev.fenceline.simulator;

import dev.fenceline.event.AccessPath;
import dev.fenceline.event.BoAccess;
import dev.fenceline.event.BoCreate;
import dev.fenceline.event.BoDestroy;
import dev.fenceline.event.BoGhost;
import dev.fenceline.event.BoIndividualize;
import dev.fenceline.event.BoMoveBegin;
import dev.fenceline.event.BoMoveCommit;
import dev.fenceline.event.BoPin;
import dev.fenceline.event.BoUnpin;
import dev.fenceline.event.BounceFill;
import dev.fenceline.event.ClientOpen;
import dev.fenceline.event.DebugConnect;
import dev.fenceline.event.DebugEvent;
import dev.fenceline.event.DebugEventFlag;
import dev.fenceline.event.DebugEventType;
import dev.fenceline.event.DebugVmOpen;
import dev.fenceline.event.DmaAccess;
import dev.fenceline.event.DmaFenceDestroy;
import dev.fenceline.event.DmaFenceEnableSignal;
import dev.fenceline.event.DmaFenceInit;
import dev.fenceline.event.DmaFencePublish;
import dev.fenceline.event.DmaFenceSignaled;
import dev.fenceline.event.Event;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.Placement;
import dev.fenceline.event.ResvAddFence;
import dev.fenceline.event.ResvLock;
import dev.fenceline.event.ResvReplaceFences;
import dev.fenceline.event.ResvSet;
import dev.fenceline.event.ResvUnlock;
import dev.fenceline.event.SchedJobRun;
import dev.fenceline.event.SessionEnd;
import dev.fenceline.event.SessionStart;
import dev.fenceline.event.TaskNew;
import dev.fenceline.event.TtPopulate;
import dev.fenceline.event.TtUnpopulate;
import dev.fenceline.event.Usage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A second opinion on what the model recorded: the twelve rules in their shortest form, and that the recording does not contradict
 * itself. It knows nothing of the model but its events.
 */
final class Audit {
    /** The rules it has an opinion of. */
    static final Set<String> RULES = new LinkedHashSet<>(
            List.of("A-T01", "A-T12", "A-T14", "A-F01", "A-F04", "A-F07", "U01", "U06", "U09", "D01", "D03", "T05"));

    private static final class Fence {
        private long context;
        private long promisedNs = Long.MAX_VALUE;
        private boolean onDemand;
        private boolean signaled;
    }

    private final Set<String> findings = new LinkedHashSet<>();
    private final Map<Long, Fence> fences = new LinkedHashMap<>();
    private final Map<Long, Long> lastSeqno = new LinkedHashMap<>();
    private final Map<Long, Integer> pins = new LinkedHashMap<>();
    private final Map<Long, Long> populated = new LinkedHashMap<>();
    private final Map<Long, Placement> placements = new LinkedHashMap<>();
    private final Map<Long, Long> resvOf = new LinkedHashMap<>();
    private final Map<Long, Map<Long, Usage>> resvs = new LinkedHashMap<>();
    private final Map<Long, Integer> resvHolders = new LinkedHashMap<>();
    private final Map<Long, TaskNew> tasks = new LinkedHashMap<>();
    private final Map<Long, Long> ownerOf = new LinkedHashMap<>();
    private final Map<List<Long>, Long> handles = new LinkedHashMap<>();
    private final Map<Long, List<Long>> awaitedBy = new LinkedHashMap<>();
    private final Set<Long> onRing = new LinkedHashSet<>();
    private final UserptrAudit userptr = new UserptrAudit(this);
    private long finiteTimeNs;
    private long seq;
    private long lastNs;

    /** The ids of the rules violated so far, and what else is wrong, in the order of discovery. */
    Set<String> findings() {
        return findings;
    }

    void report(String finding) {
        findings.add(finding);
    }

    void take(Event event) {
        if (event.seq() != ++seq) {
            report("seq is " + event.seq() + " instead of " + seq);
        }
        if (event.ts() < lastNs) {
            report("time runs backwards at " + seq);
        }
        lastNs = event.ts();
        userptr.take(event);
        if (event instanceof SessionStart e) {
            finiteTimeNs = e.finiteTime();
        } else if (event instanceof SessionEnd e) {
            end(e);
        } else if (event instanceof TaskNew e) {
            tasks.put(e.taskTgid(), e);
        } else if (event instanceof ClientOpen e) {
            ownerOf.put(e.client(), e.owner());
        } else {
            takeFence(event);
            takeResv(event);
            takeBo(event);
            takeDebug(event);
        }
    }

    private void end(SessionEnd e) {
        if (e.events() != seq) {
            report("session_end counts " + e.events() + " of " + seq);
        }
        fences.values().forEach(this::checkPromise);
    }

    private void checkPromise(Fence fence) {
        if (!fence.signaled && fence.promisedNs < lastNs - finiteTimeNs) {
            report("A-F07");
        }
    }

    private void takeFence(Event event) {
        if (event instanceof DmaFenceInit e) {
            Fence fence = new Fence();
            fence.context = e.context();
            fence.onDemand = e.kind() == FenceKind.PREEMPT || e.kind() == FenceKind.EVICTION;
            fences.put(e.fence(), fence);
            Long last = lastSeqno.put(e.context(), e.seqno());
            if (last != null && e.context() != 0 && e.seqno() <= last) {
                report("A-F04");
                lastSeqno.put(e.context(), last);
            }
        } else if (event instanceof DmaFenceSignaled e) {
            Fence fence = fence(e.fence());
            if (fence.signaled) {
                report("A-F01");
            }
            checkPromise(fence);
            fence.signaled = true;
        } else if (event instanceof DmaFencePublish e) {
            Fence fence = fence(e.fence());
            if (!fence.onDemand) {
                fence.promisedNs = e.ts();
            }
        } else if (event instanceof DmaFenceEnableSignal e) {
            Fence fence = fence(e.fence());
            fence.promisedNs = Math.min(fence.promisedNs, e.ts());
        } else if (event instanceof DmaFenceDestroy e) {
            fences.remove(e.fence());
        }
    }

    private Fence fence(long id) {
        Fence fence = fences.get(id);
        if (fence == null) {
            report("fence " + id + " is used and does not exist, at " + seq);
            return new Fence();
        }
        return fence;
    }

    boolean isPending(long fence) {
        Fence known = fences.get(fence);
        return known != null && !known.signaled;
    }

    /** The pending fences of a reservation, up to a usage. */
    List<Long> pending(@Nullable Long resv, Usage usage) {
        List<Long> pending = new ArrayList<>();
        resvs.getOrDefault(resv, Map.of()).forEach((fence, as) -> {
            if (as.compareTo(usage) <= 0 && isPending(fence)) {
                pending.add(fence);
            }
        });
        return pending;
    }

    private void takeResv(Event event) {
        if (event instanceof ResvLock e && e.result() == 0) {
            if (resvHolders.put(e.resv(), e.tid()) != null) {
                report("resv " + e.resv() + " is locked twice, at " + seq);
            }
        } else if (event instanceof ResvUnlock e) {
            if (resvHolders.remove(e.resv()) == null) {
                report("resv " + e.resv() + " is unlocked twice, at " + seq);
            }
        } else if (event instanceof ResvAddFence e) {
            Map<Long, Usage> slots = resvs.computeIfAbsent(e.resv(), id -> new LinkedHashMap<>());
            slots.keySet().removeIf(fence -> !isPending(fence));
            slots.merge(e.fence(), e.usage(), (a, b) -> a.compareTo(b) < 0 ? a : b);
            fence(e.fence());
            Integer holder = resvHolders.get(e.resv());
            boolean ghost = !resvOf.containsValue(e.resv()) || ghosts.contains(e.resv());
            if (!ghost && (holder == null || holder != e.tid())) {
                report("a fence is added to resv " + e.resv() + " without its lock, at " + seq);
            }
        } else if (event instanceof ResvReplaceFences e) {
            resvs.getOrDefault(e.resv(), new LinkedHashMap<>())
                    .keySet()
                    .removeIf(fence -> fence(fence).context == e.replacedContext());
        }
    }

    private final Set<Long> ghosts = new LinkedHashSet<>();

    private void takeBo(Event event) {
        if (event instanceof BoCreate e) {
            resvOf.put(e.bo(), e.resv());
            placements.put(e.bo(), e.placement());
        } else if (event instanceof BoIndividualize e) {
            resvOf.put(e.bo(), e.resv());
        } else if (event instanceof ResvSet e) {
            resvOf.put(e.bo(), e.resv());
            ghosts.add(e.resv());
        } else if (event instanceof BoPin e) {
            pins.merge(e.bo(), 1, Integer::sum);
        } else if (event instanceof BoUnpin e) {
            pins.merge(e.bo(), -1, Integer::sum);
        } else if (event instanceof BoMoveBegin e) {
            if (pins.getOrDefault(e.bo(), 0) > 0) {
                report("A-T01");
            }
            if (e.from() != placements.get(e.bo())) {
                report("bo " + e.bo() + " moves from where it is not, at " + seq);
            }
        } else if (event instanceof BoMoveCommit e) {
            placements.put(e.bo(), e.to());
        } else if (event instanceof TtPopulate e) {
            populated.put(e.bo(), e.generation());
        } else if (event instanceof TtUnpopulate e) {
            populated.remove(e.bo());
        } else if (event instanceof BoGhost e) {
            if (placements.get(e.bo()) == Placement.TT) {
                populated.put(e.ghost(), populated.remove(e.bo()));
            }
        } else if (event instanceof DmaAccess e && e.hasBo()) {
            Long generation = populated.get(e.bo());
            if (generation == null || generation != e.generation()) {
                report("A-T12");
            }
        } else if (event instanceof BoDestroy e) {
            if (!pending(resvOf.remove(e.bo()), Usage.BOOKKEEP).isEmpty()) {
                report("A-T14");
            }
        } else if (event instanceof BoAccess e) {
            boolean byCpu = e.path() == AccessPath.KMAP || e.path() == AccessPath.IOMEM;
            if (byCpu && !pending(resvOf.get(e.bo()), Usage.KERNEL).isEmpty()) {
                report("T05");
            }
        } else if (event instanceof BounceFill e) {
            awaitedBy.put(e.fence(), List.copyOf(pending(resvOf.get(e.bo()), Usage.KERNEL)));
        } else if (event instanceof SchedJobRun e) {
            // What is on the ring already is done before it, as a device of the model has one copy engine.
            onRing.add(e.finished());
            List<Long> awaited = awaitedBy.remove(e.finished());
            if (awaited != null && awaited.stream().anyMatch(fence -> isPending(fence) && !onRing.contains(fence))) {
                report("T05");
            }
        }
    }

    private void takeDebug(Event event) {
        if (event instanceof DebugConnect e && e.result() == 0) {
            TaskNew by = tasks.get(e.byTgid());
            TaskNew target = tasks.get(e.hasTarget() ? e.target() : ownerOf.getOrDefault(e.targetClient(), 0L));
            boolean may = by != null && target != null && by.uid() == target.uid() && target.dumpable();
            if (!may) {
                report("D01");
            }
        } else if (event instanceof DebugEvent e && e.type() == DebugEventType.VM) {
            Set<DebugEventFlag> flags = e.flags();
            List<Long> key = List.of(e.connection(), e.handle());
            if (flags != null && flags.contains(DebugEventFlag.CREATE)) {
                handles.put(key, e.vm());
            } else {
                handles.remove(key);
            }
        } else if (event instanceof DebugVmOpen e && e.result() >= 0) {
            Long vm = handles.get(List.of(e.connection(), e.vmHandle()));
            if (vm == null || vm != e.vm()) {
                report("D03");
            }
        }
    }
}

package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The resources of TTM: who owns which, which ranges were given back while a copy still reads them, and the eviction fences
 * that the managers remember.
 */
public final class Resources implements StatePart {
    private final StreamLedger ledger;
    private final SessionFacts session;
    private final Fences fences;
    private final BufferObjects buffers;
    private final ObjectTable<Resource> table = new ObjectTable<>(Resource::new);
    /** The live resources of each owner: one, or two while it moves. */
    private final Long2ObjectHashMap<List<Resource>> byOwner = new Long2ObjectHashMap<>();

    private final VacatedRanges vacated;
    private final List<EvictionFences> managers = new ArrayList<>(2);

    Resources(StreamLedger ledger, SessionFacts session, Fences fences, BufferObjects buffers) {
        this.ledger = ledger;
        this.session = session;
        this.fences = fences;
        this.buffers = buffers;
        this.vacated = new VacatedRanges(fences);
    }

    /** The resource, also if it was freed a short while ago; null if it was never mentioned. */
    public @Nullable Resource resource(long id) {
        return id == Event.ABSENT ? null : table.find(id);
    }

    /** The ranges given back while a copy out of them may still run. */
    public VacatedRanges vacated() {
        return vacated;
    }

    /** The manager of that memory of the device; null if no eviction was offered to it. */
    public @Nullable EvictionFences manager(long device, @Nullable String memory) {
        String name = memoryName(memory);
        for (EvictionFences manager : managers) {
            if (manager.device == device && manager.memory.equals(name)) {
                return manager;
            }
        }
        return null;
    }

    /** The device of the BO: as stated, or the only one of the fragment; {@link Event#ABSENT} if unknown. */
    public long deviceOf(@Nullable BufferObject bo) {
        return bo != null && bo.device != Event.ABSENT ? bo.device : session.soleObject("device");
    }

    /**
     * The resource the BO uses: the one in its slot, or, where no event told of one, the oldest it has not given back, because
     * a new one is used only after the move into it. Null if there is none.
     */
    public @Nullable Resource resourceOf(BufferObject bo) {
        if (bo.resource != Event.ABSENT) {
            return resource(bo.resource);
        }
        Resource oldest = null;
        for (Resource each : owned(bo.id)) {
            if (oldest == null || each.ownerSeq < oldest.ownerSeq) {
                oldest = each;
            }
        }
        return oldest;
    }

    /** The device whose VRAM was handed out there; {@link Event#ABSENT} if none was, or that of several devices. */
    long deviceAt(long start, long end) {
        long device = Event.ABSENT;
        for (long id : table.ids()) {
            Resource each = table.get(id);
            if (each == null || each.device == Event.ABSENT || !each.memory.equals("VRAM")) {
                continue;
            }
            if (each.overlapping(start, end) < 0) {
                continue;
            }
            if (device != Event.ABSENT && device != each.device) {
                return Event.ABSENT;
            }
            device = each.device;
        }
        return device;
    }

    private List<Resource> owned(long owner) {
        List<Resource> owned = byOwner.get(owner);
        return owned == null ? List.of() : owned;
    }

    private void own(Resource resource, long owner, long seq) {
        disown(resource);
        resource.owner = owner;
        resource.ownerSeq = seq;
        if (resource.departed == 0) {
            index(resource);
        }
    }

    private void index(Resource resource) {
        if (resource.owner != Event.ABSENT) {
            byOwner.computeIfAbsent(resource.owner, owner -> new ArrayList<>(2)).add(resource);
        }
    }

    private void disown(Resource resource) {
        List<Resource> owned = byOwner.get(resource.owner);
        if (owned != null) {
            owned.remove(resource);
            if (owned.isEmpty()) {
                byOwner.remove(resource.owner);
            }
        }
        resource.owner = Event.ABSENT;
    }

    void apply(ResourceNew e) {
        long id = idOf(e.resource(), e.bo());
        if (id != Event.ABSENT) {
            Resource resource = table.get(id);
            if (resource == null || resource.newSeq > 0) {
                if (resource != null) {
                    disown(resource);
                }
                resource = table.create(id, e.seq());
            }
            resource.newSeq = e.seq();
            describe(resource, e.bo(), e.memoryType(), e.seq());
        }
    }

    void apply(ResourceAlloc e) {
        Resource resource = touch(idOf(e.resource(), e.bo()), e.seq());
        if (resource == null) {
            return;
        }
        describe(resource, e.bo(), e.memoryType(), e.seq());
        if (e.hasStart() && e.hasEnd()) {
            resource.addRange(e.start(), e.end(), e.seq());
            if (e.hasFence()) {
                vacate(resource.device, resource.memory, e.start(), e.end(), e.fence(), e.seq());
            }
        }
    }

    private void describe(Resource resource, long bo, @Nullable String memory, long seq) {
        if (bo != Event.ABSENT) {
            if (resource.owner == Event.ABSENT) {
                own(resource, bo, seq);
            }
            resource.device = deviceOf(buffers.touch(bo, seq));
        }
        if (memory != null) {
            resource.memory = memoryName(memory);
        }
    }

    void apply(ResourceAssign e) {
        BufferObject bo = buffers.touch(e.bo(), e.seq());
        if (bo == null) {
            return;
        }
        if (!e.hasResource()) {
            Resource left = resourceOf(bo);
            if (left != null) {
                disown(left);
                left.ownerSeq = e.seq();
            }
            fill(bo, Event.ABSENT, e.seq());
            return;
        }
        Resource resource = touch(e.resource(), e.seq());
        if (resource != null) {
            own(resource, bo.id, e.seq());
            resource.device = deviceOf(bo);
            if (e.memoryType() != null) {
                resource.memory = memoryName(e.memoryType());
            }
        }
        fill(bo, e.resource(), e.seq());
    }

    private static void fill(BufferObject bo, long resource, long seq) {
        bo.resource = resource;
        bo.resourceSeq = seq;
        bo.resourceHandedOver = false;
        if (resource != Event.ABSENT) {
            // A capture may show the assignment and not the commit of the move.
            bo.moveSeq = 0;
        }
    }

    /** The old resource goes with the ghost; the slot of the BO is empty. */
    void apply(BoGhost e) {
        BufferObject bo = buffers.bo(e.bo());
        BufferObject ghost = buffers.bo(e.ghost());
        if (bo == null || ghost == null || !e.hasGhost()) {
            return;
        }
        Resource resource = e.hasResource() ? touch(e.resource(), e.seq()) : resourceOf(bo);
        boolean known = bo.resourceSeq > 0 || resource != null;
        if (resource != null) {
            own(resource, ghost.id, e.seq());
            fill(ghost, resource.id, e.seq());
            ghost.resourceHandedOver = true;
        }
        if (known) {
            fill(bo, Event.ABSENT, e.seq());
        }
    }

    /** A copy by an engine reads the resource the BO leaves. */
    void apply(BoMove e) {
        BufferObject bo = buffers.bo(e.bo());
        if (bo == null || !BufferObjects.isCopy(e)) {
            return;
        }
        fences.isOfDevice(e.fence(), deviceOf(bo), e.seq());
        Resource resource = resourceOf(bo);
        if (resource != null && resource.departed == 0) {
            resource.readerFence = e.fence();
            resource.readerSeq = e.seq();
        }
    }

    void apply(ResourceFree e) {
        BufferObject bo = buffers.touch(e.bo(), e.seq());
        Resource resource = freedBy(e);
        long device = resource == null ? deviceOf(bo) : resource.device;
        String memory = resource == null || e.memoryType() != null ? memoryName(e.memoryType()) : resource.memory;
        long fence = e.hasFence() || resource == null ? e.fence() : resource.readerFence;
        if (e.hasStart() && e.hasEnd()) {
            vacate(device, memory, e.start(), e.end(), fence, e.seq());
        }
        if (resource == null) {
            return;
        }
        if (!e.hasStart()) {
            for (int i = 0; i < resource.ranges(); i++) {
                vacate(device, memory, resource.start(i), resource.end(i), fence, e.seq());
            }
        }
        if (!e.hasResource() && e.hasStart() && resource.ranges() > 1) {
            // Two resources without a name, of which one is left.
            int range = resource.overlapping(e.start(), e.end());
            if (range >= 0) {
                resource.removeRange(range);
            }
            return;
        }
        BufferObject holder = bo != null ? bo : buffers.bo(resource.owner);
        if (holder != null && (holder.resource == resource.id || !e.hasResource())) {
            fill(holder, Event.ABSENT, e.seq());
        }
        disown(resource);
        table.depart(resource, e.seq());
    }

    /** The resource that the event frees; null if it was never mentioned. */
    public @Nullable Resource freedBy(ResourceFree e) {
        if (e.hasResource()) {
            return table.get(e.resource());
        }
        BufferObject bo = buffers.bo(e.bo());
        return bo == null ? null : resourceOf(bo);
    }

    private void vacate(long device, String memory, long start, long end, long fence, long seq) {
        if (fence == Event.ABSENT || fences.touch(fence, seq) == null) {
            return;
        }
        vacated.add(new VacatedRange(device, memory, start, end, fence, seq));
    }

    void apply(ManagerEvictFence e) {
        Fence fence = fences.touch(e.fence(), e.seq());
        if (fence == null || fence.context == Event.ABSENT || fence.seqno == Event.ABSENT) {
            return;
        }
        long device = deviceOf(fence);
        EvictionFences manager = manager(device, e.memoryType());
        if (manager == null) {
            manager = new EvictionFences(device, memoryName(e.memoryType()));
            managers.add(manager);
        }
        manager.offer(fence, !e.hasStored() || e.stored(), e.hasStored(), e.seq());
    }

    /** The device the fence is of: as told, or the only one of the fragment; {@link Event#ABSENT} if unknown. */
    public long deviceOf(Fence fence) {
        return fence.device != Event.ABSENT ? fence.device : session.soleObject("device");
    }

    void apply(DeviceRelease e) {
        managers.removeIf(manager -> manager.device == e.device() && e.hasDevice());
    }

    /** The name of the memory as the contract has it; the numbers are those of the kernel's placements. */
    static String memoryName(@Nullable String stated) {
        if (stated == null) {
            return "VRAM";
        }
        return switch (stated) {
            case "0" -> "SYSTEM";
            case "1" -> "TT";
            case "2" -> "VRAM";
            default -> stated.toUpperCase(Locale.ROOT);
        };
    }

    /** A resource without a name is known by the BO it is made for; ids are never negative. */
    private static long idOf(long resource, long bo) {
        return resource != Event.ABSENT || bo == Event.ABSENT ? resource : ~bo;
    }

    private @Nullable Resource touch(long id, long seq) {
        if (id == Event.ABSENT) {
            return null;
        }
        Resource resource = table.get(id);
        if (resource == null) {
            resource = table.assume(id, ledger.knownFrom(seq));
        }
        return resource;
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        table.write(out);
        vacated.write(out);
        out.number(managers.size());
        for (EvictionFences manager : managers) {
            manager.write(out);
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        table.read(in);
        for (long id : table.ids()) {
            Resource resource = table.get(id);
            if (resource != null) {
                index(resource);
            }
        }
        vacated.read(in);
        int count = in.count();
        for (int i = 0; i < count; i++) {
            managers.add(EvictionFences.read(in));
        }
    }
}

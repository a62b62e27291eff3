package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.VmaCreate;
import dev.fenceline.event.VmaKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongArrayList;
import org.jspecify.annotations.Nullable;

/** The mappings in all address spaces, found by their ids, by address, and by the BO that they map. */
final class Mappings {
    private static final Comparator<Mapping> BY_ADDRESS = (a, b) -> a.hasRange() && b.hasRange()
            ? Long.compareUnsigned(a.start, b.start)
            : Boolean.compare(b.hasRange(), a.hasRange());

    private static final Comparator<Mapping> BY_ID = Comparator.comparingLong(Mapping::id);

    private final SessionFacts session;
    final ObjectTable<Mapping> table = new ObjectTable<>(Mapping::new);
    private final Long2ObjectHashMap<InVm> byVm = new Long2ObjectHashMap<>(8, 0.55f, false);
    private final Long2ObjectHashMap<LongArrayList> byBo = new Long2ObjectHashMap<>();
    /** How many do not say which address space they are in. */
    private int unplaced;

    Mappings(SessionFacts session) {
        this.session = session;
    }

    /** The live mapping of that id. */
    @Nullable Mapping get(long id) {
        return table.get(id);
    }

    /** The live mapping of that id, or the one that was destroyed a short while ago. */
    @Nullable Mapping find(long id) {
        return table.find(id);
    }

    int size() {
        return table.size();
    }

    /** Whether each says which address space it is in. */
    boolean areAllPlaced() {
        return unplaced == 0;
    }

    Mapping create(VmaCreate e) {
        Mapping earlier = table.get(e.vma());
        if (earlier != null) {
            leave(earlier);
        }
        Mapping mapping = table.create(e.vma(), e.seq());
        mapping.vm = e.vm();
        mapping.start = e.start();
        mapping.end = e.end();
        mapping.kind = e.kind() == VmaKind.UNKNOWN && e.hasUserptr() ? VmaKind.USERPTR : e.kind();
        mapping.bo = e.bo();
        enter(mapping);
        return mapping;
    }

    /** Adds a mapping that is mentioned without having been introduced. */
    Mapping assume(long id, long seq) {
        Mapping mapping = table.assume(id, seq);
        enter(mapping);
        return mapping;
    }

    /** It turns out to be in that address space. */
    void place(Mapping mapping, long vm) {
        boolean alive = table.get(mapping.id) == mapping;
        if (alive) {
            leave(mapping);
        }
        mapping.vm = vm;
        if (alive) {
            enter(mapping);
        }
    }

    void depart(Mapping mapping, long seq) {
        if (table.get(mapping.id) == mapping) {
            leave(mapping);
        }
        table.depart(mapping, seq);
    }

    /** Those in the address space, by their addresses; those whose range is unknown come last. */
    List<Mapping> in(long vm) {
        InVm there = byVm.get(vm);
        if (there == null) {
            return List.of();
        }
        List<Mapping> all = new ArrayList<>(there.placed.values());
        all.addAll(there.unknown.values());
        all.sort(BY_ID);
        all.sort(BY_ADDRESS);
        return all;
    }

    /** Those in the address space that are known to map an address of [from, to), by their ids. */
    List<Mapping> in(long vm, long from, long to) {
        List<Mapping> found = new ArrayList<>(2);
        InVm there = byVm.get(vm);
        if (there != null) {
            there.find(from, to, found);
            found.sort(BY_ID);
        }
        return found;
    }

    /** Those in any address space that are known to map the address, by their ids. */
    List<Mapping> at(long address) {
        List<Mapping> found = new ArrayList<>(2);
        for (InVm there : byVm.values()) {
            there.find(address, address + 1, found);
        }
        found.sort(BY_ID);
        return found;
    }

    /** The first of those in the address space that somebody introduced; null if there is none. */
    @Nullable Mapping firstIntroducedIn(long vm) {
        return in(vm).stream()
                .filter(mapping -> mapping.vm == vm && !mapping.assumed)
                .min(BY_ID)
                .orElse(null);
    }

    /** Whether the ranges of all in the address space are known. */
    boolean hasAllRangesIn(long vm) {
        InVm there = byVm.get(vm);
        return there == null || there.unknown.isEmpty();
    }

    /** Those of the address space whose range is not known. */
    List<Mapping> withoutRangeIn(long vm) {
        InVm there = byVm.get(vm);
        return there == null ? List.of() : List.copyOf(there.unknown.values());
    }

    /** The ids of those that map the BO, in their order. */
    long[] of(long bo) {
        LongArrayList ids = byBo.get(bo);
        return ids == null ? new long[0] : ids.toLongArray();
    }

    private void enter(Mapping mapping) {
        byVm.computeIfAbsent(vmOf(mapping), vm -> new InVm()).add(mapping);
        unplaced += mapping.vm == Event.ABSENT ? 1 : 0;
        if (mapping.bo == Event.ABSENT) {
            return;
        }
        LongArrayList ids = byBo.computeIfAbsent(mapping.bo, bo -> new LongArrayList());
        int at = ids.size();
        while (at > 0 && ids.getLong(at - 1) > mapping.id) {
            at--;
        }
        ids.addLong(at, mapping.id);
    }

    private void leave(Mapping mapping) {
        long vm = vmOf(mapping);
        InVm there = byVm.get(vm);
        if (there != null && there.removeAndIsEmpty(mapping)) {
            byVm.remove(vm);
        }
        unplaced -= mapping.vm == Event.ABSENT ? 1 : 0;
        LongArrayList ids = byBo.get(mapping.bo);
        if (ids != null && ids.removeLong(mapping.id) && ids.isEmpty()) {
            byBo.remove(mapping.bo);
        }
    }

    /** In a fragment with one VM, that one. */
    long vmOf(Mapping mapping) {
        return mapping.vm != Event.ABSENT ? mapping.vm : session.soleObject("vm");
    }

    void write(SnapshotWriter out) throws IOException {
        table.write(out);
    }

    void read(SnapshotReader in) throws IOException {
        table.read(in);
        for (long id : table.ids()) {
            Mapping mapping = table.get(id);
            if (mapping != null) {
                enter(mapping);
            }
        }
    }

    /**
     * Where a mapping begins, among those of about its size. Mappings may overlap while one is unbound and another has its place, so they
     * are looked for from the longest before the address on: within a size that is twice as far as the shortest at most.
     *
     * @param size the power of two that the length does not exceed
     */
    private record Place(int size, long start, long id) implements Comparable<Place> {
        static Place of(Mapping mapping) {
            long bytes = mapping.end - mapping.start;
            int size = Long.compareUnsigned(bytes, 1) <= 0 ? 0 : Long.SIZE - Long.numberOfLeadingZeros(bytes - 1);
            return new Place(size, mapping.start, mapping.id);
        }

        @Override
        public int compareTo(Place other) {
            int order = Integer.compare(size, other.size);
            if (order == 0) {
                order = Long.compareUnsigned(start, other.start);
            }
            return order == 0 ? Long.compare(id, other.id) : order;
        }
    }

    /** Those of one address space. */
    private static final class InVm {
        final TreeMap<Place, Mapping> placed = new TreeMap<>();
        final TreeMap<Long, Mapping> unknown = new TreeMap<>();
        private final int[] ofSize = new int[Long.SIZE + 1];

        void add(Mapping mapping) {
            if (mapping.hasRange()) {
                Place place = Place.of(mapping);
                placed.put(place, mapping);
                ofSize[place.size]++;
            } else {
                unknown.put(mapping.id, mapping);
            }
        }

        boolean removeAndIsEmpty(Mapping mapping) {
            if (mapping.hasRange()) {
                Place place = Place.of(mapping);
                placed.remove(place);
                ofSize[place.size]--;
            } else {
                unknown.remove(mapping.id);
            }
            return placed.isEmpty() && unknown.isEmpty();
        }

        void find(long from, long to, List<Mapping> found) {
            for (int size = 0; size < ofSize.length; size++) {
                long first = firstThatReaches(from, size);
                if (ofSize[size] == 0 || Long.compareUnsigned(first, to) >= 0) {
                    continue;
                }
                Place begin = new Place(size, first, Long.MIN_VALUE);
                Place end = new Place(size, to, Long.MIN_VALUE);
                for (Mapping mapping : placed.subMap(begin, end).values()) {
                    if (mapping.overlaps(from, to)) {
                        found.add(mapping);
                    }
                }
            }
        }

        private static long firstThatReaches(long address, int size) {
            boolean fromZero = size == Long.SIZE || Long.compareUnsigned(address, 1L << size) < 0;
            return fromZero ? 0 : address - (1L << size);
        }
    }
}

package dev.fenceline.simulator.ttm;

import java.util.LinkedHashSet;
import java.util.Set;

/** The eviction candidates of one kind of memory, the least recently used first. */
final class Lru {
    private final Set<Bo> bos = new LinkedHashSet<>();

    void moveToTail(Bo bo) {
        bos.remove(bo);
        bos.add(bo);
    }

    void remove(Bo bo) {
        bos.remove(bo);
    }

    Iterable<Bo> leastRecentFirst() {
        return bos;
    }

    int size() {
        return bos.size();
    }
}

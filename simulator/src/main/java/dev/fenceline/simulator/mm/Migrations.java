package dev.fenceline.simulator.mm;

import dev.fenceline.simulator.kernel.Task;
import dev.fenceline.simulator.kernel.WaitList;
import dev.fenceline.simulator.kernel.Waits;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The migration entries of an address space, and who waits in {@code migration_entry_wait}. */
final class Migrations implements Waits {
    private final NavigableMap<Long, MigrateVma> entries = new TreeMap<>();
    private final Map<MigrateVma, Task> movers = new LinkedHashMap<>();
    private final WaitList waiters = new WaitList(this);

    WaitList waiters() {
        return waiters;
    }

    /** Who moves what is at {@code address}; null if nobody does. */
    @Nullable MigrateVma of(long address) {
        return entries.get(address);
    }

    /** How many addresses of {@code [start, end)} have an entry. */
    long count(long start, long end) {
        return entries.subMap(start, end).size();
    }

    boolean isAny(long start, long end) {
        return !entries.subMap(start, end).isEmpty();
    }

    void begin(long address, MigrateVma migration, Task mover) {
        entries.put(address, migration);
        movers.put(migration, mover);
    }

    /** The program unmaps {@code [start, end)}, so that nobody waits for these addresses any more. */
    void forget(long start, long end) {
        entries.subMap(start, end).clear();
        waiters.wakeAll();
    }

    void end(MigrateVma migration) {
        entries.values().removeIf(each -> each == migration);
        movers.remove(migration);
        waiters.wakeAll();
    }

    @Override
    public String label() {
        return "migration entries";
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        movers.values().forEach(visitor);
    }
}

package dev.fenceline.simulator.mm;

import dev.fenceline.event.LongList;
import dev.fenceline.event.RangeReason;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A {@code migrate_vma}: the pages at some addresses that go elsewhere, into memory of a device or back.
 *
 * <p>While it lasts the addresses have migration entries, and whoever touches one waits. Notifiers are told when the entries are set, not
 * while they are there: whoever fetches the pages waits like any other. Pages that others show as well are left where they are, where the
 * kernel moves them for all.
 */
public final class MigrateVma {
    private final Mm mm;
    private final long start;
    private final long end;
    private final NavigableMap<Long, Page> sources = new TreeMap<>();
    private final NavigableMap<Long, Page> targets = new TreeMap<>();
    private final NavigableSet<Long> holes = new TreeSet<>();

    /** Of what {@code mm} has in {@code [start, end)}. */
    public MigrateVma(Mm mm, long start, long end) {
        this.mm = mm;
        this.start = start;
        this.end = end;
    }

    public long start() {
        return start;
    }

    public long end() {
        return end;
    }

    /**
     * {@code migrate_vma_setup} with MIGRATE_VMA_SELECT_SYSTEM: selects system memory, and addresses where nothing was ever touched; under
     * {@code mmap_lock}.
     */
    public Call setupToDevice() {
        return new Setup(Setup.BY_ADDRESS, this, mm::isMovable, true, RangeReason.MIGRATE);
    }

    /** {@code migrate_vma_setup} with MIGRATE_VMA_SELECT_DEVICE_PRIVATE: selects pages of {@code memory}; under {@code mmap_lock}. */
    public Call setupFromDevice(DeviceMemory memory) {
        return new Setup(Setup.BY_ADDRESS, this, page -> page.device() == memory, false, RangeReason.MIGRATE);
    }

    /** {@code migrate_device_pfns}: selects pages of {@code memory}, wherever they show; without {@code mmap_lock}. */
    public Call setupFromFrames(DeviceMemory memory) {
        return new Setup(Setup.BY_FRAME, this, page -> page.device() == memory, false, RangeReason.CLEAR);
    }

    /** {@code migrate_vma.cpages}: how many addresses were selected. */
    public long count() {
        return (long) sources.size() + holes.size();
    }

    /** Whether all of the addresses were selected. */
    public boolean isWhole() {
        return count() * Mm.PAGE_BYTES == end - start;
    }

    /** Gives each selected address a page of a device; {@code frames} says the frame of an address. */
    public void populateFromDevice(LongFunction<Long> frames, DeviceMemory memory) {
        sources.keySet().forEach(address -> putTarget(address, frames.apply(address), memory));
        holes.forEach(address -> putTarget(address, frames.apply(address), memory));
    }

    private void putTarget(long address, long frame, DeviceMemory memory) {
        targets.put(address, mm.frames().allocateOfDevice(mm.id(), address, frame, memory));
    }

    /** {@code drm_pagemap_migrate_populate_ram_pfn}: gives each selected address a page of system memory. */
    public void populateFromSystem() {
        sources.keySet().forEach(address -> targets.put(address, mm.frames().allocate(mm.id(), address)));
    }

    /** The pages that are copied from, in address order. */
    public LongList sources() {
        return LongList.of(sources.values().stream().mapToLong(Page::id).toArray());
    }

    /** The pages that are copied to, in address order. */
    public LongList targets() {
        return LongList.of(
                sources.keySet().stream().map(targets::get).mapToLong(Page::id).toArray());
    }

    /** {@code migrate_vma_pages}: where nothing was touched the new pages show from here on, unless something was touched meanwhile. */
    public @Nullable Call movePages() {
        return holes.isEmpty() || targets.isEmpty() ? null : new InsertPages(this);
    }

    private boolean isMigrating(long address) {
        return mm.migrations().of(address) == this;
    }

    /** {@code migrate_vma_finalize}: the addresses show the new pages, or again the old ones if there are none, and the others go back. */
    public void finish() {
        sources.forEach((address, source) -> {
            Page target = targets.get(address);
            boolean shows = isMigrating(address);
            if (shows) {
                mm.show(address, target == null ? source : target);
            } else if (target != null) {
                mm.frames().free(mm.id(), address, target);
            }
            if (target != null || !shows) {
                mm.frames().free(mm.id(), address, source);
            }
        });
        mm.migrations().end(this);
    }

    /** {@code migrate_vma_collect} and {@code migrate_device_unmap}. */
    private static final class Setup extends Call {
        static final Path<Setup> BY_ADDRESS =
                collect(Path.<Setup>named("migrate_vma_setup")).end();

        static final Path<Setup> BY_FRAME = collect(
                        Path.<Setup>named("migrate_device_pfns").lock(setup -> setup.of.mm.mappingLock(), Lock.Mode.R))
                .unlock(setup -> setup.of.mm.mappingLock())
                .end();

        private final Path<Setup> path;
        private final MigrateVma of;
        private final Predicate<Page> selected;
        private final boolean withHoles;
        private final RangeReason reason;
        private final Local<InvalidateRange> range = new Local<>();

        Setup(Path<Setup> path, MigrateVma of, Predicate<Page> selected, boolean withHoles, RangeReason reason) {
            this.path = path;
            this.of = of;
            this.selected = selected;
            this.withHoles = withHoles;
            this.reason = reason;
        }

        private static Path.Builder<Setup> collect(Path.Builder<Setup> path) {
            return path.call(setup -> setup.range.set(
                            new InvalidateRange(setup.of.mm, setup.of.start, setup.of.end, setup.reason)))
                    .spend(setup ->
                            setup.kernel().costs().mapPageNs() * setup.of.mm.present(setup.of.start, setup.of.end))
                    .run(Setup::select);
        }

        private void select() {
            of.sources.putAll(of.mm.beginMigration(of, selected));
            if (withHoles) {
                of.holes.addAll(of.mm.untouched(of.start, of.end));
            }
            range.get().end();
        }

        @Override
        protected Path<?> path() {
            return path;
        }
    }

    /** {@code migrate_vma_insert_page}, for all addresses where nothing was ever touched. */
    private static final class InsertPages extends Call {
        private static final Path<InsertPages> PATH = Path.<InsertPages>named("migrate_vma_pages")
                .call(insert -> insert.range.set(
                        new InvalidateRange(insert.of.mm, insert.of.holes.first(), insert.of.end, RangeReason.MIGRATE)))
                .spend(insert -> insert.kernel().costs().mapPageNs() * insert.of.holes.size())
                .run(InsertPages::insert)
                .end();

        private final MigrateVma of;
        private final Local<InvalidateRange> range = new Local<>();

        InsertPages(MigrateVma of) {
            this.of = of;
        }

        private void insert() {
            List<Long> free = of.mm.untouched(of.start, of.end);
            for (long address : of.holes) {
                Page target = of.targets.get(address);
                if (target != null && free.contains(address)) {
                    of.mm.show(address, target);
                } else if (target != null) {
                    of.mm.frames().free(of.mm.id(), address, target);
                }
            }
            range.get().end();
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}

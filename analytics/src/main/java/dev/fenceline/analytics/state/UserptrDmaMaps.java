package dev.fenceline.analytics.state;

import dev.fenceline.event.DmaMap;
import dev.fenceline.event.DmaUnmap;
import dev.fenceline.event.Event;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The DMA mappings of userptr pages that exist, by the notifier they were made for. */
public final class UserptrDmaMaps implements StatePart {
    private final ObjectTable<Mapped> table = new ObjectTable<>(Mapped::new);

    UserptrDmaMaps() {}

    /** One DMA mapping. */
    public static final class Map {
        final long device;
        final long page;
        final long iova;
        final long range;
        final long seq;

        Map(long device, long page, long iova, long range, long seq) {
            this.device = device;
            this.page = page;
            this.iova = iova;
            this.range = range;
            this.seq = seq;
        }

        /** The page; {@link Event#ABSENT} if unknown. */
        public long page() {
            return page;
        }

        /** The SVM range it was made for; {@link Event#ABSENT} if for none, or not stated. */
        public long range() {
            return range;
        }

        /** The seq at which it was made. */
        public long seq() {
            return seq;
        }

        private boolean isEndedBy(DmaUnmap e) {
            boolean same = e.hasIova() || e.hasPage();
            return same
                    && (!e.hasIova() || iova == Event.ABSENT || e.iova() == iova)
                    && (!e.hasPage() || page == Event.ABSENT || e.page() == page)
                    && (!e.hasDevice() || device == Event.ABSENT || e.device() == device);
        }
    }

    private static final class Mapped extends KernelObject {
        final List<Map> maps = new ArrayList<>(1);

        Mapped(long notifier) {
            super(notifier);
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(maps.size());
            for (Map map : maps) {
                out.number(map.device);
                out.number(map.page);
                out.number(map.iova);
                out.number(map.range);
                out.number(map.seq);
            }
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            int size = in.count();
            for (int i = 0; i < size; i++) {
                maps.add(new Map(in.number(), in.number(), in.number(), in.number(), in.number()));
            }
        }
    }

    /** How many mappings exist for the notifier. */
    public int count(long notifier) {
        Mapped mapped = table.get(notifier);
        return mapped == null ? 0 : mapped.maps.size();
    }

    /** One of them, in the order in which they were made. */
    public Map map(long notifier, int i) {
        Mapped mapped = table.get(notifier);
        if (mapped == null) {
            throw new IndexOutOfBoundsException(i);
        }
        return mapped.maps.get(i);
    }

    void apply(DmaMap e) {
        if (!e.hasNotifier()) {
            return;
        }
        Mapped mapped = table.get(e.notifier());
        if (mapped == null) {
            mapped = table.create(e.notifier(), e.seq());
        }
        mapped.maps.add(new Map(e.device(), e.page(), e.iova(), e.range(), e.seq()));
    }

    void apply(DmaUnmap e) {
        if (e.hasNotifier()) {
            end(table.get(e.notifier()), e);
            return;
        }
        for (long notifier : table.ids()) {
            end(table.get(notifier), e);
        }
    }

    private void end(@Nullable Mapped mapped, DmaUnmap e) {
        if (mapped == null) {
            return;
        }
        if (e.hasIova() || e.hasPage()) {
            mapped.maps.removeIf(map -> map.isEndedBy(e));
        } else {
            mapped.maps.clear();
        }
        if (mapped.maps.isEmpty()) {
            table.remove(mapped);
        }
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        table.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        table.read(in);
    }
}

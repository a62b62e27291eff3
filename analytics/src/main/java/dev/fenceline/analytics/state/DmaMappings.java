package dev.fenceline.analytics.state;

import dev.fenceline.event.DeviceRelease;
import dev.fenceline.event.DmaMap;
import dev.fenceline.event.DmaUnmap;
import dev.fenceline.event.Event;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The DMA mappings of devices, by the device that maps: whose memory it is does not matter. */
public final class DmaMappings implements StatePart {
    private final ObjectTable<OfDevice> table = new ObjectTable<>(OfDevice::new);

    DmaMappings() {}

    /** One mapping. */
    private record Mapping(long page, long bo, long seq) {
        boolean isOf(DmaUnmap e) {
            return (!e.hasPage() || page == Event.ABSENT || page == e.page())
                    && (!e.hasBo() || bo == Event.ABSENT || bo == e.bo());
        }
    }

    /** What a device has mapped: by address, and what the recording gives no address of. */
    private static final class OfDevice extends KernelObject {
        final TreeMap<Long, Mapping> byIova = new TreeMap<>(Long::compareUnsigned);
        final List<Mapping> unaddressed = new ArrayList<>(1);

        OfDevice(long device) {
            super(device);
        }

        boolean isEmpty() {
            return byIova.isEmpty() && unaddressed.isEmpty();
        }

        void end(DmaUnmap e) {
            if (e.hasIova()) {
                long end = e.iova() + Math.max(1, e.hasLength() ? e.length() : 1);
                boolean reachesTheTop = Long.compareUnsigned(end, e.iova()) <= 0;
                (reachesTheTop ? byIova.tailMap(e.iova()) : byIova.subMap(e.iova(), end)).clear();
            } else {
                byIova.values().removeIf(mapping -> mapping.isOf(e));
            }
            unaddressed.removeIf(mapping -> mapping.isOf(e));
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(byIova.size());
            for (var entry : byIova.entrySet()) {
                out.number(entry.getKey());
                write(entry.getValue(), out);
            }
            out.number(unaddressed.size());
            for (Mapping mapping : unaddressed) {
                write(mapping, out);
            }
        }

        private static void write(Mapping mapping, SnapshotWriter out) throws IOException {
            out.number(mapping.page);
            out.number(mapping.bo);
            out.number(mapping.seq);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            int addressed = in.count();
            for (int i = 0; i < addressed; i++) {
                byIova.put(in.number(), readMapping(in));
            }
            int rest = in.count();
            for (int i = 0; i < rest; i++) {
                unaddressed.add(readMapping(in));
            }
        }

        private static Mapping readMapping(SnapshotReader in) throws IOException {
            return new Mapping(in.number(), in.number(), in.number());
        }
    }

    /** How many mappings the device has. */
    public int count(long device) {
        OfDevice known = table.get(device);
        return known == null ? 0 : known.byIova.size() + known.unaddressed.size();
    }

    /** The seq of the oldest mapping that the device still has; 0 if it has none. */
    public long firstSeq(long device) {
        OfDevice known = table.get(device);
        if (known == null) {
            return 0;
        }
        long first = Long.MAX_VALUE;
        for (Mapping mapping : known.byIova.values()) {
            first = Math.min(first, mapping.seq);
        }
        for (Mapping mapping : known.unaddressed) {
            first = Math.min(first, mapping.seq);
        }
        return first;
    }

    void apply(DmaMap e) {
        if (!e.hasDevice()) {
            return;
        }
        OfDevice device = table.get(e.device());
        device = device != null ? device : table.create(e.device(), e.seq());
        Mapping mapping = new Mapping(e.page(), e.bo(), e.seq());
        if (e.hasIova()) {
            device.byIova.put(e.iova(), mapping);
        } else {
            device.unaddressed.add(mapping);
        }
    }

    void apply(DmaUnmap e) {
        if (e.hasDevice()) {
            end(table.get(e.device()), e);
            return;
        }
        // Whose mapping ends is not said: none may count as left.
        for (long device : table.ids()) {
            end(table.get(device), e);
        }
    }

    private void end(@Nullable OfDevice device, DmaUnmap e) {
        if (device != null) {
            device.end(e);
            if (device.isEmpty()) {
                table.remove(device);
            }
        }
    }

    void apply(DeviceRelease e) {
        OfDevice device = table.get(e.device());
        if (device != null) {
            table.remove(device);
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

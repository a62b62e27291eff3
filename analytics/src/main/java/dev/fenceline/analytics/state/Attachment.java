package dev.fenceline.analytics.state;

import dev.fenceline.event.DmaDirection;
import dev.fenceline.event.Event;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One importing device on one dma-buf: what the two agreed, its pins, and its mappings. */
public final class Attachment extends KernelObject {
    private static final int UNKNOWN = -1;

    long dmabuf = Event.ABSENT;
    long device = Event.ABSENT;
    int dynamic = UNKNOWN;
    int peer2peer = UNKNOWN;
    long attachSeq;
    int pins;
    long pinSeq;
    final List<SgMapping> mappings = new ArrayList<>(1);

    Attachment(long id) {
        super(id);
    }

    /** The dma-buf; {@link Event#ABSENT} if unknown. */
    public long dmabuf() {
        return dmabuf;
    }

    /** The device that imports; {@link Event#ABSENT} if unknown. */
    public long device() {
        return device;
    }

    /** Whether it is known whether the importer is dynamic. */
    public boolean isKindKnown() {
        return dynamic != UNKNOWN;
    }

    /** Whether the importer can have the buffer moved under it. */
    public boolean isDynamic() {
        return dynamic == 1;
    }

    /** Whether it is known whether both sides agreed on peer-to-peer. */
    public boolean isPeerToPeerKnown() {
        return peer2peer != UNKNOWN;
    }

    /** Whether the importer may be given memory of the exporting device. */
    public boolean isPeerToPeer() {
        return peer2peer == 1;
    }

    /** The seq of its attach; 0 if not seen. */
    public long attachSeq() {
        return attachSeq;
    }

    /** How often it has the buffer pinned. */
    public int pins() {
        return pins;
    }

    /** The seq of the pin that made it pinned; 0 while it is not. */
    public long pinSeq() {
        return pinSeq;
    }

    /** Its mappings, the oldest first. */
    public List<SgMapping> mappings() {
        return mappings;
    }

    /** The newest mapping of that table, or, where none is stated, the newest of all; null if there is none. */
    public @Nullable SgMapping mapping(long table) {
        for (int i = mappings.size() - 1; i >= 0; i--) {
            if (table == Event.ABSENT || mappings.get(i).isOf(table)) {
                return mappings.get(i);
            }
        }
        return null;
    }

    /** The mapping that an unmap of that table and direction undoes; null if there is none. */
    public @Nullable SgMapping mapping(long table, DmaDirection direction) {
        for (SgMapping mapping : mappings) {
            boolean sameTable = table == Event.ABSENT || mapping.sgTable == Event.ABSENT || mapping.isOf(table);
            boolean sameWay = direction == DmaDirection.UNKNOWN
                    || mapping.direction == DmaDirection.UNKNOWN
                    || direction == mapping.direction;
            if (sameTable && sameWay) {
                return mapping;
            }
        }
        return null;
    }

    void setDynamic(boolean value) {
        dynamic = value ? 1 : 0;
    }

    void setPeerToPeer(boolean value) {
        peer2peer = value ? 1 : 0;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(dmabuf);
        out.number(device);
        out.number(dynamic);
        out.number(peer2peer);
        out.number(attachSeq);
        out.number(pins);
        out.number(pinSeq);
        out.number(mappings.size());
        for (SgMapping mapping : mappings) {
            mapping.write(out);
        }
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        dmabuf = in.number();
        device = in.number();
        dynamic = (int) in.number();
        peer2peer = (int) in.number();
        attachSeq = in.number();
        pins = in.count();
        pinSeq = in.number();
        int size = in.count();
        for (int i = 0; i < size; i++) {
            SgMapping mapping = new SgMapping();
            mapping.read(in);
            mappings.add(mapping);
        }
    }
}

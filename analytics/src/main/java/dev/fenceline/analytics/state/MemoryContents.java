package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Whose data is in VRAM ranges and in system pages. */
public final class MemoryContents implements StatePart {
    private final SessionFacts session;
    private final Devices devices;
    private final Resources resources;
    private final VramContents vram = new VramContents();
    private final ObjectTable<SystemPages> table = new ObjectTable<>(SystemPages::new);

    MemoryContents(SessionFacts session, Devices devices, Resources resources) {
        this.session = session;
        this.devices = devices;
        this.resources = resources;
    }

    /** What the system pages of a BO hold. */
    public enum Content {
        /** Nothing, or what the BO held before. */
        OWN,
        /** What was in the pages before the BO got them. */
        FOREIGN,
        /** No event says. */
        UNKNOWN
    }

    /** The system pages of one BO while it has some. */
    public static final class SystemPages extends KernelObject {
        private static final Content[] CONTENTS = Content.values();

        Content content = Content.UNKNOWN;
        long seq;

        SystemPages(long id) {
            super(id);
        }

        /** What they hold. */
        public Content content() {
            return content;
        }

        /** The seq since which they do. */
        public long seq() {
            return seq;
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.symbol(content);
            out.number(seq);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            content = in.symbol(CONTENTS);
            seq = in.number();
        }
    }

    /** What is in VRAM. */
    public VramContents vram() {
        return vram;
    }

    /** The system pages of the BO; null if none were populated that the recording shows. */
    public @Nullable SystemPages pages(long bo) {
        return table.get(bo);
    }

    /** The device of a client: where it has it open, or the only one of the fragment; {@link Event#ABSENT} if unknown. */
    public long deviceOf(long client) {
        Devices.Client known = devices.client(client);
        return known != null && known.device != Event.ABSENT ? known.device : session.soleObject("device");
    }

    void apply(VramWrite e) {
        if (e.hasStart() && e.hasEnd()) {
            vram.write(deviceOf(e.client()), e.start(), e.end(), e.client(), e.seq());
        }
    }

    /** A wipe by the kernel is no client's: then it is of the device whose resource lies there. */
    private long deviceOf(long client, long start, long end) {
        long device = deviceOf(client);
        return device != Event.ABSENT ? device : resources.deviceAt(start, end);
    }

    void apply(VramClear e) {
        vram.clear(deviceOf(e.client(), e.start(), e.end()), e.start(), e.end());
    }

    void apply(VramCleanHit e) {
        vram.clear(deviceOf(e.client(), e.start(), e.end()), e.start(), e.end());
    }

    /** A move overwrites the range with what the BO holds. */
    void apply(VramFill e) {
        if (e.hasClient() && e.hasStart() && e.hasEnd()) {
            vram.write(deviceOf(e.client()), e.start(), e.end(), e.client(), e.seq());
        } else {
            vram.clear(deviceOf(e.client(), e.start(), e.end()), e.start(), e.end());
        }
    }

    void apply(TtPopulate e) {
        if (!e.hasBo() || (e.hasResult() && e.result() < 0) || table.get(e.bo()) != null) {
            return;
        }
        boolean external = "SG".equals(e.type());
        Content content = e.hasZeroed() ? (e.zeroed() ? Content.OWN : Content.FOREIGN) : Content.UNKNOWN;
        hold(e.bo(), external ? Content.OWN : content, e.seq());
    }

    void apply(TtClear e) {
        if (!(e.hasResult() && e.result() < 0)) {
            hold(e.bo(), Content.OWN, e.seq());
        }
    }

    void apply(TtSwapin e) {
        if (!(e.hasResult() && e.result() < 0)) {
            hold(e.bo(), Content.OWN, e.seq());
        }
    }

    /** A backup that frees the pages leaves the BO without any. */
    void apply(TtBackup e) {
        if (e.freed() && !(e.hasResult() && e.result() < 0)) {
            leave(e.bo());
        }
    }

    /** A move into system pages overwrites them all, unless the pages stay the same or there is nothing to copy. */
    void apply(BoMove e, Placement left) {
        boolean toPages = e.to() == Placement.SYSTEM || e.to() == Placement.TT;
        if (!toPages || table.get(e.bo()) == null) {
            return;
        }
        boolean samePages = left == Placement.SYSTEM || left == Placement.TT;
        boolean fills = switch (e.kind()) {
            case CLEAR -> true;
            case BLIT, MEMCPY -> !e.lacksSource();
            case NULL -> false;
            case UNKNOWN -> !samePages && left != Placement.UNKNOWN && !e.lacksSource();
        };
        if (fills) {
            hold(e.bo(), Content.OWN, e.seq());
        }
    }

    private void hold(long bo, Content content, long seq) {
        if (bo == Event.ABSENT) {
            return;
        }
        SystemPages pages = table.get(bo);
        pages = pages != null ? pages : table.create(bo, seq);
        pages.content = content;
        pages.seq = seq;
    }

    /** The pages are no longer the BO's. */
    void leave(long bo) {
        SystemPages pages = table.get(bo);
        if (pages != null) {
            table.remove(pages);
        }
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        vram.write(out);
        table.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        vram.read(in);
        table.read(in);
    }
}

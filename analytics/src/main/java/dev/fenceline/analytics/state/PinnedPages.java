package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.PagePin;
import dev.fenceline.event.PageUnpin;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The userptr pages that drivers pin with pin_user_pages, and those that were unpinned lately. */
public final class PinnedPages implements StatePart {
    private final ObjectTable<Pinned> table = new ObjectTable<>(Pinned::new);

    PinnedPages() {}

    /** A page that is or was pinned. */
    public static final class Pinned extends KernelObject {
        long notifier = Event.ABSENT;
        long number = Event.ABSENT;
        long pinSeq;
        long count;

        Pinned(long page) {
            super(page);
        }

        /** The notifier it was last pinned under; {@link Event#ABSENT} if unknown. */
        public long notifier() {
            return notifier;
        }

        /** The seq of its last pin. */
        public long pinSeq() {
            return pinSeq;
        }

        /** Whether an invalidation of the notifier came between the begin of the fetch that pinned it and now. */
        public boolean isInvalidated(Notifier of) {
            boolean numbered = number != Event.ABSENT && of.number() != Event.ABSENT;
            return of.setSeq() > 0 && (numbered ? number != of.number() : of.setSeq() > pinSeq);
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(notifier);
            out.number(number);
            out.number(pinSeq);
            out.number(count);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            notifier = in.number();
            number = in.number();
            pinSeq = in.number();
            count = in.number();
        }
    }

    /** The page, also if its last pin was dropped a short while ago; null if no pin of it was seen. */
    public @Nullable Pinned page(long id) {
        return id == Event.ABSENT ? null : table.find(id);
    }

    void apply(PagePin e) {
        if (!e.hasPage()) {
            return;
        }
        Pinned page = table.get(e.page());
        if (page == null) {
            page = table.create(e.page(), e.seq());
        }
        page.count++;
        page.pinSeq = e.seq();
        page.number = e.seqValue();
        if (e.hasNotifier()) {
            page.notifier = e.notifier();
        }
    }

    void apply(PageUnpin e) {
        Pinned page = table.get(e.page());
        if (page != null && --page.count == 0) {
            table.depart(page, e.seq());
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

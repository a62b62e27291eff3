package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.collections.LongArrayList;
import org.agrona.collections.LongHashSet;
import org.jspecify.annotations.Nullable;

/** Which client may use which buffer object. */
public final class Grants implements StatePart {
    /** Stands for a handle whose number no event told. */
    static final long SOME_HANDLE = -1;

    final ObjectTable<Shares> table = new ObjectTable<>(Shares::new);
    /** The BOs of which a client holds something, or held. */
    private final Long2ObjectHashMap<LongHashSet> byClient = new Long2ObjectHashMap<>();

    Grants() {}

    /** Who holds a BO. */
    public static final class Shares extends KernelObject {
        /** Whether everybody who holds it is known: its first holder was told. */
        boolean known;

        final List<Share> clients = new ArrayList<>(2);

        Shares(long bo) {
            super(bo);
        }

        /** Whether it is known from the start who holds it. */
        public boolean areKnown() {
            return known;
        }

        /** What the client holds of it; null if nothing was ever told. */
        public @Nullable Share of(long client) {
            for (Share share : clients) {
                if (share.client == client) {
                    return share;
                }
            }
            return null;
        }

        Share touch(long client) {
            Share share = of(client);
            if (share == null) {
                share = new Share(client);
                clients.add(share);
            }
            return share;
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.flag(known);
            out.number(clients.size());
            for (Share share : clients) {
                share.write(out);
            }
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            known = in.flag();
            int count = in.count();
            for (int i = 0; i < count; i++) {
                Share share = new Share(in.number());
                share.read(in);
                clients.add(share);
            }
        }
    }

    /** What one client holds of a BO, or held. */
    public static final class Share {
        final long client;
        final LongArrayList handles = new LongArrayList();
        /** Start and end of each CPU mapping; an unknown extent is absent. */
        final LongArrayList mappings = new LongArrayList();

        long revokeSeq;

        Share(long client) {
            this.client = client;
        }

        /** Whether it has a handle. */
        public boolean hasHandle() {
            return !handles.isEmpty();
        }

        /** Whether it has mapped the BO. */
        public boolean isMapped() {
            return !mappings.isEmpty();
        }

        /** The seq at which it lost its last handle; 0 if it did not. */
        public long revokeSeq() {
            return revokeSeq;
        }

        private void write(SnapshotWriter out) throws IOException {
            out.number(client);
            out.numbers(handles);
            out.numbers(mappings);
            out.number(revokeSeq);
        }

        private void read(SnapshotReader in) throws IOException {
            in.numbers(handles);
            in.numbers(mappings);
            revokeSeq = in.number();
        }
    }

    /** Who holds the BO; null if no event told of anybody. */
    public @Nullable Shares of(long bo) {
        return table.get(bo);
    }

    void apply(BoCreate e) {
        if (e.hasBo() && e.hasClient()) {
            Shares shares = touch(e.bo(), e.seq());
            shares.known = true;
            Share creator = touch(shares, e.client());
            if (creator.handles.isEmpty()) {
                creator.handles.addLong(SOME_HANDLE);
            }
        }
    }

    void apply(BoGrant e) {
        if (!e.hasBo() || !e.hasClient() || (e.hasResult() && e.result() < 0)) {
            return;
        }
        Shares shares = touch(e.bo(), e.seq());
        shares.known |= e.how() == GrantHow.CREATE;
        Share share = touch(shares, e.client());
        long handle = e.hasHandle() ? e.handle() : SOME_HANDLE;
        if (share.handles.containsLong(handle)) {
            return;
        }
        // Only a flink name gives a second handle; the others return the one there is: drm_prime.c.
        int unnamed = share.handles.indexOf(SOME_HANDLE);
        if (unnamed >= 0 && e.how() != GrantHow.FLINK) {
            share.handles.removeAt(unnamed);
        }
        share.handles.addLong(handle);
        share.revokeSeq = 0;
    }

    void apply(BoRevoke e) {
        if (!e.hasBo() || !e.hasClient() || (e.hasResult() && e.result() < 0)) {
            return;
        }
        Share share = touch(touch(e.bo(), e.seq()), e.client());
        int i = e.hasHandle() ? share.handles.indexOf(e.handle()) : share.handles.size() - 1;
        i = i < 0 ? share.handles.indexOf(SOME_HANDLE) : i;
        if (i >= 0) {
            share.handles.removeAt(i);
        }
        if (share.handles.isEmpty()) {
            share.revokeSeq = e.seq();
        }
    }

    void apply(BoMmap e) {
        if (e.hasBo() && e.hasClient() && !(e.hasResult() && e.result() < 0 && e.result() >= -4095)) {
            Share share = touch(touch(e.bo(), e.seq()), e.client());
            boolean extent = e.hasAddress() && e.hasLength();
            share.mappings.addLong(extent ? e.address() : Event.ABSENT);
            share.mappings.addLong(extent ? e.address() + e.length() : Event.ABSENT);
        }
    }

    void apply(BoMunmap e) {
        Shares shares = table.get(e.bo());
        Share share = shares == null ? null : shares.of(e.client());
        if (share == null || (e.hasResult() && e.result() < 0)) {
            return;
        }
        for (int i = share.mappings.size() - 2; i >= 0; i -= 2) {
            long start = share.mappings.getLong(i);
            long end = share.mappings.getLong(i + 1);
            boolean whole = start == Event.ABSENT
                    || !e.hasAddress()
                    || (e.address() <= start && (!e.hasLength() || e.address() + e.length() >= end));
            if (whole) {
                share.mappings.removeAt(i + 1);
                share.mappings.removeAt(i);
                return;
            }
        }
    }

    void apply(ClientClose e) {
        LongHashSet bos = byClient.get(e.client());
        if (bos == null || !e.hasClient()) {
            return;
        }
        // What one BO loses does not depend on the others: the order means nothing.
        LongHashSet.LongIterator each = bos.iterator();
        while (each.hasNext()) {
            Shares shares = table.get(each.nextValue());
            Share share = shares == null ? null : shares.of(e.client());
            if (share != null) {
                share.handles.clear();
                share.revokeSeq = e.seq();
            }
        }
    }

    void apply(BoDestroy e) {
        Shares shares = table.get(e.bo());
        if (shares == null) {
            return;
        }
        table.remove(shares);
        for (Share share : shares.clients) {
            LongHashSet bos = byClient.get(share.client);
            if (bos != null && bos.remove(e.bo()) && bos.isEmpty()) {
                byClient.remove(share.client);
            }
        }
    }

    private void index(long bo, long client) {
        LongHashSet bos = byClient.get(client);
        if (bos == null) {
            bos = new LongHashSet();
            byClient.put(client, bos);
        }
        bos.add(bo);
    }

    private Share touch(Shares shares, long client) {
        index(shares.id, client);
        return shares.touch(client);
    }

    private Shares touch(long bo, long seq) {
        Shares shares = table.get(bo);
        return shares != null ? shares : table.create(bo, seq);
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        table.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        table.read(in);
        for (long bo : table.ids()) {
            Shares shares = table.get(bo);
            for (Share share : shares == null ? List.<Share>of() : shares.clients) {
                index(bo, share.client);
            }
        }
    }
}

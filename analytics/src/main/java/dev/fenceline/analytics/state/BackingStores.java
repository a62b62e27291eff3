package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The backing stores in system memory of a BO and of the ghosts split off from it: each population is a generation.
 *
 * <p>The family shares its stores, because a ghost takes one over while the BO gets the next.
 */
public final class BackingStores extends KernelObject {
    /** The generation of a store whose number no event has told yet. */
    static final long UNNAMED = 0;

    private static final int REMEMBERED_DEAD = 8;

    final List<Store> stores = new ArrayList<>(2);
    int owners;

    BackingStores(long id) {
        super(id);
    }

    /** One population: its pages from populate to unpopulate. */
    public static final class Store {
        long generation;
        long populatedSeq;
        long endedSeq;
        long readerFence = Event.ABSENT;
        long readerSeq;

        Store(long generation) {
            this.generation = generation;
        }

        /** Which population of the family. */
        public long generation() {
            return generation;
        }

        /** The seq of the populate; 0 if the store was there before it was mentioned. */
        public long populatedSeq() {
            return populatedSeq;
        }

        /** The seq of the event that gave the pages back; 0 while they are there. */
        public long endedSeq() {
            return endedSeq;
        }

        /** The fence of the move that copies out of the store; {@link Event#ABSENT} if none was submitted. */
        public long readerFence() {
            return readerFence;
        }

        /** The seq at which that move was submitted. */
        public long readerSeq() {
            return readerSeq;
        }
    }

    /** The store of that generation; null if it is not known. */
    public @Nullable Store store(long generation) {
        for (int i = stores.size() - 1; i >= 0; i--) {
            Store store = stores.get(i);
            if (store.generation == generation) {
                return store;
            }
        }
        return null;
    }

    /**
     * The store of the BO that an event is about: of the generation it states, or else the current one; null if it is not
     * known. The first number told of a store that had none names it.
     */
    public @Nullable Store storeOf(BufferObject bo, long generation) {
        Store store = store(generation == Event.ABSENT ? bo.generation : generation);
        if (store != null || bo.generation != UNNAMED) {
            return store;
        }
        Store unnamed = store(UNNAMED);
        return unnamed == null || unnamed.endedSeq > 0 ? null : unnamed;
    }

    Store populate(long generation, long seq) {
        Store store = store(generation);
        if (store == null || store.endedSeq > 0) {
            if (store != null) {
                stores.remove(store);
            }
            store = new Store(generation);
            store.populatedSeq = seq;
            stores.add(store);
            forgetOldest();
        }
        return store;
    }

    private void forgetOldest() {
        int dead = 0;
        for (Store store : stores) {
            if (store.endedSeq > 0) {
                dead++;
            }
        }
        for (int i = 0; i < stores.size() && dead > REMEMBERED_DEAD; i++) {
            if (stores.get(i).endedSeq > 0) {
                stores.remove(i--);
                dead--;
            }
        }
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(owners);
        out.number(stores.size());
        for (Store store : stores) {
            out.number(store.generation);
            out.number(store.populatedSeq);
            out.number(store.endedSeq);
            out.number(store.readerFence);
            out.number(store.readerSeq);
        }
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        owners = in.count();
        int size = in.count();
        for (int i = 0; i < size; i++) {
            Store store = new Store(in.number());
            store.populatedSeq = in.number();
            store.endedSeq = in.number();
            store.readerFence = in.number();
            store.readerSeq = in.number();
            stores.add(store);
        }
    }

    /** The generation after the last one known; 1 if none is. */
    long nextGeneration() {
        long last = 0;
        for (Store store : stores) {
            last = Math.max(last, store.generation);
        }
        return last + 1;
    }
}

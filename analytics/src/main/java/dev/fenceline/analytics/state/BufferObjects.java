package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The buffer objects of TTM, their pins, moves, reservations and backing stores. */
public final class BufferObjects implements StatePart {
    /** How many submitted moves of a BO are remembered, where no event tells that their copies start; a number of ours. */
    private static final int MOVES_IN_FLIGHT = 8;

    private final StreamLedger ledger;
    private final SessionFacts session;
    private final Reservations reservations;
    private final Devices devices;
    private final AddressSpaces spaces;
    final ObjectTable<BufferObject> table = new ObjectTable<>(BufferObject::new);
    final ObjectTable<BackingStores> stores = new ObjectTable<>(BackingStores::new);

    BufferObjects(
            StreamLedger ledger,
            SessionFacts session,
            Reservations reservations,
            Devices devices,
            AddressSpaces spaces) {
        this.ledger = ledger;
        this.session = session;
        this.reservations = reservations;
        this.devices = devices;
        this.spaces = spaces;
    }

    /** The BO of that id, also if it was destroyed a short while ago; null if it was never mentioned. */
    public @Nullable BufferObject bo(long id) {
        return table.find(id);
    }

    /** How many BOs exist. */
    public int size() {
        return table.size();
    }

    /** The backing stores that the BO and its ghosts have or had. */
    public @Nullable BackingStores stores(BufferObject bo) {
        return stores.find(bo.family);
    }

    /**
     * The reservation the BO points to now: what an event said last, or else the one that a fence was added to for it, or
     * else the one of its own name, or else the one of its
     * VM, or else the only one of the fragment. {@link Event#ABSENT} if unknown.
     */
    public long resvOf(BufferObject bo) {
        if (bo.resv != Event.ABSENT) {
            return bo.resv;
        }
        if (bo.fencedResv != Event.ABSENT) {
            return bo.fencedResv;
        }
        if (reservations.reservation(bo.id) != null && !reservations.hasStatedUser(bo.id)) {
            return bo.id;
        }
        return bo.vm != Event.ABSENT ? spaces.resvOf(bo.vm) : session.soleObject("resv");
    }

    /** Whether {@link #resvOf} only guesses, from there being one reservation in a fragment. */
    public boolean isResvGuessed(@Nullable BufferObject bo, long id) {
        boolean told =
                bo != null && (bo.resv != Event.ABSENT || bo.fencedResv != Event.ABSENT || bo.vm != Event.ABSENT);
        return !told && (reservations.reservation(id) == null || reservations.hasStatedUser(id));
    }

    /** As {@link #resvOf(BufferObject)}, also for a BO that was not mentioned yet. */
    public long resvOf(@Nullable BufferObject bo, long id) {
        if (bo != null) {
            return resvOf(bo);
        }
        boolean own = reservations.reservation(id) != null && !reservations.hasStatedUser(id);
        return own ? id : session.soleObject("resv");
    }

    void apply(BoCreate e) {
        if (!e.hasBo()) {
            return;
        }
        BufferObject earlier = table.get(e.bo());
        BufferObject bo = table.create(e.bo(), e.seq());
        if (earlier != null && earlier.assumed) {
            // amdgpu moves and pins a BO before it reports the creation: what happened so far belongs to this BO.
            copyEarlyLife(earlier, bo);
        }
        bo.device = e.device();
        bo.client = e.client();
        bo.vm = e.vm();
        use(bo, e.resv(), e.seq());
        bo.type = e.type();
        bo.placement = e.placement();
        bo.size = e.size();
        bo.blocks = e.blocks();
        if (e.type() == BoType.SG) {
            bo.externalSeq = e.seq();
        }
        if (bo.populatedSeq == 0 && !e.populated()) {
            bo.emptySeq = e.seq();
        }
    }

    private static void copyEarlyLife(BufferObject from, BufferObject to) {
        to.pins = from.pins;
        to.pinSeq = from.pinSeq;
        to.moveBeginSeq = from.moveBeginSeq;
        to.generation = from.generation;
        to.populatedSeq = from.populatedSeq;
        to.emptySeq = from.emptySeq;
        to.unpinSeq = from.unpinSeq;
        to.refs = from.refs;
        to.moveSeq = from.moveSeq;
        to.moveTo = from.moveTo;
        to.commitSeq = from.commitSeq;
        to.pagesGoneSeq = from.pagesGoneSeq;
        to.temporarySeq = from.temporarySeq;
        to.externalSeq = from.externalSeq;
        to.resource = from.resource;
        to.resourceSeq = from.resourceSeq;
    }

    void apply(BoPin e) {
        BufferObject bo = touch(e.bo(), e.seq());
        if (bo != null && bo.pins++ == 0) {
            bo.pinSeq = e.seq();
            bo.unpinSeq = 0;
        }
    }

    void apply(BoUnpin e) {
        BufferObject bo = touch(e.bo(), e.seq());
        if (bo != null && bo.pins > 0 && --bo.pins == 0) {
            bo.pinSeq = 0;
            bo.unpinSeq = e.seq();
        }
    }

    void apply(BoMoveBegin e) {
        BufferObject bo = touch(e.bo(), e.seq());
        if (bo != null) {
            bo.moveBeginSeq = e.seq();
            bo.moveSeq = 0;
            bo.moveTo = e.to();
            bo.movedAtSuspend = devices.isSuspended(bo.device);
        }
    }

    void apply(BoMove e) {
        BufferObject bo = touch(e.bo(), e.seq());
        if (bo == null) {
            return;
        }
        // One beginning leads to one submitted move; a capture may hold neither the commit nor the next beginning.
        bo.moveBeginSeq = 0;
        bo.moveSeq = e.seq();
        if (e.hasFence() || e.kind() == MoveKind.BLIT) {
            if (bo.submittedMoves.depth() == MOVES_IN_FLIGHT) {
                bo.submittedMoves.leave(0);
            }
            bo.submittedMoves.enter(e.fence(), Event.ABSENT, e.seq());
        }
        bo.left = e.from() == Placement.UNKNOWN ? bo.placement : e.from();
        readsOldPages(bo, e);
        bo.blocks = null;
        if (e.to() != Placement.UNKNOWN) {
            bo.placement = e.to();
            bo.moveTo = e.to();
        }
    }

    /** A copy out of system memory reads the pages the BO has now, until its fence is done. */
    private void readsOldPages(BufferObject bo, BoMove e) {
        boolean fromPages = bo.left == Placement.TT || bo.left == Placement.SYSTEM || bo.left == Placement.UNKNOWN;
        if (!isCopy(e) || !fromPages || (isInPages(e.to()) && bo.left == Placement.UNKNOWN)) {
            return;
        }
        BackingStores family = touchStores(bo, e.seq());
        if (bo.generation == Event.ABSENT) {
            bo.generation = BackingStores.UNNAMED;
            family.stores.add(new BackingStores.Store(bo.generation));
        }
        BackingStores.Store store = family.store(bo.generation);
        if (store != null && store.endedSeq == 0) {
            store.readerFence = e.fence();
            store.readerSeq = e.seq();
        }
    }

    /** Whether the move is a copy that an engine makes. */
    static boolean isCopy(BoMove e) {
        boolean copies = e.kind() == MoveKind.BLIT || e.kind() == MoveKind.UNKNOWN;
        return e.hasFence() && copies && !e.lacksSource();
    }

    /** Whether a BO placed there has its contents in pages of system memory. */
    private static boolean isInPages(Placement placement) {
        return placement == Placement.TT || placement == Placement.SYSTEM;
    }

    void apply(BoValidate e) {
        BufferObject bo = touch(e.bo(), e.seq());
        if (bo != null && !(e.hasResult() && e.result() < 0)) {
            // What was moved is in place: a capture may not show the commit.
            bo.moveSeq = 0;
        }
    }

    /** Where the BO was before the move that was just folded in; UNKNOWN if nothing said. */
    Placement left(BoMove e) {
        BufferObject bo = bo(e.bo());
        return bo == null ? Placement.UNKNOWN : bo.left;
    }

    void apply(BoCopyStart e) {
        BufferObject bo = touch(e.bo(), e.seq());
        int move = bo == null ? -1 : submittedMove(bo, e);
        // Copies of a BO start in the order of its moves.
        for (int i = move; bo != null && i >= 0; i--) {
            bo.submittedMoves.leave(i);
        }
    }

    /** The submitted move whose copy starts: the one with that fence, or else the first; negative if none is known. */
    public static int submittedMove(BufferObject bo, BoCopyStart e) {
        int named = e.hasFence() ? bo.submittedMoves.indexOf(e.fence()) : -1;
        return named >= 0 || bo.submittedMoves.isEmpty() ? named : 0;
    }

    void apply(BoMoveCommit e) {
        BufferObject bo = touch(e.bo(), e.seq());
        if (bo != null) {
            bo.moveBeginSeq = 0;
            bo.moveSeq = 0;
            bo.moveTo = Placement.UNKNOWN;
            bo.commitSeq = e.seq();
            bo.blocks = null;
            bo.temporarySeq = e.temporary() ? e.seq() : 0;
            bo.swapoutTrySeq = 0;
            if (e.to() != Placement.UNKNOWN) {
                bo.placement = e.to();
            }
        }
    }

    void apply(BoMoveFail e) {
        BufferObject bo = touch(e.bo(), e.seq());
        if (bo != null) {
            bo.moveBeginSeq = 0;
            bo.moveSeq = 0;
            bo.swapoutTrySeq = 0;
        }
    }

    /** A walk that came to the BO is busy with it until an event tells the result. */
    void apply(BoSwapoutTry e) {
        BufferObject bo = touch(e.bo(), e.seq());
        if (bo != null) {
            bo.swapoutTrySeq = e.hasResult() ? 0 : e.seq();
            bo.swapoutTryTid = e.tid();
        }
    }

    void apply(BoGhost e) {
        BufferObject bo = touch(e.bo(), e.seq());
        if (bo == null || !e.hasGhost()) {
            return;
        }
        // A ghost is a copy of the BO as it was before the move, but unpinned and with a reservation of its own.
        BufferObject ghost = table.create(e.ghost(), e.seq());
        ghost.device = bo.device;
        ghost.client = bo.client;
        ghost.type = bo.type;
        ghost.placement = bo.moveBeginSeq > 0 ? bo.placement : bo.left;
        use(ghost, e.ghost(), e.seq());
        ghost.ghost = true;
        ghost.family = bo.family;
        BackingStores family = stores.get(bo.family);
        if (family != null) {
            family.owners++;
        }
        // The pages go with the ghost unless the BO moves into pages, which are then its new ones.
        if (isInPages(bo.moveTo) || (bo.moveTo == Placement.UNKNOWN && bo.placement == Placement.VRAM)) {
            return;
        }
        ghost.generation = bo.generation;
        ghost.populatedSeq = bo.populatedSeq;
        ghost.emptySeq = bo.emptySeq;
        ghost.externalSeq = bo.externalSeq;
        bo.generation = Event.ABSENT;
        bo.populatedSeq = 0;
        bo.emptySeq = e.seq();
    }

    /** Whether the event of that seq left the BO without pages of system memory. */
    boolean isWithoutPages(long id, long seq) {
        BufferObject bo = table.get(id);
        return bo != null && bo.emptySeq == seq;
    }

    void apply(ResvSet e) {
        BufferObject bo = touch(e.bo(), e.seq());
        if (bo != null && e.hasResv() && !(e.hasResult() && e.result() < 0)) {
            use(bo, e.resv(), e.seq());
        }
    }

    private void use(BufferObject bo, long resv, long seq) {
        reservations.join(resv);
        reservations.leave(bo.resv, seq);
        bo.resv = resv;
    }

    /** A fence is added to a reservation for the sake of the BO. */
    void apply(ResvAddFence e) {
        if (e.hasBo() && e.hasResv()) {
            BufferObject bo = touch(e.bo(), e.seq());
            if (bo != null) {
                bo.fencedResv = e.resv();
            }
        }
    }

    void apply(BoIndividualize e) {
        BufferObject bo = touch(e.bo(), e.seq());
        if (bo == null) {
            return;
        }
        if (e.type() != BoType.UNKNOWN) {
            bo.type = e.type();
        }
        if (e.hasResult() && e.result() < 0) {
            bo.individualizeFailed = true;
            return;
        }
        long before = resvOf(bo);
        long own = e.hasResv() ? e.resv() : bo.id;
        bo.individualizeSeq = e.seq();
        bo.ownResv = own;
        bo.individualizedFromUnknown = before == Event.ABSENT;
        Reservation shared = reservations.reservation(before);
        Reservation individual = reservations.touch(own, e.seq());
        if (shared != null && individual != null && before != own) {
            reservations.copy(shared, individual, e.seq());
        }
        if (bo.type != BoType.SG) {
            // An imported BO keeps pointing to the exporter's reservation; the copy is what its destruction waits for.
            use(bo, own, e.seq());
        }
    }

    void apply(BoGet e) {
        reference(touch(e.bo(), e.seq()));
    }

    void apply(BoLookup e) {
        if (!(e.hasResult() && e.result() < 0)) {
            reference(touch(e.bo(), e.seq()));
        }
    }

    private static void reference(@Nullable BufferObject bo) {
        if (bo != null) {
            bo.refs++;
            bo.zeroSeq = 0;
        }
    }

    void apply(BoPut e) {
        BufferObject bo = touch(e.bo(), e.seq());
        if (bo != null && bo.refs > 0 && --bo.refs == 0) {
            bo.zeroSeq = e.seq();
        }
    }

    void apply(BoDelayedDestroy e) {
        BufferObject bo = touch(e.bo(), e.seq());
        if (bo != null) {
            bo.deletedSeq = e.seq();
            bo.refs = 1;
            bo.zeroSeq = 0;
        }
    }

    void apply(BoRelease e) {
        BufferObject bo = touch(e.bo(), e.seq());
        if (bo != null) {
            if (bo.deletedSeq == 0 || e.deleted()) {
                bo.refs = 0;
                bo.zeroSeq = bo.zeroSeq > 0 ? bo.zeroSeq : e.seq();
            }
            if (bo.releaseSeq == 0) {
                bo.releaseSeq = e.seq();
            }
            // ttm_bo_release drops the pins of a BO that was released pinned, so that it can still be evicted.
            bo.pins = 0;
            bo.pinSeq = 0;
        }
    }

    /** Nobody moves a BO whose last reference is gone: what it had is given back for good (ttm_bo_cleanup_memtype_use). */
    void apply(ResourceFree e) {
        BufferObject bo = e.hasBo() ? table.get(e.bo()) : null;
        if (bo != null && bo.releaseSeq > 0) {
            bo.placement = Placement.SYSTEM;
        }
    }

    void apply(BoDestroy e) {
        BufferObject bo = touch(e.bo(), e.seq());
        if (bo == null) {
            return;
        }
        if (bo.departed > 0) {
            return;
        }
        if (bo.ownResv != Event.ABSENT && bo.ownResv != bo.resv) {
            reservations.remove(bo.ownResv, e.seq());
        }
        if (bo.resv != Event.ABSENT) {
            reservations.leave(bo.resv, e.seq());
        } else if (!reservations.hasStatedUser(bo.id)) {
            reservations.remove(bo.id, e.seq());
        }
        bo.refs = 0;
        bo.zeroSeq = bo.zeroSeq > 0 ? bo.zeroSeq : e.seq();
        table.depart(bo, e.seq());
        BackingStores family = stores.get(bo.family);
        if (family != null && --family.owners <= 0) {
            stores.depart(family, e.seq());
        }
    }

    void apply(TtPopulate e) {
        if (!(e.hasResult() && e.result() < 0)) {
            populated(e.bo(), e.generation(), e.seq());
            tellsOwner(e.bo(), e.type(), e.seq());
        }
    }

    /** Imported tables and user pages are external to TTM: it neither swaps nor frees them. */
    private void tellsOwner(long id, @Nullable String type, long seq) {
        BufferObject bo = table.get(id);
        if (bo != null && bo.externalSeq == 0 && isExternal(type)) {
            bo.externalSeq = seq;
        }
    }

    /** Whether pages of that type belong to somebody else than TTM. */
    public static boolean isExternal(@Nullable String type) {
        return type != null
                && (type.equalsIgnoreCase("SG")
                        || type.equalsIgnoreCase("USERPTR")
                        || type.regionMatches(true, 0, "EXTERNAL", 0, 8));
    }

    void apply(TtSwapin e) {
        if (!(e.hasResult() && e.result() < 0)) {
            populated(e.bo(), e.generation(), e.seq());
        }
    }

    private void populated(long id, long generation, long seq) {
        BufferObject bo = touch(id, seq);
        if (bo == null) {
            return;
        }
        bo.emptySeq = 0;
        bo.swappingSeq = 0;
        BackingStores family = touchStores(bo, seq);
        BackingStores.Store current = bo.generation == Event.ABSENT ? null : family.store(bo.generation);
        boolean populated = current != null && current.endedSeq == 0 && bo.populatedSeq > 0;
        if (populated && (generation == Event.ABSENT || generation == bo.generation)) {
            // Populating what is populated changes nothing.
            return;
        }
        if (current != null && current.endedSeq == 0 && family.owners <= 1 && ledger.holds(Stream.GHOST)) {
            // Nobody took the old store over, so it must have gone.
            current.endedSeq = seq;
        }
        bo.generation = generation != Event.ABSENT ? generation : family.nextGeneration();
        bo.populatedSeq = family.populate(bo.generation, seq).populatedSeq;
    }

    void apply(TtUnpopulate e) {
        // The pages of an external store (an imported dma-buf) stay with their owner.
        BufferObject bo = touch(e.bo(), e.seq());
        if (bo == null || (e.hasResult() && e.result() < 0)) {
            return;
        }
        boolean kept = e.hasFreed() ? !e.freed() : bo.type == BoType.SG;
        if (kept) {
            bo.externalSeq = bo.externalSeq > 0 ? bo.externalSeq : e.seq();
        } else {
            boolean swaps = e.reason() == UnpopulateReason.SWAP && bo.emptySeq == 0;
            ended(e.bo(), e.generation(), e.seq());
            // ttm_tt_swapout unpopulates before it returns: its own event may come second.
            bo.swappingSeq = swaps ? e.seq() : bo.swappingSeq;
        }
    }

    void apply(TtSwapout e) {
        if (!(e.hasResult() && e.result() < 0) && !(e.hasFreed() && !e.freed())) {
            ended(e.bo(), e.generation(), e.seq());
            swappedOut(e.bo());
        }
    }

    private void swappedOut(long id) {
        BufferObject bo = table.get(id);
        if (bo != null) {
            bo.swappingSeq = 0;
        }
    }

    void apply(TtBackup e) {
        // A backup that does not say that it freed the pages may have only copied them.
        if (e.freed() && !(e.hasResult() && e.result() < 0)) {
            ended(e.bo(), e.generation(), e.seq());
        }
    }

    void apply(TtDestroy e) {
        if (!(e.hasFreed() && !e.freed())) {
            ended(e.bo(), e.generation(), e.seq());
        }
    }

    private void ended(long id, long generation, long seq) {
        BufferObject bo = touch(id, seq);
        if (bo == null) {
            return;
        }
        BackingStores family = touchStores(bo, seq);
        BackingStores.Store store = family.storeOf(bo, generation);
        long gone = generation != Event.ABSENT ? generation : bo.generation;
        if (store == null) {
            store = new BackingStores.Store(gone == Event.ABSENT ? BackingStores.UNNAMED : gone);
            family.stores.add(store);
        }
        boolean current = bo.generation == Event.ABSENT || store.generation == bo.generation;
        if (gone != Event.ABSENT) {
            store.generation = gone;
        }
        if (store.endedSeq == 0) {
            store.endedSeq = seq;
            if (current) {
                bo.pagesGoneSeq = seq;
            }
        }
        if (current && bo.emptySeq == 0) {
            bo.emptySeq = seq;
        }
        if (current) {
            bo.generation = store.generation;
        }
    }

    private BackingStores touchStores(BufferObject bo, long seq) {
        BackingStores family = stores.find(bo.family);
        if (family == null) {
            family = stores.create(bo.family, seq);
            family.owners = 1;
        }
        return family;
    }

    /** The BO an event names, made up as alive and idle if nothing introduced it; null if the event names none. */
    @Nullable BufferObject touch(long id, long seq) {
        if (id == Event.ABSENT) {
            return null;
        }
        BufferObject bo = table.find(id);
        if (bo == null) {
            bo = table.assume(id, ledger.knownFrom(seq));
        }
        return bo;
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        table.write(out);
        stores.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        table.read(in);
        stores.read(in);
    }
}

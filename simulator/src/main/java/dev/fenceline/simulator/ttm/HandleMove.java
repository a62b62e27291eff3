package dev.fenceline.simulator.ttm;

import dev.fenceline.event.BoGhost;
import dev.fenceline.event.BoMove;
import dev.fenceline.event.BoMoveBegin;
import dev.fenceline.event.BoMoveCommit;
import dev.fenceline.event.BoMoveFail;
import dev.fenceline.event.MoveKind;
import dev.fenceline.event.Placement;
import dev.fenceline.event.ResvSet;
import dev.fenceline.event.UnpopulateReason;
import dev.fenceline.event.Usage;
import dev.fenceline.event.ZapReason;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * ttm_bo.c:ttm_bo_handle_move_mem and what drivers do in it, under the reservation.
 *
 * <p>A copy is a job on the copy engine: the BO counts as moved when the job is queued, and the KERNEL fence in its reservation says
 * when it is true. Between SYSTEM and VRAM the driver wants a stop at TT and gives -EMULTIHOP.
 */
public final class HandleMove extends Call {
    /** The driver's answer when it needs a bounce placement in between. */
    static final int EMULTIHOP = -72;

    /** The system pages are given back while the copy engine still has to read them (rule A-T12). */
    public static final Deviation FREES_SOURCE_EARLY = new Deviation("source-pages-freed-before-copy");

    /** A range of VRAM is given back, with no fence, while the copy engine still has to read it (rule A-T08). */
    public static final Deviation FREES_RANGE_EARLY = new Deviation("source-range-freed-before-copy");

    /** The BO moves while processes still have page table entries for where it was (rule A-T04). */
    public static final Deviation KEEPS_CPU_PTES = new Deviation("move-keeps-cpu-ptes");

    /** The new resource is assigned over the old one, which nobody frees (rule A-T09). */
    public static final Deviation LEAKS_OLD_RESOURCE = new Deviation("resource-assigned-over-old-one");

    /** One in so many copies finds the copy engine's ring without room, and the CPU copies what it can reach. */
    private static final int MEMCPY_ONE_IN = 24;

    private static final Path<HandleMove> PATH = Path.<HandleMove>named("ttm_bo_handle_move_mem")
            .run(HandleMove::unmapVirtual)
            .when(
                    move -> move.to.placement() == Placement.TT && PopulateTt.isNeeded(move.bo, move.to),
                    populate -> populate.call(move -> new PopulateTt(move.bo)))
            .run(HandleMove::begin)
            .repeat(each -> each.leaveIf(move -> move.mappings.isEmpty()).call(move -> move.mappings.remove()))
            .call(HandleMove::evictMirrored)
            .run(HandleMove::decide)
            .returnIf(move -> move.result != 0)
            .when(
                    move -> move.byCpu || move.leavesGpu(),
                    sync -> sync.call(move -> new ResvWait(move.bo.resv(), Usage.BOOKKEEP)))
            .when(move -> move.byCpu, copy -> copy.spend(HandleMove::memcpyNs))
            .run(HandleMove::move)
            .end();

    private final Bo bo;
    private final Resource to;
    private final boolean evict;
    private final boolean hasty;
    private final ArrayDeque<Call> mappings = new ArrayDeque<>(1);
    private int result;
    private boolean byCpu;

    /**
     * Moves {@code bo} to {@code to}.
     *
     * @param hasty whether it is unbound from the device without waiting for its users, which is a fault
     */
    HandleMove(Bo bo, Resource to, boolean evict, boolean hasty) {
        this.bo = bo;
        this.to = to;
        this.evict = evict;
        this.hasty = hasty;
    }

    /** 0, or -EMULTIHOP: then nothing has moved. */
    int result() {
        return result;
    }

    private void unmapVirtual() {
        boolean hops = bo.placement() == Placement.SYSTEM && to.placement() == Placement.VRAM;
        if (!hops && bo.hasCpuPtes() && kernel().deviates(KEEPS_CPU_PTES)) {
            return;
        }
        bo.unmapVirtual(ZapReason.MOVE);
    }

    private void begin() {
        bo.resv().reserve(2);
        kernel().emit(BoMoveBegin.builder()
                .bo(bo.id())
                .from(bo.placement())
                .to(to.placement())
                .evict(evict)
                .hop(to.isTemporary()));
        for (BoMapping mapping : bo.mappings()) {
            Call first = mapping.boMoves();
            if (first != null) {
                mappings.add(first);
            }
        }
    }

    /** What it shows to programs is copied page by page, and no BO has it afterwards. */
    private @Nullable Call evictMirrored() {
        MirroredMemory mirrored = bo.mirrored();
        return mirrored == null ? null : mirrored.evict();
    }

    private void decide() {
        Resource from = bo.resource();
        if (from != null && from.placement() == Placement.SYSTEM && to.placement() == Placement.VRAM) {
            result = EMULTIHOP;
            kernel().emit(BoMoveFail.builder().bo(bo.id()).to(to.placement()).error(result));
        } else if (isCopy() && reachesBoth()) {
            byCpu = bo.device().chance().oneIn(MEMCPY_ONE_IN);
        }
    }

    private boolean isCopy() {
        Resource from = bo.resource();
        return from != null && bo.mirrored() == null && !(from.isSystemMemory() && to.isSystemMemory());
    }

    private boolean reachesBoth() {
        long visible = bo.device().vram().visiblePages();
        Resource from = bo.resource();
        return from != null && from.isBelow(visible) && to.isBelow(visible);
    }

    private boolean leavesGpu() {
        return bo.placement() == Placement.TT && to.placement() == Placement.SYSTEM && !hasty;
    }

    private long memcpyNs() {
        return kernel().costs().copyNs(bo.bytes(), true);
    }

    private void move() {
        Resource from = bo.resource();
        Tt oldPages = to.placement() == Placement.VRAM ? bo.takeTt() : null;
        if (from == null) {
            moveNew();
        } else if (!isCopy()) {
            moveNull(from);
        } else if (byCpu) {
            moveByCpu(from, oldPages);
        } else {
            moveByEngine(from, oldPages);
        }
        bo.device().forget(bo);
        bo.assign(to);
        kernel().emit(BoMoveCommit.builder().bo(bo.id()).to(to.placement()).temporary(to.isTemporary()));
        if (!bo.isPinned()) {
            bo.device().touch(bo);
        }
    }

    /** A BO without contents: nothing to copy, but VRAM must not show what was there. */
    private void moveNew() {
        if (to.placement() == Placement.VRAM) {
            DmaFence cleared = bo.clearIfDirty(to);
            record(cleared, MoveKind.CLEAR);
        } else {
            mapPages();
            record(null, MoveKind.NULL);
        }
    }

    /** {@code ttm_bo_move_null}: the pages stay, the device gets or loses its addresses for them. */
    private void moveNull(Resource from) {
        mapPages();
        record(null, MoveKind.NULL);
        freeOld(from, null);
    }

    private void mapPages() {
        Tt pages = bo.tt();
        if (pages != null && to.placement() == Placement.TT) {
            pages.mapDma();
        } else if (pages != null) {
            pages.unmapDma();
        }
    }

    /** {@code ttm_bo_move_memcpy}, after a wait for everything: the old store goes at once. */
    private void moveByCpu(Resource from, @Nullable Tt oldPages) {
        mapTarget();
        record(null, MoveKind.MEMCPY);
        bo.device().migrate().recordFilled(to, bo.client());
        if (oldPages != null) {
            oldPages.unpopulate(UnpopulateReason.RELEASE);
            oldPages.destroy();
        }
        freeOld(from, null);
    }

    private void moveByEngine(Resource from, @Nullable Tt oldPages) {
        mapTarget();
        Tt pages = to.placement() == Placement.TT ? bo.tt() : oldPages;
        DmaFence copied = bo.device().migrate().copy(bo, to, pages);
        record(copied, MoveKind.BLIT);
        DmaFence left = copied;
        bo.resv().add(copied, Usage.KERNEL);
        if (from.placement() == Placement.VRAM && bo.isWipedOnRelease()) {
            left = bo.device().migrate().clear(bo, from, 0, Usage.KERNEL);
            from.setWiped();
            bo.resv().add(left, Usage.KERNEL);
        }
        leaveOldStore(from, oldPages, left);
    }

    private void mapTarget() {
        Tt pages = bo.tt();
        if (pages != null && to.placement() == Placement.TT) {
            pages.mapDma();
        }
    }

    private void record(@Nullable DmaFence done, MoveKind kind) {
        BoMove.Builder event = BoMove.builder()
                .bo(bo.id())
                .from(bo.placement())
                .to(to.placement())
                .size(bo.bytes())
                .evict(evict)
                .kind(kind)
                .lacksSource(bo.resource() == null);
        kernel().emit(done == null ? event : event.fence(done.id()));
    }

    private void freeOld(Resource from, @Nullable DmaFence readers) {
        if (kernel().deviates(LEAKS_OLD_RESOURCE)) {
            return;
        }
        bo.device().free(bo, from, readers);
    }

    /** {@code ttm_bo_move_accel_cleanup}: the old store lives until the copy out of it is done. */
    private void leaveOldStore(Resource from, @Nullable Tt oldPages, DmaFence done) {
        TtmDevice device = bo.device();
        if (evict) {
            device.vram().rememberEviction(done);
            freeOld(from, done);
            return;
        }
        if (oldPages != null && kernel().deviates(FREES_SOURCE_EARLY)) {
            oldPages.unpopulate(UnpopulateReason.GUT);
            oldPages.destroy();
            device.free(bo, from, null);
            return;
        }
        if (oldPages == null && kernel().deviates(FREES_RANGE_EARLY)) {
            device.free(bo, from, null);
            return;
        }
        Bo ghost = Bo.ghostOf(bo);
        kernel().emit(BoGhost.builder().bo(bo.id()).ghost(ghost.id()).resource(from.id()));
        kernel().emit(ResvSet.builder().bo(ghost.id()).resv(ghost.resv().id()).result(0));
        ghost.inherit(from, oldPages);
        kernel().enrol(ghost);
        if (!ghost.resv().lock().tryAcquire(task())) {
            throw new IllegalStateException("somebody uses the reservation of ghost " + ghost.id());
        }
        ghost.resv().reserve(1);
        ghost.resv().add(done, Usage.KERNEL);
        ghost.resv().lock().release(task());
        ghost.put();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

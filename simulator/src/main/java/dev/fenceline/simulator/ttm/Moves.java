package dev.fenceline.simulator.ttm;

import dev.fenceline.event.BoGhost;
import dev.fenceline.event.BoMove;
import dev.fenceline.event.BoMoveBegin;
import dev.fenceline.event.BoMoveCommit;
import dev.fenceline.event.MoveKind;
import dev.fenceline.event.Placement;
import dev.fenceline.event.ResvSet;
import dev.fenceline.event.UnpopulateReason;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Task;
import dev.fenceline.simulator.sched.Job;
import org.jspecify.annotations.Nullable;

/**
 * ttm_bo.c:ttm_bo_handle_move_mem and what drivers do in it: a move is a job on the copy engine. The BO counts as moved when the job
 * is queued; the KERNEL fence in its reservation says when it is true.
 */
public final class Moves {
    /** The system pages are given back while the copy engine still has to read them (rule A-T12). */
    public static final Deviation FREES_SOURCE_EARLY = new Deviation("source-pages-freed-before-copy");

    private Moves() {}

    /** Moves {@code bo}, whose reservation is locked, to {@code to}. */
    static void move(Kernel kernel, Bo bo, Resource to, boolean evict) {
        Resource from = bo.resource();
        Placement source = bo.placement();
        Tt oldPages = bo.tt();
        if (to.placement() == Placement.TT) {
            bo.newTt().populate(from == null);
        }
        bo.resv().reserve(1);
        kernel.emit(BoMoveBegin.builder()
                .bo(bo.id())
                .from(source)
                .to(to.placement())
                .evict(evict)
                .hop(false));
        bo.mappings().forEach(BoMapping::boMoves);
        if (from == null) {
            recordMove(kernel, bo, source, to, null, evict, MoveKind.NULL);
        } else {
            DmaFence done = copy(bo, oldPages, to).finished();
            recordMove(kernel, bo, source, to, done, evict, MoveKind.BLIT);
            bo.resv().add(done, Usage.KERNEL);
            leaveOldStore(kernel, bo, from, oldPages, done, evict);
        }
        bo.device().forget(bo);
        bo.setResource(to);
        kernel.emit(BoMoveCommit.builder().bo(bo.id()).to(to.placement()).temporary(false));
        if (!bo.isPinned()) {
            bo.device().touch(bo);
        }
    }

    private static Job copy(Bo bo, @Nullable Tt oldPages, Resource to) {
        Tt pages = to.placement() == Placement.TT ? bo.tt() : oldPages;
        if (pages == null) {
            throw new IllegalStateException("bo " + bo.id() + " has no pages to copy");
        }
        return bo.device().migrate().copy(bo, pages, to.placement() == Placement.TT);
    }

    private static void recordMove(
            Kernel kernel, Bo bo, Placement from, Resource to, @Nullable DmaFence done, boolean evict, MoveKind kind) {
        BoMove.Builder event = BoMove.builder()
                .bo(bo.id())
                .from(from)
                .to(to.placement())
                .size(bo.bytes())
                .evict(evict)
                .kind(kind)
                .lacksSource(kind == MoveKind.NULL);
        if (done != null) {
            event.fence(done.id());
        }
        kernel.emit(event);
    }

    /** {@code ttm_bo_move_accel_cleanup}: the old store lives until the copy out of it is done. */
    private static void leaveOldStore(
            Kernel kernel, Bo bo, Resource from, @Nullable Tt oldPages, DmaFence done, boolean evict) {
        TtmDevice device = bo.device();
        if (evict && device.vram().rememberEviction(done)) {
            device.free(bo, from, done);
            return;
        }
        if (oldPages != null && kernel.deviates(FREES_SOURCE_EARLY)) {
            oldPages.unpopulate(UnpopulateReason.GUT);
            oldPages.destroy();
            bo.setTt(null);
            device.free(bo, from);
            return;
        }
        Bo ghost = new Bo(kernel, device, bo.bytes(), false, null);
        kernel.emit(BoGhost.builder().bo(bo.id()).ghost(ghost.id()).resource(from.id()));
        kernel.enrol(ghost);
        kernel.emit(ResvSet.builder().bo(ghost.id()).resv(ghost.resv().id()).result(0));
        Task task = kernel.currentTask();
        if (!ghost.resv().lock().tryAcquire(task)) {
            throw new IllegalStateException("somebody uses the reservation of ghost " + ghost.id());
        }
        if (oldPages != null) {
            oldPages.giveTo(ghost.id());
            ghost.setTt(oldPages);
            bo.setTt(null);
        }
        ghost.setResource(from);
        ghost.resv().reserve(1);
        ghost.resv().add(done, Usage.KERNEL);
        ghost.resv().lock().release(task);
        ghost.put();
    }
}

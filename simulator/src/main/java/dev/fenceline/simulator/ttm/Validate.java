package dev.fenceline.simulator.ttm;

import dev.fenceline.event.BoValidate;
import dev.fenceline.event.Placement;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * ttm_bo.c:ttm_bo_validate, under the BO's reservation: gets the BO to where it may be used, VRAM before system pages.
 *
 * <p>A pinned BO that lies elsewhere is refused with -EINVAL ("Moving of pinned BOs is forbidden"). A move that needs a stop in between
 * goes through a TEMPORARY placement; a signal may leave the BO there until the next validate, which finds no TEMPORARY placement good
 * enough.
 */
public final class Validate extends Call {
    /** A signal came: the call is to be made again. */
    public static final int ERESTARTSYS = -512;

    /** The bounce placement of an interrupted move counts as good enough (rule A-T10). */
    public static final Deviation TAKES_TEMPORARY = new Deviation("validate-takes-temporary-placement", 16);

    private static final int EINVAL = -22;
    private static final int ENOMEM = -12;

    /** One in so many moves that stop in between is interrupted there. */
    private static final int SIGNAL_ONE_IN = 2;

    private static final Path<Validate> PATH = Path.<Validate>named("ttm_bo_validate")
            .spend(call -> call.kernel().costs().stepNs())
            .run(Validate::checkPlacement)
            .when(
                    call -> call.moves,
                    move -> move.call(call -> call.bo.isSystemOnly() ? null : call.allocate())
                            .run(Validate::chooseTarget))
            .when(
                    call -> call.target != null,
                    go -> go.call(Validate::handleMove).when(Validate::needsHop, Validate::hop))
            .run(Validate::finish)
            .end();

    private final Bo bo;
    private final boolean vramOnly;
    private final boolean interruptible;
    private boolean moves;
    private int result;
    private @Nullable AllocateVram allocation;
    private @Nullable Resource target;
    private @Nullable HandleMove move;

    /**
     * Validates {@code bo} to VRAM.
     *
     * @param vramOnly whether system pages will not do if there is no room
     * @param interruptible whether a signal may end it early with {@link #ERESTARTSYS}
     */
    public Validate(Bo bo, boolean vramOnly, boolean interruptible) {
        this.bo = bo;
        this.vramOnly = vramOnly;
        this.interruptible = interruptible;
    }

    private static Path.Builder<Validate> hop(Path.Builder<Validate> path) {
        return path.call(Validate::bounce)
                .run(Validate::takeSignal)
                .when(call -> call.result == 0, again -> again.call(Validate::handleMove));
    }

    /** 0 or a negative errno. */
    public int result() {
        return result;
    }

    private void checkPlacement() {
        Resource now = bo.resource();
        boolean inPlace = bo.isSystemOnly()
                ? bo.placement() == Placement.TT
                : bo.isInVramAsAsked()
                        || bo.staysForImporters()
                        || (now != null && now.isTemporary() && kernel().deviates(TAKES_TEMPORARY));
        moves = !inPlace && !bo.isPinned();
        result = !inPlace && bo.isPinned() ? EINVAL : 0;
    }

    private Call allocate() {
        AllocateVram vram = new AllocateVram(bo, null);
        allocation = vram;
        return vram;
    }

    private void chooseTarget() {
        target = allocation == null ? null : allocation.resource();
        Resource now = bo.resource();
        if (target != null) {
            bo.device().vram().addEvictionFences(bo.resv());
        } else if (vramOnly) {
            result = ENOMEM;
        } else if (now == null || now.placement() == Placement.SYSTEM || now.isTemporary()) {
            target = new Resource(kernel(), bo.id(), Placement.TT, List.of(), false);
        }
    }

    private Call handleMove() {
        HandleMove call = new HandleMove(bo, target(), false, false);
        move = call;
        return call;
    }

    private boolean needsHop() {
        return move != null && move.result() == HandleMove.EMULTIHOP;
    }

    /** {@code ttm_bo_bounce_temp_buffer}. */
    private Call bounce() {
        return new HandleMove(bo, new Resource(kernel(), bo.id(), Placement.TT, List.of(), true), false, false);
    }

    private void takeSignal() {
        if (interruptible && bo.device().chance().oneIn(SIGNAL_ONE_IN)) {
            result = ERESTARTSYS;
            bo.device().free(bo, target(), null);
        }
    }

    private void finish() {
        if (!bo.isPinned()) {
            bo.device().touch(bo);
        }
        kernel().emit(BoValidate.builder()
                .bo(bo.id())
                .placement(bo.isSystemOnly() ? Placement.TT : Placement.VRAM)
                .interruptible(interruptible)
                .result(result));
    }

    private Resource target() {
        if (target == null) {
            throw new IllegalStateException("there is nowhere to move to");
        }
        return target;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

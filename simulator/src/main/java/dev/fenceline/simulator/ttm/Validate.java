package dev.fenceline.simulator.ttm;

import dev.fenceline.event.BoValidate;
import dev.fenceline.event.Placement;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * ttm_bo.c:ttm_bo_validate, under the BO's reservation: gets the BO to where it may be used, VRAM before system pages.
 *
 * <p>A pinned BO that lies elsewhere is refused with -EINVAL ("Moving of pinned BOs is forbidden").
 */
public final class Validate extends Call {
    private static final int EINVAL = -22;
    private static final int ENOMEM = -12;

    private static final Path<Validate> PATH = Path.<Validate>named("ttm_bo_validate")
            .spend(call -> call.kernel().costs().stepNs())
            .run(Validate::checkPlacement)
            .when(
                    call -> call.moves,
                    move -> move.call(call -> call.bo.isSystemOnly() ? null : call.allocate())
                            .run(Validate::move))
            .run(Validate::finish)
            .end();

    private final Bo bo;
    private final boolean vramOnly;
    private boolean moves;
    private int result;
    private @Nullable AllocateVram allocation;

    /** Validates {@code bo} to VRAM, or to system pages if there is no room and {@code vramOnly} is not set. */
    public Validate(Bo bo, boolean vramOnly) {
        this.bo = bo;
        this.vramOnly = vramOnly;
    }

    /** 0 or a negative errno. */
    public int result() {
        return result;
    }

    private void checkPlacement() {
        boolean inPlace = bo.placement() == (bo.isSystemOnly() ? Placement.TT : Placement.VRAM);
        moves = !inPlace && !bo.isPinned();
        result = !inPlace && bo.isPinned() ? EINVAL : 0;
    }

    private Call allocate() {
        AllocateVram vram = new AllocateVram(bo, null);
        allocation = vram;
        return vram;
    }

    private void move() {
        Resource found = allocation == null ? null : allocation.resource();
        if (found != null) {
            bo.device().vram().addEvictionFences(bo.resv());
            Moves.move(kernel(), bo, found, false);
        } else if (vramOnly) {
            result = ENOMEM;
        } else if (bo.placement() == Placement.SYSTEM) {
            Moves.move(kernel(), bo, new Resource(kernel(), bo.id(), Placement.TT, List.of()), false);
        }
    }

    private void finish() {
        if (!bo.isPinned()) {
            bo.device().touch(bo);
        }
        kernel().emit(BoValidate.builder()
                .bo(bo.id())
                .placement(bo.isSystemOnly() ? Placement.TT : Placement.VRAM)
                .interruptible(true)
                .result(result));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

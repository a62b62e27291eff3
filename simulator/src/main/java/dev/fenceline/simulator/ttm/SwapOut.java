package dev.fenceline.simulator.ttm;

import dev.fenceline.event.BoSwapoutTry;
import dev.fenceline.event.Placement;
import dev.fenceline.event.Usage;
import dev.fenceline.event.ZapReason;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * ttm_bo.c:ttm_bo_swapout_cb and ttm_bo_util.c:ttm_bo_shrink, one victim: the least recently used BO in system memory whose
 * reservation is to be had without sleeping loses its pages once nothing uses it any more.
 */
public final class SwapOut extends Call {
    /** The pages of a busy BO are written to swap and freed (rule A-T11). */
    public static final Deviation SKIPS_IDLE_WAIT = new Deviation("swapout-skips-idle-wait");

    private static final int EBUSY = -16;

    private static final Path<SwapOut> PATH = Path.<SwapOut>named("ttm_bo_swapout_cb")
            .run(SwapOut::chooseVictim)
            .returnIf(swap -> swap.victim == null)
            .run(swap -> swap.hasty = isBusy(swap.victim()) && swap.kernel().deviates(SKIPS_IDLE_WAIT))
            .when(
                    swap -> swap.victim().placement() == Placement.TT
                            && !swap.victim().isDeleted(),
                    unbind -> unbind.call(SwapOut::moveToSystem))
            .when(
                    swap -> !swap.hasty,
                    wait -> wait.call(swap -> new ResvWait(swap.victim().resv(), Usage.BOOKKEEP)))
            .run(SwapOut::takePages)
            .spend(swap -> swap.kernel().costs().stepNs())
            .run(SwapOut::unlock)
            .end();

    private final TtmDevice device;
    private final @Nullable DmaResv held;
    private final boolean toBackup;
    private @Nullable Bo victim;
    private boolean hasty;

    private SwapOut(TtmDevice device, @Nullable DmaResv held, boolean toBackup) {
        this.device = device;
        this.held = held;
        this.toBackup = toBackup;
    }

    /** {@code ttm_device_swapout}; BOs of the reservation {@code held} are not looked at. */
    static SwapOut toShmem(TtmDevice device, @Nullable DmaResv held) {
        return new SwapOut(device, held, false);
    }

    /** {@code xe_shrinker_scan}: what reclaim asks for. */
    static SwapOut toBackup(TtmDevice device) {
        return new SwapOut(device, null, true);
    }

    /** Whether a BO gave its pages. */
    boolean succeeded() {
        return victim != null;
    }

    private void chooseVictim() {
        if (kernel().wouldDeviate(SKIPS_IDLE_WAIT)) {
            victim = find(Placement.TT, true);
        }
        if (victim == null) {
            victim = find(Placement.SYSTEM, false);
        }
        if (victim == null) {
            victim = find(Placement.TT, false);
        }
        if (victim != null) {
            victim.get();
        }
    }

    private @Nullable Bo find(Placement from, boolean busy) {
        for (Bo bo : device.lru(from).leastRecentFirst()) {
            Tt tt = bo.tt();
            if (bo.isPinned() || tt == null || bo.resv() == held || (busy && !isBusy(bo))) {
                continue;
            }
            if (!bo.resv().lock().tryAcquire(task())) {
                continue;
            }
            if (tt.isPopulated()) {
                return bo;
            }
            kernel().emit(BoSwapoutTry.builder().bo(bo.id()).result(EBUSY));
            bo.resv().lock().release(task());
        }
        return null;
    }

    private static boolean isBusy(Bo bo) {
        return bo.placement() == Placement.TT && !bo.isDeleted() && !bo.resv().isIdle(Usage.BOOKKEEP);
    }

    private Call moveToSystem() {
        Resource system = new Resource(kernel(), victim().id(), Placement.SYSTEM, List.of(), false);
        return new HandleMove(victim(), system, true, hasty);
    }

    private void takePages() {
        Bo bo = victim();
        Tt tt = bo.tt();
        if (bo.isDeleted()) {
            Release.cleanUp(bo);
            kernel().emit(BoSwapoutTry.builder().bo(bo.id()).result(bo.pages()));
        } else if (tt != null && tt.isPopulated()) {
            bo.unmapVirtual(ZapReason.MOVE);
            if (toBackup) {
                tt.backUp();
            } else {
                tt.swapOut();
            }
            device.forget(bo);
            kernel().emit(BoSwapoutTry.builder().bo(bo.id()).result(tt.pages()));
        }
    }

    private void unlock() {
        Bo bo = victim();
        bo.resv().lock().release(task());
        bo.put();
    }

    private Bo victim() {
        if (victim == null) {
            throw new IllegalStateException("there is no victim");
        }
        return victim;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

package dev.fenceline.simulator.ttm;

import dev.fenceline.event.BoEvict;
import dev.fenceline.event.Placement;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * ttm_bo.c:ttm_bo_evict_cb, one victim: the least recently used BO whose reservation is to be had without sleeping. One that waits for
 * its delayed destruction only gives its memory up.
 */
public final class Evict extends Call {
    /** The walk over the candidates does not look at the pin count (rule A-T01). */
    public static final Deviation IGNORES_PIN = new Deviation("eviction-ignores-pin");

    private static final Path<Evict> PATH = Path.<Evict>named("ttm_bo_evict_cb")
            .run(Evict::chooseVictim)
            .returnIf(evict -> evict.victim == null)
            .spend(evict -> evict.kernel().costs().stepNs())
            .when(
                    evict -> evict.victim().isDeleted(),
                    zombie -> zombie.call(evict -> new ResvWait(evict.victim().resv(), Usage.BOOKKEEP))
                            .run(evict -> Release.cleanUp(evict.victim())))
            .when(evict -> !evict.victim().isDeleted(), live -> live.call(Evict::evict))
            .run(Evict::unlock)
            .end();

    private final TtmDevice device;
    private final boolean fromAperture;
    private final @Nullable DmaResv held;
    private @Nullable Bo victim;
    private boolean locked;

    /**
     * Evicts from VRAM.
     *
     * @param fromAperture whether room is needed where the CPU reaches it
     * @param held a reservation that is locked already, whose BOs may be evicted too
     */
    Evict(TtmDevice device, boolean fromAperture, @Nullable DmaResv held) {
        this.device = device;
        this.fromAperture = fromAperture;
        this.held = held;
    }

    /** Whether a BO was evicted. */
    boolean succeeded() {
        return victim != null;
    }

    private void chooseVictim() {
        for (Bo bo : device.lru(Placement.VRAM).leastRecentFirst()) {
            if ((bo.isPinned() && !kernel().wouldDeviate(IGNORES_PIN)) || !isValuable(bo)) {
                continue;
            }
            locked = bo.resv() != held;
            if (!locked || bo.resv().lock().tryAcquire(task())) {
                victim = bo;
                break;
            }
        }
        if (victim != null && victim.isPinned()) {
            kernel().deviates(IGNORES_PIN);
        }
        if (victim != null) {
            victim.get();
        }
    }

    /** {@code ttm_bo_eviction_valuable}: a BO beyond the aperture makes no room in it. */
    private boolean isValuable(Bo bo) {
        Resource resource = bo.resource();
        return resource != null
                && (!fromAperture || resource.reachesBelow(device.vram().visiblePages()));
    }

    private Call evict() {
        Bo bo = victim();
        Resource resource = bo.resource();
        if (resource == null) {
            throw new IllegalStateException("bo " + bo.id() + " has no resource");
        }
        kernel().emit(BoEvict.builder()
                .bo(bo.id())
                .reason("NOSPC")
                .by(task().name())
                .resource(resource.id()));
        Placement to = bo.mirrored() == null ? Placement.TT : Placement.SYSTEM;
        return new HandleMove(bo, new Resource(kernel(), bo.id(), to, List.of(), false), true, false);
    }

    private void unlock() {
        Bo bo = victim();
        if (locked) {
            bo.resv().lock().release(task());
        }
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

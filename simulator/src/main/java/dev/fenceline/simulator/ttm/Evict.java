package dev.fenceline.simulator.ttm;

import dev.fenceline.event.BoEvict;
import dev.fenceline.event.Placement;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** ttm_bo.c:ttm_bo_evict_alloc, one victim: the least recently used BO whose reservation is to be had without sleeping. */
public final class Evict extends Call {
    /** The walk over the candidates does not look at the pin count (rule A-T01). */
    public static final Deviation IGNORES_PIN = new Deviation("eviction-ignores-pin");

    private static final Path<Evict> PATH = Path.<Evict>named("ttm_bo_evict_cb")
            .run(Evict::chooseVictim)
            .returnIf(evict -> evict.victim == null)
            .spend(evict -> evict.kernel().costs().stepNs())
            .run(Evict::evict)
            .run(Evict::unlock)
            .end();

    private final TtmDevice device;
    private final @Nullable DmaResv held;
    private @Nullable Bo victim;
    private boolean locked;

    /** Evicts from VRAM; {@code held} is a reservation that is locked already, whose BOs may be evicted too. */
    Evict(TtmDevice device, @Nullable DmaResv held) {
        this.device = device;
        this.held = held;
    }

    /** Whether a BO was evicted. */
    boolean succeeded() {
        return victim != null;
    }

    private void chooseVictim() {
        for (Bo bo : device.lru(Placement.VRAM).leastRecentFirst()) {
            if (bo.isPinned() && !kernel().wouldDeviate(IGNORES_PIN)) {
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

    private void evict() {
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
        Moves.move(kernel(), bo, new Resource(kernel(), bo.id(), Placement.TT, List.of()), true);
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

package dev.fenceline.analytics.rules.bo;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BackingStores;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaAccess;
import dev.fenceline.event.Severity;

/** A-T12: no device access through DMA addresses after unpopulate. */
public final class DeviceUsesLiveBackingStore {
    public static final Rule RULE = Rule.named("A-T12", "device-uses-live-backing-store")
            .severity(Severity.CRITICAL)
            .states("A device accesses the pages of a BO only while the population they belong to exists.")
            .why(
                    "After ttm_tt_unpopulate the pages are in the pool and their DMA mappings are gone: the access reads or "
                            + "writes whatever the pages hold next, or faults in the IOMMU.")
            .source("ttm_tt.c:ttm_tt_unpopulate, ttm_pool.c:ttm_pool_free, ttm_pool.c:ttm_pool_unmap; thread 002")
            .advice(
                    "Find who kept the DMA address: work must end, and importers must unmap, before the store is unpopulated.")
            .needs(Stream.TT, Stream.DMAACC)
            .before(DmaAccess.class, DeviceUsesLiveBackingStore::judge)
            .build();

    private DeviceUsesLiveBackingStore() {}

    private static void judge(DmaAccess access, KernelState state, Report report) {
        BufferObject bo = state.buffers().bo(access.bo());
        BackingStores stores = bo == null ? null : state.buffers().stores(bo);
        if (bo == null || stores == null) {
            return;
        }
        // A ghost keeps the population it took over while the BO already has the next: the family is asked, not the BO.
        long generation = access.hasGeneration() ? access.generation() : bo.generation();
        BackingStores.Store used = stores.store(generation);
        if (used != null && used.endedSeq() == 0) {
            return;
        }
        BackingStores.Store current = stores.store(bo.generation());
        boolean populatedAnew = current != null && current != used && current.populatedSeq() > 0;
        if (used == null && !populatedAnew) {
            // Only ever mentioned by this access: nothing says that it is gone.
            return;
        }
        report.violation("bo=" + bo.id() + " generation=" + generation)
                .since(bo.born())
                .witness("populated", used == null ? 0 : used.populatedSeq())
                .witness("unpopulated", used == null ? 0 : used.endedSeq())
                .witness("populated anew", used == null && current != null ? current.populatedSeq() : 0)
                .witness("accessed by the device", access.seq())
                .says("A device accesses generation " + generation + " of BO " + bo.id() + ", which "
                        + (used == null
                                ? "is not the one that exists."
                                : "was unpopulated at seq " + used.endedSeq() + "."));
    }
}

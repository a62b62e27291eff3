package dev.fenceline.analytics.rules.bo;

import dev.fenceline.analytics.rule.Finding;
import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BackingStores;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.DevmemCopies;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Reservation;
import dev.fenceline.analytics.state.Resource;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.Event;
import dev.fenceline.event.PageFree;
import dev.fenceline.event.ResourceFree;
import dev.fenceline.event.Severity;
import dev.fenceline.event.TtUnpopulate;
import dev.fenceline.event.Usage;

/** A-T08: the old backing store outlives the copy that reads it. */
public final class OldStoreOutlivesCopy {
    public static final Rule RULE = Rule.named("A-T08", "old-store-outlives-copy")
            .severity(Severity.CRITICAL)
            .states(
                    "Pages and ranges that a move copies from are given back only when the fence of the move is done, or with that "
                            + "fence, for the next owner to inherit, where a fixed memory is evicted. The same is true of a page of a program that "
                            + "is copied into memory of a device or out of it.")
            .why("The engine copies from memory that belongs to somebody else by now, into a BO of another process.")
            .source(
                    "ttm_bo_util.c:ttm_bo_move_to_ghost, ttm_bo_util.c:ttm_buffer_object_transfer, ttm_bo.c:ttm_bo_delayed_delete "
                            + "(waits DMA_RESV_USAGE_BOOKKEEP); thread 002")
            .advice(
                    "Leave the old store to a ghost whose reservation holds the fence of the move, or wait for that fence.")
            .needs(Stream.TT, Stream.RESV, Stream.GHOST)
            .before(TtUnpopulate.class, OldStoreOutlivesCopy::judge)
            .before(ResourceFree.class, OldStoreOutlivesCopy::judge)
            .before(PageFree.class, OldStoreOutlivesCopy::judgePage)
            .build();

    private OldStoreOutlivesCopy() {}

    private static void judge(TtUnpopulate e, KernelState state, Report report) {
        BufferObject bo = state.buffers().bo(e.bo());
        boolean keepsPages = (e.hasFreed() && !e.freed()) || (e.hasResult() && e.result() < 0);
        if (bo == null || keepsPages) {
            return;
        }
        BackingStores family = state.buffers().stores(bo);
        BackingStores.Store store = family == null ? null : family.storeOf(bo, e.generation());
        if (store != null && store.endedSeq() > 0) {
            return;
        }
        Fence fence = store == null ? null : state.fences().pendingSince(store.readerFence(), store.readerSeq());
        if (store != null && fence != null) {
            report(bo, fence, "copy submitted", store.readerSeq(), "The pages of BO ", report);
        } else {
            judgeGhost(bo, "The pages of BO ", state, report);
        }
    }

    private static void judge(ResourceFree e, KernelState state, Report report) {
        if (e.hasFence()) {
            return;
        }
        Resource resource = state.resources().freedBy(e);
        BufferObject bo = state.buffers().bo(e.hasBo() || resource == null ? e.bo() : resource.owner());
        if (bo == null) {
            return;
        }
        Fence fence =
                resource == null ? null : state.fences().pendingSince(resource.readerFence(), resource.readerSeq());
        if (resource != null && fence != null) {
            report(bo, fence, "copy submitted", resource.readerSeq(), "The resource of BO ", report)
                    .restsOn(resource);
        } else {
            judgeGhost(bo, "The resource of BO ", state, report);
        }
    }

    /** Of a program's own memory the first page to go tells; what follows it is the same story. */
    private static void judgePage(PageFree e, KernelState state, Report report) {
        DevmemCopies.Copy copy = state.devmemCopies().reading(e.page());
        if (copy != null) {
            report.violation((copy.bo() == Event.ABSENT ? "" : "bo=" + copy.bo() + " ") + "fence=" + copy.fence())
                    .since(copy.seq())
                    .restsOn(state.fences().fence(copy.fence()))
                    .witness("copy submitted", copy.seq())
                    .witness("given back before it is done", e.seq())
                    .says("Page " + e.page() + " is given back while fence " + copy.fence()
                            + ", whose work copies it, is pending.");
        }
    }

    /** A ghost is there for the copy: what its own reservation holds is the fence of the move. */
    private static void judgeGhost(BufferObject bo, String what, KernelState state, Report report) {
        Reservation resv =
                bo.isGhost() ? state.reservations().reservation(state.buffers().resvOf(bo)) : null;
        int slot = resv == null ? -1 : state.reservations().pendingSlot(resv, Usage.BOOKKEEP, 0);
        Fence fence = resv == null || slot < 0 ? null : state.reservations().pending(resv, slot);
        if (resv != null && fence != null) {
            report(bo, fence, "fence of the move added", resv.addSeq(slot), what, report);
        }
    }

    private static Finding report(BufferObject bo, Fence fence, String role, long seq, String what, Report report) {
        return report.violation("bo=" + bo.id() + " fence=" + fence.id())
                .since(seq)
                .restsOn(bo)
                .restsOn(fence)
                .witness(role, seq)
                .witness("store handed to the ghost", bo.isGhost() ? bo.born() : 0)
                .witness("given back before it is done", report.event().seq())
                .says(what + bo.id() + " are given back while fence " + fence.id()
                        + ", whose work reads them, is pending.");
    }
}

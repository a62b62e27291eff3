package dev.fenceline.analytics.rules.info;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.EvictionFences;
import dev.fenceline.analytics.state.Fence;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Reservation;
import dev.fenceline.analytics.state.Resource;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.analytics.state.VramContents.Written;
import dev.fenceline.event.Event;
import dev.fenceline.event.ResourceExpose;
import dev.fenceline.event.Severity;
import dev.fenceline.event.Usage;
import org.jspecify.annotations.Nullable;

/** A-X01: VRAM given to another client was cleared or fully overwritten first. */
public final class VramIsClearedBetweenClients {
    public static final Rule RULE = Rule.named("A-X01", "vram-is-cleared-between-clients")
            .severity(Severity.CRITICAL)
            .states(
                    "Before a client can read a range of VRAM, whatever another client wrote there before the range was handed out "
                            + "was cleared, or overwritten by the move that filled it.")
            .why("The client reads what another one left: pictures, documents, keys.")
            .source(
                    "amdgpu_gem.c (AMDGPU_GEM_CREATE_VRAM_WIPE_ON_RELEASE, _VRAM_CLEARED), amdgpu_object.c:amdgpu_bo_create, "
                            + "amdgpu_object.c:amdgpu_bo_release_notify (no wipe in suspend or after unplug), "
                            + "amdgpu_ttm.c:amdgpu_move_blit, amdgpu_vram_mgr.c")
            .advice(
                    "Clear at creation whatever the allocator does not know to be clean; on Linux 6.1 amdgpu wipes only with RAS.")
            .needs(Stream.VRAM, Stream.SEC)
            .before(ResourceExpose.class, VramIsClearedBetweenClients::judge)
            .build();

    private VramIsClearedBetweenClients() {}

    private static void judge(ResourceExpose expose, KernelState state, Report report) {
        BufferObject bo = state.buffers().bo(expose.bo());
        Resource resource = expose.hasResource() || bo == null
                ? state.resources().resource(expose.resource())
                : state.resources().resourceOf(bo);
        String memory = expose.memoryType();
        if (memory != null
                ? !memory.equalsIgnoreCase("VRAM")
                : resource != null && !resource.memory().equals("VRAM")) {
            return;
        }
        long device = resource != null && resource.device() != Event.ABSENT
                ? resource.device()
                : state.contents().deviceOf(expose.client());
        if (expose.hasStart() && expose.hasEnd()) {
            int range = resource == null ? -1 : resource.overlapping(expose.start(), expose.end());
            long allocSeq = resource == null || range < 0 ? expose.seq() : resource.allocSeq(range);
            judge(expose, resource, device, expose.start(), expose.end(), allocSeq, state, report);
            return;
        }
        if (resource == null && !state.contents().vram().isEmpty()) {
            report.unknown("it is not known which range of VRAM BO {} lies in", expose.bo());
        }
        for (int i = 0; resource != null && i < resource.ranges(); i++) {
            judge(expose, resource, device, resource.start(i), resource.end(i), resource.allocSeq(i), state, report);
        }
    }

    /** What is written after the range was handed out is the sharing of those who use the BO. */
    private static void judge(
            ResourceExpose expose,
            @Nullable Resource resource,
            long device,
            long start,
            long end,
            long allocSeq,
            KernelState state,
            Report report) {
        for (Written written : state.contents().vram().overlapping(device, start, end)) {
            boolean left = written.seq() < allocSeq;
            if (!left || (written.writer() == expose.client() && expose.hasClient())) {
                continue;
            }
            if (isBeingFilled(expose.bo(), device, allocSeq, state)) {
                return;
            }
            if (written.writer() == Event.ABSENT || !expose.hasClient()) {
                report.unknown("it is not known who wrote the range of VRAM, or who can read it");
                continue;
            }
            report.violation("bo=" + expose.bo() + " client=" + expose.client())
                    .since(written.seq())
                    .restsOn(resource)
                    .witness("written by another client", written.seq())
                    .witness("range handed out", allocSeq == expose.seq() ? 0 : allocSeq)
                    .witness("readable", expose.seq())
                    .says("Client " + expose.client() + " can read what client " + written.writer()
                            + " wrote to VRAM that BO " + expose.bo() + " now has, and nobody cleared it.");
            return;
        }
    }

    /**
     * Whether the BO got a KERNEL fence for the range that is pending: that of the clear, or of the move that fills it, for
     * which everybody waits (A-T05, A-T06). What the manager remembers of evictions is no such fence.
     */
    private static boolean isBeingFilled(long id, long device, long allocSeq, KernelState state) {
        Reservation resv = state.reservations()
                .reservation(state.buffers().resvOf(state.buffers().bo(id), id));
        EvictionFences evictions = state.resources().manager(device, "VRAM");
        int slot = resv == null ? -1 : state.reservations().pendingSlot(resv, Usage.KERNEL, 0);
        while (resv != null && slot >= 0) {
            Fence fence = state.reservations().pending(resv, slot);
            boolean ofEviction = fence != null && evictions != null && evictions.indexOf(fence.context()) >= 0;
            if (fence != null && !ofEviction && resv.addSeq(slot) > allocSeq) {
                return true;
            }
            slot = state.reservations().pendingSlot(resv, Usage.KERNEL, slot + 1);
        }
        return false;
    }
}

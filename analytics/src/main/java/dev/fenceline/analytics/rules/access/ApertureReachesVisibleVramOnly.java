package dev.fenceline.analytics.rules.access;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.BufferObject;
import dev.fenceline.analytics.state.Devices;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Resource;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.AccessPath;
import dev.fenceline.event.BoAccess;
import dev.fenceline.event.Event;
import dev.fenceline.event.LongList;
import dev.fenceline.event.Placement;
import dev.fenceline.event.Severity;
import org.jspecify.annotations.Nullable;

/** T04: an access through the aperture stays inside it. */
public final class ApertureReachesVisibleVramOnly {
    public static final Rule RULE = Rule.named("T04", "aperture-reaches-visible-vram-only")
            .severity(Severity.CRITICAL)
            .states("An access to VRAM as I/O memory touches only bytes below the limit up to which the CPU sees VRAM.")
            .why(
                    "Beyond the aperture the bus address belongs to something else: the copy reads and writes memory of another "
                            + "device or of nobody.")
            .source(
                    "xe_bo.c:xe_ttm_access_memory (xe_bo_is_visible_vram, else xe_migrate_access_memory); "
                            + "amdgpu_ttm.c:amdgpu_ttm_access_memory (amdgpu_device_aper_access serves the visible part); thread 000")
            .advice("Let the engine copy what the CPU does not see.")
            .needs(Stream.ACCESS, Stream.MOVE)
            .parameter(
                    "size of a block",
                    "size of the BO by the number of its blocks",
                    "ours: blocks come with their offsets only; judged where that gives a power of two, as the buddy allocator does; "
                            + "a BO that moved is judged by the ranges of its resource, where the recording holds them (range, own)")
            .before(BoAccess.class, ApertureReachesVisibleVramOnly::judge)
            .build();

    private ApertureReachesVisibleVramOnly() {}

    private static void judge(BoAccess access, KernelState state, Report report) {
        // What the aperture served is the result; the rest went another way.
        long bytes = access.hasResult() ? access.result() : access.length();
        if (access.path() != AccessPath.IOMEM || bytes <= 0) {
            return;
        }
        BufferObject bo = state.buffers().bo(access.bo());
        LongList blocks = bo == null ? null : bo.blocks();
        Resource resource = bo == null || blocks != null ? null : resourceOf(bo, state);
        Placement placement =
                access.placement() != Placement.UNKNOWN || bo == null ? access.placement() : bo.placement();
        if (bo == null
                || (blocks == null && resource == null)
                || (placement != Placement.VRAM && placement != Placement.UNKNOWN)) {
            return;
        }
        Devices.Device device = state.devices().device(state.resources().deviceOf(bo));
        long visible = device == null ? Event.ABSENT : device.visibleBytes();
        boolean stated = visible != Event.ABSENT;
        if (!stated) {
            visible = state.session().visibleVramBytes();
        }
        if (visible == Event.ABSENT) {
            report.unknown("it is not known how much of the VRAM is visible that BO {} lies in", bo.id());
            return;
        }
        long offset = access.hasOffset() ? access.offset() : 0;
        boolean beyond = resource == null
                ? touchesBeyond(blocks, bo.size(), offset, bytes, visible)
                : touchesBeyond(
                        resource, offset, bytes, visible / state.session().pageSizeBytes(), state);
        if (beyond) {
            report.violation("bo=" + bo.id())
                    .since(bo.born())
                    .witness("aperture stated", stated && device != null ? device.vramSeq() : 0)
                    .witness("BO created", resource == null ? bo.born() : 0)
                    .witness("memory allocated", resource == null ? 0 : resource.born())
                    .witness("accessed", access.seq())
                    .says("BO " + bo.id()
                            + " is accessed through the aperture where the CPU does not see VRAM: it sees " + visible
                            + " bytes.");
        }
    }

    /** The memory it lies in now, in a recording that shows each allocation and which BO uses it. */
    private static @Nullable Resource resourceOf(BufferObject bo, KernelState state) {
        boolean shown = state.ledger().holds(Stream.RANGE) && state.ledger().holds(Stream.OWN);
        Resource resource = shown ? state.resources().resourceOf(bo) : null;
        return resource != null && resource.ranges() > 0 && !resource.isAssumed() ? resource : null;
    }

    /** The ranges of a resource are the parts of the BO in their order. */
    private static boolean touchesBeyond(
            Resource resource, long offset, long bytes, long visiblePages, KernelState state) {
        long pageBytes = state.session().pageSizeBytes();
        long partStart = 0;
        for (int i = 0; i < resource.ranges(); i++) {
            long partEnd = partStart + (resource.end(i) - resource.start(i)) * pageBytes;
            long from = Math.max(offset, partStart);
            long to = Math.min(offset + bytes, partEnd);
            if (from < to && resource.start(i) + (to - 1 - partStart) / pageBytes >= visiblePages) {
                return true;
            }
            partStart = partEnd;
        }
        return false;
    }

    private static boolean touchesBeyond(@Nullable LongList blocks, long size, long offset, long bytes, long visible) {
        int count = blocks == null ? 0 : blocks.size();
        if (blocks == null || count == 0) {
            return false;
        }
        if (count == 1) {
            return bytes > visible - blocks.get(0) - offset;
        }
        boolean wholeBo = size != Event.ABSENT && offset == 0 && bytes >= size;
        boolean equal = size > 0 && size % count == 0 && Long.bitCount(size / count) == 1;
        for (int i = 0; i < count; i++) {
            if (equal) {
                long block = size / count;
                long from = Math.max(offset - i * block, 0);
                long to = Math.min(offset + bytes - i * block, block);
                if (from < to && to > visible - blocks.get(i)) {
                    return true;
                }
            } else if (wholeBo && blocks.get(i) >= visible) {
                return true;
            }
        }
        return false;
    }
}

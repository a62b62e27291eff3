package dev.fenceline.simulator.dmabuf;

import dev.fenceline.event.DmaDirection;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/**
 * dma-buf.c:dma_buf_map_attachment, under the reservation, and dma_buf_map_attachment_unlocked, which takes it.
 *
 * <p>For a static importer it waits until moves are done; a dynamic one has to do that itself.
 */
public final class MapAttachment extends Call {
    /** A static importer pins the buffer itself (rule A-D07). */
    public static final Deviation PINS_STATICALLY = new Deviation("static-importer-pins");

    private static final Path<MapAttachment> PATH = Path.<MapAttachment>named("dma_buf_map_attachment")
            .call(map -> map.unlocked ? new LockResv(map.dmabuf().resv()) : null)
            .when(
                    map -> map.attachment.cached() == null,
                    fresh -> fresh.call(map -> map.dmabuf().exporter().reach(map.attachment))
                            .run(MapAttachment::pin)
                            .run(map -> map.table = map.attachment.mapNow(map.direction))
                            .call(map -> map.attachment.isDynamic()
                                    ? null
                                    : new ResvWait(map.dmabuf().resv(), Usage.KERNEL)))
            .run(MapAttachment::hand)
            .end();

    private final Attachment attachment;
    private final DmaDirection direction;
    private final boolean unlocked;
    private @Nullable SgTable table;

    private MapAttachment(Attachment attachment, DmaDirection direction, boolean unlocked) {
        this.attachment = attachment;
        this.direction = direction;
        this.unlocked = unlocked;
    }

    /** Maps under the reservation, which the caller holds. */
    public static MapAttachment locked(Attachment attachment, DmaDirection direction) {
        return new MapAttachment(attachment, direction, false);
    }

    /** Takes the reservation, maps, and gives it back. */
    public static MapAttachment unlocked(Attachment attachment, DmaDirection direction) {
        return new MapAttachment(attachment, direction, true);
    }

    /** The table. */
    public SgTable table() {
        if (table == null) {
            throw new IllegalStateException("nothing is mapped yet");
        }
        return table;
    }

    private DmaBuf dmabuf() {
        return attachment.dmabuf();
    }

    private void pin() {
        if (attachment.pinsWhileMapped()) {
            dmabuf().exporter().pin();
        }
        if (!attachment.isDynamic() && kernel().deviates(PINS_STATICALLY)) {
            attachment.pin();
        }
    }

    private void hand() {
        SgTable cached = attachment.cached();
        if (cached != null) {
            table = cached;
        }
        if (unlocked) {
            dmabuf().resv().lock().release(task());
        }
        attachment.recordMap(table(), direction, unlocked);
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

package dev.fenceline.simulator.fence;

import dev.fenceline.event.PublishPlace;
import dev.fenceline.event.SyncFileCreate;
import dev.fenceline.event.SyncFileRelease;
import dev.fenceline.simulator.kernel.Kernel;

/** A {@code sync_file}: a fence in a file descriptor, to hand to another process or device. What it holds never changes. */
public final class SyncFile {
    private final Kernel kernel;
    private final long id;
    private final DmaFence fence;

    /** {@code sync_file_create}: holds a reference of its own; {@code from} says where the fence comes from. */
    public SyncFile(Kernel kernel, DmaFence fence, String from) {
        this.kernel = kernel;
        this.id = kernel.newId();
        this.fence = fence.get();
        kernel.emit(SyncFileCreate.builder()
                .syncFile(id)
                .fence(fence.id())
                .from(from)
                .result(0));
        fence.publish(PublishPlace.SYNC_FILE);
    }

    /** The fence in it. */
    public DmaFence fence() {
        return fence;
    }

    /** {@code sync_file_release}. */
    public void close() {
        kernel.emit(SyncFileRelease.builder().syncFile(id).fence(fence.id()));
        fence.put();
    }
}

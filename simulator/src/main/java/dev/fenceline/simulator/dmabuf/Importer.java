package dev.fenceline.simulator.dmabuf;

import dev.fenceline.simulator.kernel.Context;

/** {@code dma_buf_attach_ops}: an importer that can have the buffer moved under it. */
@FunctionalInterface
public interface Importer {
    /** What pins the buffer whenever it has it mapped, and so is never told of a move. */
    Importer PINNING = by -> {};

    /** {@code invalidate_mappings} ({@code move_notify} in 6.x), under the reservation, in the thread {@code by} that moves the buffer. */
    void invalidateMappings(Context by);
}

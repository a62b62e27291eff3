package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.Objects;
import org.agrona.collections.Long2LongHashMap;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which BO lies in a block of VRAM since its creation. A BO that was moved is forgotten: who gets the block that it left waits for the
 * move, which waits for all that used it.
 */
public final class VramBlocks implements StatePart {
    private final Long2ObjectHashMap<Tenant> byBlock = new Long2ObjectHashMap<>();
    private final Long2LongHashMap blockOf = new Long2LongHashMap(Event.ABSENT);

    VramBlocks() {}

    /**
     * Who lies in a block.
     *
     * @param bo the BO
     * @param generation which use of the block it is; {@link Event#ABSENT} if not stated
     * @param seq the seq of its creation
     */
    public record Tenant(long bo, long generation, long seq) {}

    /** The BO whose block is freed; null if it is not known. */
    public @Nullable Tenant tenantOf(VramFree e) {
        Tenant tenant = e.hasBlock() ? byBlock.get(e.block()) : null;
        boolean another = tenant != null
                && e.hasGeneration()
                && tenant.generation != Event.ABSENT
                && tenant.generation != e.generation();
        return another ? null : tenant;
    }

    void apply(BoCreate e) {
        if (e.bo() == Event.ABSENT) {
            return;
        }
        leave(e.bo());
        if (e.block() != Event.ABSENT) {
            free(e.block());
            byBlock.put(e.block(), new Tenant(e.bo(), e.generation(), e.seq()));
            blockOf.put(e.bo(), e.block());
        }
    }

    /** The clearing of a new BO counts as a move, and leaves nothing. */
    void apply(BoMove e) {
        boolean stays = e.lacksSource() && e.to() == Placement.VRAM;
        if (!stays) {
            leave(e.bo());
        }
    }

    void apply(BoMoveCommit e) {
        if (e.to() != Placement.VRAM) {
            leave(e.bo());
        }
    }

    void apply(VramFree e) {
        if (tenantOf(e) != null) {
            free(e.block());
        }
    }

    /** The BO is not where it was created any more. */
    void leave(long bo) {
        if (bo != Event.ABSENT && blockOf.containsKey(bo)) {
            free(blockOf.get(bo));
        }
    }

    private void free(long block) {
        Tenant tenant = byBlock.remove(block);
        if (tenant != null) {
            blockOf.remove(tenant.bo);
        }
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        long[] blocks =
                byBlock.keySet().stream().mapToLong(Long::longValue).sorted().toArray();
        out.number(blocks.length);
        for (long block : blocks) {
            Tenant tenant = Objects.requireNonNull(byBlock.get(block));
            out.number(block);
            out.number(tenant.bo);
            out.number(tenant.generation);
            out.number(tenant.seq);
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        int count = in.count();
        for (int i = 0; i < count; i++) {
            long block = in.number();
            Tenant tenant = new Tenant(in.number(), in.number(), in.number());
            byBlock.put(block, tenant);
            blockOf.put(tenant.bo, block);
        }
    }
}

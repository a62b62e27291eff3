package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.LongList;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.LongArrayList;
import org.jspecify.annotations.Nullable;

/** A GPU address space (VM). */
public final class AddressSpace extends KernelObject {
    long client = Event.ABSENT;
    long mm = Event.ABSENT;
    long owner = Event.ABSENT;
    long resv = Event.ABSENT;
    long notifierLock = Event.ABSENT;
    boolean longRunning;
    boolean faultMode;
    boolean kindStated;
    long handle = Event.ABSENT;
    long killSeq;
    long rebindFence = Event.ABSENT;
    long rebindSeq;
    long destroySeq;
    long closeSeq;
    long lastInvalidatedSeq;
    long lastPublishSeq;
    final LongArrayList invalidated = new LongArrayList();
    final LongArrayList evicted = new LongArrayList();
    final List<PageTable> tiles = new ArrayList<>(1);
    private final MappedPages mapped;
    /** Whether an entry was written that did not say on which tile: the first page table may be that of any. */
    boolean tilesUnstated;

    AddressSpace(long id, MappedPages mapped) {
        super(id);
        this.mapped = mapped;
    }

    /** The client that owns it; {@link Event#ABSENT} if unknown. */
    public long client() {
        return client;
    }

    /** The address space of the CPU it belongs to; {@link Event#ABSENT} if unknown. */
    public long mm() {
        return mm;
    }

    /** The process it belongs to; {@link Event#ABSENT} if unknown. */
    public long owner() {
        return owner;
    }

    /** Whether it is known which lock its userptr notifiers take. */
    public boolean hasNotifierLock() {
        return notifierLock != Event.ABSENT;
    }

    /** Whether its queues are stopped by preempt fences instead of finishing: flag LR, or seen by what happens in it. */
    public boolean isLongRunning() {
        return longRunning;
    }

    /** Whether its pages are bound by GPU page faults. */
    public boolean isFaultMode() {
        return faultMode;
    }

    /** Whether its create says what it was made for. */
    public boolean isKindStated() {
        return kindStated;
    }

    /** The number its client knows it by; {@link Event#ABSENT} if not stated. */
    public long handle() {
        return handle;
    }

    /** The seq at which it was banned; 0 if it was not. */
    public long killSeq() {
        return killSeq;
    }

    /** The seq at which an ioctl destroyed its handle; 0 if none did. */
    public long destroySeq() {
        return destroySeq;
    }

    /** The seq of the last rebind with a fence that was queued in it; 0 if none was. */
    public long rebindSeq() {
        return rebindSeq;
    }

    /** Whether its queues leave the hardware by preempt fences: long-running, without page faults. */
    public boolean hasPreemptFences() {
        return longRunning && !faultMode;
    }

    /** The seq at which its last user handle was closed; 0 while it is open. */
    public long closeSeq() {
        return closeSeq;
    }

    /** The seq of the last invalidation of a userptr mapping of it; 0 if there was none. */
    public long lastInvalidatedSeq() {
        return lastInvalidatedSeq;
    }

    /** The seq at which work in it was published last; 0 if none was. */
    public long lastPublishSeq() {
        return lastPublishSeq;
    }

    /** How many of its userptr mappings were ever invalidated and are bound still. */
    public int invalidatedCount() {
        return invalidated.size();
    }

    /** One of the mappings that were invalidated, in the order of their first invalidation. */
    public long invalidated(int i) {
        return invalidated.getLong(i);
    }

    /** How many of its mappings lost their BO's place and are not bound again. */
    public int evictedCount() {
        return evicted.size();
    }

    /** One of those mappings, in the order of the evictions. */
    public long evicted(int i) {
        return evicted.getLong(i);
    }

    PageTable tile(int tile) {
        while (tiles.size() <= tile) {
            tiles.add(new PageTable(this, tiles.size(), mapped));
        }
        return tiles.get(tile);
    }

    void writePtes(long start, long end, long tile, long seq, @Nullable LongList pages) {
        if (tile == Event.ABSENT) {
            tilesUnstated = true;
            zapPtes(start, end, tile);
            tile(0).write(start, end, seq, pages);
        } else {
            tile((int) Math.max(0, Math.min(tile, 63))).write(start, end, seq, pages);
        }
    }

    void freeTables() {
        tiles.forEach(PageTable::clear);
        tiles.clear();
    }

    void zapPtes(long start, long end, long tile) {
        for (int i = 0; i < tiles.size(); i++) {
            if (tile == Event.ABSENT || tile == i) {
                tiles.get(i).zap(start, end);
            }
        }
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(client);
        out.number(mm);
        out.number(owner);
        out.number(resv);
        out.number(notifierLock);
        out.flag(longRunning);
        out.flag(faultMode);
        out.flag(kindStated);
        out.number(handle);
        out.number(killSeq);
        out.number(rebindFence);
        out.number(rebindSeq);
        out.number(destroySeq);
        out.number(closeSeq);
        out.number(lastInvalidatedSeq);
        out.number(lastPublishSeq);
        out.numbers(invalidated);
        out.numbers(evicted);
        out.flag(tilesUnstated);
        out.number(tiles.size());
        for (PageTable tile : tiles) {
            tile.write(out);
        }
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        client = in.number();
        mm = in.number();
        owner = in.number();
        resv = in.number();
        notifierLock = in.number();
        longRunning = in.flag();
        faultMode = in.flag();
        kindStated = in.flag();
        handle = in.number();
        killSeq = in.number();
        rebindFence = in.number();
        rebindSeq = in.number();
        destroySeq = in.number();
        closeSeq = in.number();
        lastInvalidatedSeq = in.number();
        lastPublishSeq = in.number();
        in.numbers(invalidated);
        in.numbers(evicted);
        tilesUnstated = in.flag();
        int size = in.count();
        for (int i = 0; i < size; i++) {
            tile(i).read(in);
        }
    }
}

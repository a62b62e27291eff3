package dev.fenceline.analytics.state;

import dev.fenceline.event.DmaDirection;
import dev.fenceline.event.Event;
import java.io.IOException;
import org.agrona.collections.LongArrayList;

/** A dma-buf: its exporter, who is attached, and the users that need it to stay: vmaps, polls, CPU access brackets. */
public final class DmaBuf extends KernelObject {
    private static final DmaDirection[] DIRECTIONS = DmaDirection.values();

    long device = Event.ABSENT;
    long bo = Event.ABSENT;
    long resv = Event.ABSENT;
    long exportSeq;
    long releaseSeq;
    int vmaps;
    long vmapping = Event.ABSENT;
    long vmapSeq;
    final LongArrayList attachments = new LongArrayList();
    /** Polls whose callback waits on a fence: fence and seq in turn. */
    final LongArrayList polls = new LongArrayList();
    /** Open brackets: client, direction and seq in turn. */
    final LongArrayList brackets = new LongArrayList();

    DmaBuf(long id) {
        super(id);
    }

    /** The device that exports; {@link Event#ABSENT} if unknown. */
    public long device() {
        return device;
    }

    /** The BO behind it; {@link Event#ABSENT} if unknown. */
    public long bo() {
        return bo;
    }

    /** The seq of its export; 0 if not seen. */
    public long exportSeq() {
        return exportSeq;
    }

    /** The seq of its release; 0 while it exists. */
    public long releaseSeq() {
        return releaseSeq;
    }

    /** How many users its kernel mapping has. */
    public int vmaps() {
        return vmaps;
    }

    /** The kernel mapping all users share; {@link Event#ABSENT} if there is none, or it is not stated. */
    public long vmapping() {
        return vmapping;
    }

    /** The seq of the vmap that made the mapping; 0 while there is none. */
    public long vmapSeq() {
        return vmapSeq;
    }

    /** How many attachments it has. */
    public int attachmentCount() {
        return attachments.size();
    }

    /** One of its attachments, the oldest at 0. */
    public long attachment(int i) {
        return attachments.getLong(i);
    }

    /** How many polls wait for a fence. */
    public int pollCount() {
        return polls.size() / 2;
    }

    /** The fence a poll waits for. */
    public long pollFence(int i) {
        return polls.getLong(2 * i);
    }

    /** The seq of the poll. */
    public long pollSeq(int i) {
        return polls.getLong(2 * i + 1);
    }

    /** Whether the client has a bracket open that allows such an access; directions are the device's view. */
    public boolean isBracketed(long client, boolean write) {
        for (int i = 0; i < brackets.size(); i += 3) {
            DmaDirection direction = DIRECTIONS[(int) brackets.getLong(i + 1)];
            boolean covers = direction == DmaDirection.BI
                    || direction == DmaDirection.UNKNOWN
                    || direction == (write ? DmaDirection.TO : DmaDirection.FROM);
            if (brackets.getLong(i) == client && covers) {
                return true;
            }
        }
        return false;
    }

    /** The seq of the client's last open bracket, whatever its direction; 0 if it has none. */
    public long bracketSeq(long client) {
        for (int i = brackets.size() - 3; i >= 0; i -= 3) {
            if (brackets.getLong(i) == client) {
                return brackets.getLong(i + 2);
            }
        }
        return 0;
    }

    @SuppressWarnings("EnumOrdinal") // Kept in a list of numbers; the snapshot writes it as such.
    void open(long client, DmaDirection direction, long seq) {
        brackets.addLong(client);
        brackets.addLong(direction.ordinal());
        brackets.addLong(seq);
    }

    /** Closes the client's last bracket of that direction, or its last one. */
    @SuppressWarnings("EnumOrdinal") // As above.
    void close(long client, DmaDirection direction) {
        int last = -1;
        for (int i = brackets.size() - 3; i >= 0; i -= 3) {
            if (brackets.getLong(i) != client) {
                continue;
            }
            last = last < 0 ? i : last;
            if (brackets.getLong(i + 1) == direction.ordinal()) {
                last = i;
                break;
            }
        }
        if (last >= 0) {
            removeRange(brackets, last, 3);
        }
    }

    static void removeRange(LongArrayList list, int from, int count) {
        for (int i = 0; i < count; i++) {
            list.removeAt(from);
        }
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(device);
        out.number(bo);
        out.number(resv);
        out.number(exportSeq);
        out.number(releaseSeq);
        out.number(vmaps);
        out.number(vmapping);
        out.number(vmapSeq);
        out.numbers(attachments);
        out.numbers(polls);
        out.numbers(brackets);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        device = in.number();
        bo = in.number();
        resv = in.number();
        exportSeq = in.number();
        releaseSeq = in.number();
        vmaps = in.count();
        vmapping = in.number();
        vmapSeq = in.number();
        in.numbers(attachments);
        in.numbers(polls);
        in.numbers(brackets);
    }
}

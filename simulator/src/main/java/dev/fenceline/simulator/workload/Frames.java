package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.dmabuf.DmaBuf;
import dev.fenceline.simulator.kernel.WaitList;
import dev.fenceline.simulator.kernel.Waits;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;

/** The pipe between a decoder and an encoder: frames that are decoded, in order, and the buffers that are free again. */
final class Frames implements Waits {
    private final WaitList changed = new WaitList(this);
    private final ArrayDeque<DmaBuf> decoded = new ArrayDeque<>();
    private final ArrayDeque<DmaBuf> free = new ArrayDeque<>();
    private final Set<DmaBuf> buffers = new LinkedHashSet<>();
    private boolean hungUp;

    WaitList changed() {
        return changed;
    }

    boolean hasDecoded() {
        return !decoded.isEmpty();
    }

    boolean hasFree() {
        return !free.isEmpty();
    }

    DmaBuf nextDecoded() {
        return decoded.remove();
    }

    DmaBuf nextFree() {
        return free.remove();
    }

    /** The job that decodes into {@code frame} is submitted; it need not be done. */
    void offer(DmaBuf frame) {
        decoded.add(frame);
        changed.wakeAll();
    }

    /** One more buffer that can be decoded into. */
    void add(DmaBuf frame) {
        buffers.add(frame);
        giveBack(frame);
    }

    /** {@code frame} will not be decoded into any more. */
    void retire(DmaBuf frame) {
        buffers.remove(frame);
    }

    /** Nobody reads {@code frame} any more. */
    void giveBack(DmaBuf frame) {
        if (buffers.contains(frame)) {
            free.add(frame);
            changed.wakeAll();
        }
    }

    /** The decoder is gone, and its buffers with it. */
    void hangUp() {
        buffers.clear();
        decoded.clear();
        free.clear();
        hungUp = true;
        changed.wakeAll();
    }

    boolean isHungUp() {
        return hungUp;
    }

    /** The encoder has noticed. */
    void reopen() {
        hungUp = false;
    }

    @Override
    public String label() {
        return "frames between decoder and encoder";
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        // Another process fills and empties the pipe; the model does not know which.
    }
}

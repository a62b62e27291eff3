package dev.fenceline.simulator.dmabuf;

import dev.fenceline.event.DmaBufPoll;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;

/**
 * poll(2) of a dma-buf, dma-buf.c:dma_buf_poll: sleeps until nobody writes, or nobody uses, the memory.
 *
 * <p>The callback that wakes the sleeper holds the file, for the process may close it, or die, meanwhile.
 */
public final class PollDmaBuf extends Call {
    /** The callback on a fence does not keep the file (rule A-D12). */
    public static final Deviation KEEPS_NO_FILE = new Deviation("poll-callback-holds-no-file", 40);

    private static final Path<PollDmaBuf> PATH = Path.<PollDmaBuf>named("dma_buf_poll")
            .repeat(look -> look.call(poll -> new LockResv(poll.dmabuf.resv()))
                    .run(PollDmaBuf::arm)
                    .run(poll -> poll.dmabuf.resv().lock().release(poll.task()))
                    .leaveIf(poll -> poll.ready || poll.givesUp)
                    .await(poll -> poll.callback.pollers(), poll -> !poll.callback.isQueued()))
            .end();

    private final DmaBuf dmabuf;
    private final PollCallback callback;
    private final Usage usage;
    private final boolean givesUp;
    private boolean ready;

    private PollDmaBuf(DmaBuf dmabuf, boolean forWriting, boolean givesUp) {
        this.dmabuf = dmabuf;
        this.callback = forWriting ? dmabuf.out() : dmabuf.in();
        this.usage = forWriting ? Usage.READ : Usage.WRITE;
        this.givesUp = givesUp;
    }

    /** Waits for EPOLLIN, that nobody writes, or for EPOLLOUT, that nobody uses it. */
    public static PollDmaBuf await(DmaBuf dmabuf, boolean forWriting) {
        return new PollDmaBuf(dmabuf, forWriting, false);
    }

    /** Looks, and does not wait, as a program whose time is up; the callback stays queued. */
    public static PollDmaBuf look(DmaBuf dmabuf, boolean forWriting) {
        return new PollDmaBuf(dmabuf, forWriting, true);
    }

    private void arm() {
        ready = !callback.isQueued();
        for (DmaFence pending = dmabuf.resv().firstPending(usage);
                !callback.isQueued() && pending != null;
                pending = dmabuf.resv().firstPending(usage)) {
            boolean keepsFile = !kernel().deviates(KEEPS_NO_FILE);
            if (callback.queue(pending, keepsFile)) {
                ready = false;
                if (keepsFile) {
                    dmabuf.getFile();
                }
                kernel().emit(DmaBufPoll.builder()
                        .dmabuf(dmabuf.id())
                        .events(callback.events())
                        .fence(pending.id()));
            }
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

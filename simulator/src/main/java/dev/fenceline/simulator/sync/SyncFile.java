package dev.fenceline.simulator.sync;

import dev.fenceline.event.PublishPlace;
import dev.fenceline.event.SyncFileCreate;
import dev.fenceline.event.SyncFileRelease;
import dev.fenceline.event.SyncFileWait;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceCallback;
import dev.fenceline.simulator.fence.FenceMerge;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.kernel.WaitList;

/** A {@code sync_file}: a file descriptor that is readable when its fence is done. It stands for the same fence as long as it lives. */
public final class SyncFile implements Census.Member {
    /** A wait for a sync file returns before its fence is done (rule A-Y01). */
    public static final Deviation RETURNS_EARLY = new Deviation("sync-file-wait-returns-early", 4);

    /** The poll of a sync file queues its callback again although it is queued (rule A-F12). */
    public static final Deviation QUEUES_TWICE = new Deviation("callback-is-queued-twice");

    /** The release of a sync file leaves its callback on the fence, whose last reference it drops (rule A-F05). */
    public static final Deviation LEAVES_CALLBACK = new Deviation("release-leaves-callback-on-fence");

    private final Kernel kernel;
    private final long id;
    private final DmaFence fence;
    private final FenceCallback callback;
    private final WaitList pollers;

    /**
     * {@code sync_file_create}: takes a reference of its own to {@code fence}.
     *
     * @param from what the fence was exported from
     */
    public SyncFile(Kernel kernel, DmaFence fence, String from) {
        this.kernel = kernel;
        this.id = kernel.newId();
        this.fence = fence.get();
        this.pollers = new WaitList(fence);
        this.callback = new FenceCallback(kernel, pollers::wakeAll);
        kernel.enrol(this);
        kernel.emit(SyncFileCreate.builder()
                .syncFile(id)
                .fence(fence.id())
                .from(from)
                .result(0));
        fence.publish(PublishPlace.SYNC_FILE);
    }

    /** {@code SYNC_IOC_MERGE}: a new file that is done when both are. */
    public static SyncFile merge(Kernel kernel, SyncFile one, SyncFile other) {
        DmaFence merged = FenceMerge.of(kernel, one.fence, other.fence);
        SyncFile file = new SyncFile(kernel, merged, "merge");
        merged.put();
        return file;
    }

    /** {@code sync_file_get_fence}; the file keeps its reference. */
    public DmaFence fence() {
        return fence;
    }

    /** Closes the file. */
    public void release() {
        kernel.emit(SyncFileRelease.builder().syncFile(id).fence(fence.id()));
        kernel.strike(this);
        if (callback.isQueued() && !kernel.deviates(LEAVES_CALLBACK)) {
            callback.remove();
        }
        fence.put();
        callback.free();
    }

    @Override
    public void tell(Facts facts) {
        facts.of("sync_file", id).with("fence", fence.id());
    }

    /** {@code poll(POLLIN)} that does not wait: whether the file is readable. */
    public boolean pollNow() {
        armCallback();
        return fence.isSignaled();
    }

    private void armCallback() {
        if (!callback.isQueued()) {
            fence.addCallback(callback);
        } else if (kernel.deviates(QUEUES_TWICE)) {
            fence.addCallback(callback);
        }
    }

    /** {@code poll(POLLIN)} on the file until it is readable. */
    public Call poll() {
        return new Poll(this);
    }

    private static final class Poll extends Call {
        private static final Path<Poll> PATH = Path.<Poll>named("sync_file_poll")
                .run(Poll::begin)
                .await(poll -> poll.file.pollers, Poll::isDone)
                .run(Poll::end)
                .end();

        private final SyncFile file;
        private boolean early;

        Poll(SyncFile file) {
            this.file = file;
        }

        private void begin() {
            file.armCallback();
            early = !file.fence.isSignaled() && kernel().deviates(RETURNS_EARLY);
        }

        private boolean isDone() {
            return early || file.fence.isSignaled();
        }

        private void end() {
            kernel().emit(SyncFileWait.builder()
                    .syncFile(file.id)
                    .fence(file.fence.id())
                    .result(0));
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}

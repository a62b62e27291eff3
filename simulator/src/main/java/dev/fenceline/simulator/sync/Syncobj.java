package dev.fenceline.simulator.sync;

import dev.fenceline.event.FenceKind;
import dev.fenceline.event.LockClass;
import dev.fenceline.event.PublishPlace;
import dev.fenceline.event.SyncobjPoint;
import dev.fenceline.event.SyncobjReplace;
import dev.fenceline.event.SyncobjWaitEnd;
import dev.fenceline.event.SyncobjWaitSubmit;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceCallback;
import dev.fenceline.simulator.fence.FenceChain;
import dev.fenceline.simulator.fence.FenceProvider;
import dev.fenceline.simulator.fence.Stubs;
import dev.fenceline.simulator.fence.Timeline;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.kernel.WaitList;
import dev.fenceline.simulator.kernel.Waits;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A {@code drm_syncobj}: a place for a fence that userspace knows by a handle. Binary, it holds the fence of the last submission; as a
 * timeline, the chain of the points that were submitted.
 */
public final class Syncobj implements Census.Member, Waits {
    /** A file is exported although nothing was submitted, with a fence that waits for a program (rule A-F16). */
    public static final Deviation EXPORTS_FUTURE = new Deviation("future-fence-is-exported");

    /** The wait for a submission keeps the mutex under which the handle was looked up (rule A-Y02). */
    public static final Deviation WAITS_UNDER_LOCK = new Deviation("wait-for-submit-under-a-lock");

    private final Kernel kernel;
    private final long id;
    private final WaitList submission = new WaitList(this);
    private @Nullable DmaFence fence;
    private long lastPoint;

    /** {@code drm_syncobj_create}: empty. */
    public Syncobj(Kernel kernel) {
        this.kernel = kernel;
        this.id = kernel.newId();
        kernel.enrol(this);
    }

    public long id() {
        return id;
    }

    /** {@code drm_syncobj_replace_fence}: takes a reference of its own; null resets it. */
    public void replace(@Nullable DmaFence to) {
        DmaFence old = fence;
        fence = to == null ? null : to.get();
        lastPoint = 0;
        SyncobjReplace.Builder event = SyncobjReplace.builder().syncobj(id).result(0);
        if (to != null) {
            event.fence(to.id());
        }
        kernel.emit(event);
        if (to != null) {
            to.publish(PublishPlace.SYNCOBJ);
            submission.wakeAll();
        }
        if (old != null) {
            old.put();
        }
    }

    /** {@code drm_syncobj_add_point}: {@code to} is done at {@code point} of the timeline, after all that came before. */
    public void addPoint(long point, DmaFence to) {
        DmaFence node = FenceChain.create(kernel, fence, to.get(), point);
        fence = node;
        lastPoint = node.seqno();
        kernel.emit(
                SyncobjPoint.builder().syncobj(id).fence(to.id()).point(point).result(0));
        to.publish(PublishPlace.SYNCOBJ);
        node.publish(PublishPlace.SYNCOBJ);
        submission.wakeAll();
    }

    /**
     * {@code drm_syncobj_find_fence} without WAIT_FOR_SUBMIT.
     *
     * @param point 0 for the fence of a binary object
     * @return null if nobody has submitted it (-EINVAL); the reference is the caller's
     */
    public @Nullable DmaFence find(long point) {
        DmaFence head = fence;
        if (head == null) {
            return null;
        }
        DmaFence found = FenceChain.find(head, point);
        return found == null ? null : found.get();
    }

    /** {@code drm_syncobj_export_sync_file}: a snapshot of what the object holds now. */
    public @Nullable SyncFile exportFile() {
        DmaFence held = find(0);
        if (held == null && kernel.deviates(EXPORTS_FUTURE)) {
            Timeline future = new Timeline(
                    kernel, kernel.newFenceContexts(1), "drm_syncobj", "future", FenceKind.FUTURE, FenceProvider.CORE);
            held = future.next(null, this);
        }
        if (held == null) {
            return null;
        }
        SyncFile file = new SyncFile(kernel, held, "syncobj");
        held.put();
        return file;
    }

    /** {@code drm_syncobj_import_sync_file_fence}. */
    public void importFile(SyncFile file) {
        replace(file.fence());
    }

    /** {@code DRM_IOCTL_SYNCOBJ_SIGNAL}: holds a fence that has always been signalled. */
    public void signal() {
        DmaFence stub = Stubs.create(kernel);
        replace(stub);
        stub.put();
    }

    /** {@code drm_syncobj_free}. */
    public void free() {
        kernel.strike(this);
        if (fence != null) {
            replace(null);
        }
    }

    @Override
    public void tell(Facts facts) {
        if (fence != null) {
            facts.of("syncobj", id).with("point", lastPoint);
        }
    }

    /**
     * {@code DRM_IOCTL_SYNCOBJ_WAIT} with WAIT_FOR_SUBMIT: sleeps until the point is submitted, then until it is done. No lock may be
     * held: what it waits for is a program.
     */
    public Call await(long point) {
        return new Wait(this, point);
    }

    @Override
    public String label() {
        return "submission to syncobj " + id;
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        // A program submits it or does not.
    }

    private static final class Wait extends Call {
        private static final Path<Wait> PATH = Path.<Wait>named("drm_syncobj_array_wait_timeout")
                .when(Wait::locksTooMuch, table -> table.lock(wait -> wait.table.get(), Lock.Mode.X))
                .run(Wait::begin)
                .await(wait -> wait.syncobj.submission, Wait::isSubmitted)
                .run(Wait::found)
                .when(wait -> wait.table.orNull() != null, table -> table.unlock(wait -> wait.table.get()))
                .await(wait -> wait.fence().waiters(), wait -> wait.fence().isSignaled())
                .run(Wait::end)
                .end();

        private final Syncobj syncobj;
        private final long point;
        private @Nullable DmaFence fence;
        private @Nullable FenceCallback wakes;
        private final Local<Lock> table = new Local<>();

        Wait(Syncobj syncobj, long point) {
            this.syncobj = syncobj;
            this.point = point;
        }

        private boolean locksTooMuch() {
            if (!kernel().deviates(WAITS_UNDER_LOCK)) {
                return false;
            }
            table.set(Lock.mutex(kernel(), LockClass.MUTEX));
            return true;
        }

        private void begin() {
            kernel().emit(SyncobjWaitSubmit.builder().syncobj(syncobj.id).point(point));
        }

        private boolean isSubmitted() {
            fence = syncobj.find(point);
            return fence != null;
        }

        private DmaFence fence() {
            if (fence == null) {
                throw new IllegalStateException("nothing is submitted yet");
            }
            return fence;
        }

        private void found() {
            kernel().emit(SyncobjWaitEnd.builder()
                    .syncobj(syncobj.id)
                    .point(point)
                    .fence(fence().id())
                    .result(0));
            wakes = new FenceCallback(kernel(), () -> {});
            fence().addCallback(wakes);
        }

        private void end() {
            fence().put();
            if (wakes != null) {
                wakes.free();
            }
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}

package dev.fenceline.simulator.ttm;

import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import org.jspecify.annotations.Nullable;

/**
 * amdgpu_ttm.c:amdgpu_ttm_access_memory_sdma, under the BO's reservation: one page by way of the device's bounce buffer.
 *
 * <p>Here the mutex covers the copy into the buffer, the job and the copy out of it, and a buffer whose copy timed out is left alone
 * until the copy is done, and the copy waits for KERNEL fences. The kernel holds its mutex only while it builds the job, looks at no
 * earlier one, and has the job wait for nothing: see the faults.
 */
public final class SdmaAccess extends Call {
    /** An access begins while the buffer holds what another one has not taken out yet, as in the kernel (rule T06). */
    public static final Deviation SHARES_BUFFER = new Deviation("sdma-bounce-buffer-is-shared");

    /** The buffer of a copy that timed out, and that may still run, is used again, as in the kernel (rule T06). */
    public static final Deviation REUSES_TIMED_OUT = new Deviation("sdma-bounce-buffer-is-reused-after-timeout");

    /**
     * The job of the copy waits for no move or clear of the BO, as in the kernel (rule T05). Mostly these are on the ring already, or go
     * there first.
     */
    public static final Deviation WAITS_FOR_NOTHING = new Deviation("sdma-access-waits-for-nothing", 100);

    private static final int EBUSY = -16;
    private static final int ETIMEDOUT = -110;

    /** {@code adev->sdma_timeout}: seconds in the kernel. Ours: short, as everything is here. */
    private static final long TIMEOUT_NS = 400_000;

    private static final Path<SdmaAccess> PATH = Path.<SdmaAccess>named("amdgpu_ttm_access_memory_sdma")
            .run(SdmaAccess::chooseWhetherAlone)
            .when(access -> access.alone, alone -> alone.lock(access -> access.buffer.lock(), Lock.Mode.X))
            .run(SdmaAccess::lookAtBuffer)
            .when(
                    access -> access.result == 0,
                    copy -> copy.run(SdmaAccess::submit)
                            .call(access -> access.wait.set(new FenceWait(access.copied(), false, TIMEOUT_NS)))
                            .run(SdmaAccess::takeOut))
            .when(access -> access.alone, alone -> alone.unlock(access -> access.buffer.lock()))
            .end();

    private final BounceBuffer buffer;
    private final Bo bo;
    private final boolean write;
    private final Local<FenceWait> wait = new Local<>();
    private @Nullable DmaFence copied;
    private long id;
    private int result;
    private boolean alone;

    SdmaAccess(BounceBuffer buffer, Bo bo, boolean write) {
        this.buffer = buffer;
        this.bo = bo;
        this.write = write;
    }

    /** 0, or a negative errno: the access must be made in another way. */
    int result() {
        return result;
    }

    private void chooseWhetherAlone() {
        id = kernel().newId();
        alone = !buffer.isInUse() || !kernel().deviates(SHARES_BUFFER);
    }

    private void lookAtBuffer() {
        boolean timedOut = alone && buffer.isBeingCopied();
        result = timedOut && !kernel().deviates(REUSES_TIMED_OUT) ? EBUSY : 0;
    }

    private void submit() {
        copied = buffer.copy(id, bo, write);
    }

    private DmaFence copied() {
        if (copied == null) {
            throw new IllegalStateException("no copy was submitted");
        }
        return copied;
    }

    private void takeOut() {
        if (wait.get().result() == 0) {
            result = ETIMEDOUT;
            buffer.giveUp();
        } else {
            buffer.drain(id, bo, write, copied());
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

package dev.fenceline.simulator.vm;

import dev.fenceline.event.UserFenceWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;

/** xe_wait_user_fence.c:xe_wait_user_fence_ioctl: sleeps until the value is in memory. */
public final class WaitUserFence extends Call {
    private static final Path<WaitUserFence> PATH = Path.<WaitUserFence>named("xe_wait_user_fence_ioctl")
            .await(wait -> wait.fence.waiters(), wait -> wait.fence.isWritten(), wait -> Long.MAX_VALUE, wait -> true)
            .run(WaitUserFence::record)
            .end();

    private static final int ERESTARTSYS = -512;

    private final UserFence fence;

    /** Waits for {@code fence} until the task is killed. */
    public WaitUserFence(UserFence fence) {
        this.fence = fence;
    }

    private void record() {
        kernel().emit(UserFenceWait.builder()
                .vm(fence.vm().id())
                .address(fence.address())
                .value(fence.value())
                .timeout(Long.MAX_VALUE)
                .result(fence.isWritten() ? 0 : ERESTARTSYS));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

package dev.fenceline.simulator.userq;

import dev.fenceline.event.Usage;
import dev.fenceline.event.UserqWaitDep;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.kernel.AllocatePages;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.Bo;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * amdgpu_userq_fence.c:amdgpu_userq_wait_ioctl: what the next packets have to wait for before they touch these buffers. For the fence of
 * another user-mode queue of the device the program is told where its value comes; every other fence is waited for here and now, because
 * no packet can wait for it.
 */
public final class WaitFor extends Call {
    private static final Path<WaitFor> PATH = Path.<WaitFor>named("amdgpu_userq_wait_ioctl")
            .call(wait -> new AllocatePages(Gfp.KERNEL, 1))
            .call(wait -> wait.locks.set(new LockResvs(wait.resvs())))
            .run(WaitFor::collect)
            .run(wait -> wait.locks.get().unlockAll(wait.task()))
            .repeat(each -> each.leaveIf(wait -> wait.found.isEmpty())
                    .run(wait -> wait.fence.set(wait.found.remove(0)))
                    .call(wait -> wait.isForHardware() ? null : new FenceWait(wait.fence.get()))
                    .run(WaitFor::tell))
            .end();

    private final UserQueue queue;
    private final List<Bo> written;
    private final List<Bo> read;
    private final List<DmaFence> found = new ArrayList<>(2);
    private final List<WaitInfo> infos = new ArrayList<>(2);
    private final Local<LockResvs> locks = new Local<>();
    private final Local<DmaFence> fence = new Local<>();

    /** Asks what {@code queue} has to wait for before it writes and reads these buffers. */
    public WaitFor(UserQueue queue, List<Bo> written, List<Bo> read) {
        this.queue = queue;
        this.written = List.copyOf(written);
        this.read = List.copyOf(read);
    }

    /** What packets have to wait for. */
    public List<WaitInfo> infos() {
        return infos;
    }

    private Set<DmaResv> resvs() {
        Set<DmaResv> all = new LinkedHashSet<>();
        read.forEach(bo -> all.add(bo.resv()));
        written.forEach(bo -> all.add(bo.resv()));
        return all;
    }

    /** Who writes waits for readers and writers, who reads for writers. */
    private void collect() {
        read.forEach(bo -> bo.resv().eachPending(Usage.WRITE, pending -> found.add(pending.get())));
        written.forEach(bo -> bo.resv().eachPending(Usage.READ, pending -> found.add(pending.get())));
    }

    private boolean isForHardware() {
        return fence.get().completer() instanceof FenceDriver driver
                && driver.device() == queue.queues().device();
    }

    private void tell() {
        DmaFence on = fence.get();
        kernel().emit(UserqWaitDep.builder()
                .queue(queue.id())
                .client(queue.queues().client().id())
                .index(queue.index())
                .type(queue.properties().type())
                .state(queue.state())
                .on(on.id())
                .result(0));
        if (isForHardware() && on.completer() instanceof FenceDriver driver) {
            infos.add(new WaitInfo(driver, on.seqno()));
        }
        on.put();
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

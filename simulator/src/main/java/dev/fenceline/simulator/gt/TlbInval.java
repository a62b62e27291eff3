package dev.fenceline.simulator.gt;

import dev.fenceline.event.HardwareAccess;
import dev.fenceline.event.TlbInvalRecv;
import dev.fenceline.event.TlbInvalSend;
import dev.fenceline.event.TlbInvalSignal;
import dev.fenceline.event.TlbInvalTimeout;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.Timeline;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Context;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Inline;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Workqueue;
import dev.fenceline.simulator.unplug.DrmDevice;
import java.util.ArrayDeque;
import java.util.function.IntConsumer;

/**
 * xe_tlb_inval.c: asks the firmware of one GT to have its TLBs forget addresses. Requests have consecutive numbers, and an answer
 * completes all up to its own.
 */
public final class TlbInval {
    /** A request that got no answer is completed with -ETIME and nothing is reset, as in the kernel (rule V05). */
    public static final Deviation IGNORES_TIMEOUT = new Deviation("tlb-timeout-is-ignored", 50);

    /** A number is taken and not sent (rule V04). */
    public static final Deviation SKIPS_SEQNO = new Deviation("tlb-seqno-is-skipped");

    /** How long the driver waits for an answer ({@code guc_tlb_inval_timeout_delay}, HZ / 4 and the length of its queue). */
    private static final long TIMEOUT_NS = 250_000_000;

    private static final int ETIME = -62;
    private static final long LAST_SEQNO = 0xFFFFF;

    private final Kernel kernel;
    private final DrmDevice drm;
    private final int gt;
    private final Context interrupt;
    private final Timeline timeline;
    private final Workqueue timeoutWorkqueue;
    private Runnable whenTimedOut = () -> {};
    private boolean hangs;
    private int resets;
    private boolean dead;
    private final ArrayDeque<Request> pending = new ArrayDeque<>(2);
    private long seqno;

    /**
     * The requests to a GT of which none was sent yet.
     *
     * @param drm the device
     * @param gt its number on the device
     * @param interrupt where its answers are handled
     * @param timeline of the fences of requests that somebody waits for
     * @param timeoutWorkqueue where requests without an answer are handled
     */
    public TlbInval(
            Kernel kernel, DrmDevice drm, int gt, Context interrupt, Timeline timeline, Workqueue timeoutWorkqueue) {
        this.timeoutWorkqueue = timeoutWorkqueue;
        this.kernel = kernel;
        this.drm = drm;
        this.gt = gt;
        this.interrupt = interrupt;
        this.timeline = timeline;
    }

    private record Request(long id, long seqno, IntConsumer whenDone) {}

    /** The number of its GT on the device. */
    public int gt() {
        return gt;
    }

    /** {@code reset} has the GT reset, which {@link #reset} then tells. */
    public void onTimeout(Runnable reset) {
        whenTimedOut = reset;
    }

    /** The GT answers nothing until the driver has given up waiting for a request. */
    public void hang() {
        hangs = true;
    }

    /**
     * {@code xe_tlb_inval_range}: {@code whenDone} runs in the interrupt that brings the answer, and is told 0, or -ETIME if there was
     * none.
     */
    public void range(long vm, long start, long end, IntConsumer whenDone) {
        seqno = next(kernel.deviates(SKIPS_SEQNO) ? next(seqno) : seqno);
        Request request = new Request(kernel.newId(), seqno, whenDone);
        pending.add(request);
        drm.power().get();
        kernel.emit(TlbInvalSend.builder()
                .gt(gt)
                .inval(request.id())
                .seqno(request.seqno())
                .vm(vm)
                .start(start)
                .end(end));
        drm.touch(HardwareAccess.MMIO);
        if (dead) {
            // Nobody answers any more; once the driver knows, nobody is asked.
            while (drm.isUnplugged() && pending.contains(request)) {
                signal(pending.remove(), 0);
            }
        } else if (hangs) {
            kernel.agenda().after(TIMEOUT_NS, () -> timeoutWorkqueue.queue(timeout(request)));
        } else {
            int epoch = resets;
            kernel.agenda().after(kernel.costs().tlbInvalidationNs(), () -> answer(request, epoch));
        }
    }

    private static long next(long seqno) {
        return seqno == LAST_SEQNO ? 1 : seqno + 1;
    }

    /** The same with a fence, which signals when the TLBs have forgotten; the reference is the caller's. */
    DmaFence fenced(long vm, long start, long end, Runnable answered) {
        DmaFence done = timeline.next(null, null);
        DmaFence signalled = done.get();
        range(vm, start, end, error -> {
            answered.run();
            if (error != 0) {
                signalled.setError(error);
            }
            signalled.signalFromInterrupt();
            signalled.put();
        });
        return done;
    }

    /** The firmware is gone: no answer comes any more. */
    public void die() {
        dead = true;
    }

    /** {@code xe_tlb_inval_done_handler}. */
    private void answer(Request request, int epoch) {
        if (dead || epoch != resets) {
            return;
        }
        kernel.enter(interrupt);
        drm.touch(HardwareAccess.MMIO);
        kernel.emit(TlbInvalRecv.builder().gt(gt).inval(request.id()).seqno(request.seqno()));
        while (pending.contains(request)) {
            signal(pending.remove(), 0);
        }
    }

    /** Delayed work of the driver, {@code tlb_inval->fence_tdr}. */
    private Call timeout(Request request) {
        return new Inline(() -> timeOut(request));
    }

    /**
     * {@code xe_tlb_inval_fence_timeout}, for a request that no later answer completed. The kernel sets -ETIME, signals, and resets
     * nothing, although the TLBs may still know the addresses: that is the known bug {@link #IGNORES_TIMEOUT}. Here the healthy path is
     * stricter than the kernel: the GT is reset, and that completes the request.
     */
    private void timeOut(Request request) {
        if (!pending.contains(request)) {
            return;
        }
        kernel.emit(TlbInvalTimeout.builder()
                .gt(gt)
                .inval(request.id())
                .seqno(request.seqno())
                .error(ETIME));
        if (kernel.deviates(IGNORES_TIMEOUT)) {
            hangs = false;
            pending.remove(request);
            signal(request, ETIME);
        } else {
            whenTimedOut.run();
        }
    }

    /** {@code xe_tlb_inval_reset}: the GT was reset, which leaves nothing in its TLBs. */
    public void reset() {
        resets++;
        hangs = false;
        while (!pending.isEmpty()) {
            signal(pending.remove(), 0);
        }
    }

    private void signal(Request request, int error) {
        kernel.emit(TlbInvalSignal.builder()
                .gt(gt)
                .inval(request.id())
                .seqno(request.seqno())
                .error(error));
        request.whenDone().accept(error);
        drm.power().put();
    }
}

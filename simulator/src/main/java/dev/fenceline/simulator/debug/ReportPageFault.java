package dev.fenceline.simulator.debug;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.kernel.WaitList;
import dev.fenceline.simulator.kernel.Waits;
import dev.fenceline.simulator.vm.EuThreads;
import dev.fenceline.simulator.vm.ExecQueue;
import dev.fenceline.simulator.vm.FaultReport;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * {@code xe_eudebug_pagefault}: a page fault where nothing is mapped, of a queue that somebody debugs. The debugger is told which threads
 * stood still before, which more did when all were made to, and which when the fault was resolved: the rest of these faulted.
 */
final class ReportPageFault implements FaultReport, Waits {
    private final DebugConnection connection;
    private final ExecQueue queue;
    private final long address;
    private final long faulting;
    private final WaitList resolution = new WaitList(this);
    private long before;
    private long after;
    private boolean open;
    private boolean resolved;

    /** {@code faulting} are the threads that wait for their access to {@code address}. */
    ReportPageFault(DebugConnection connection, ExecQueue queue, long address, long faulting) {
        this.connection = connection;
        this.queue = queue;
        this.address = address;
        this.faulting = faulting;
    }

    @Override
    public Call begin() {
        return new Begin(this);
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void resolved() {
        queue.haltPastFault(faulting);
        resolved = true;
        resolution.wakeAll();
    }

    @Override
    public Call end(@Nullable Call takeAway) {
        return new End(this, takeAway);
    }

    @Override
    public String label() {
        return "page fault of queue " + queue.id();
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        // The firmware has the access done again when it has the driver's answer.
    }

    private static byte[] bitmaps(long before, long after, long resolved) {
        return ByteBuffer.allocate(3 * Long.BYTES)
                .put(EuThreads.bits(before))
                .put(EuThreads.bits(after))
                .put(EuThreads.bits(resolved))
                .array();
    }

    private static final class Begin extends Call {
        private static final Path<Begin> BEGIN = Path.<Begin>named("xe_eudebug_pagefault_create")
                .lock(work -> work.report.connection.euLock(), Lock.Mode.X)
                .run(Begin::halt)
                .spend(work -> work.kernel().costs().interruptNs())
                .unlock(work -> work.report.connection.euLock())
                .end();

        private final ReportPageFault report;

        Begin(ReportPageFault report) {
            this.report = report;
        }

        private void halt() {
            ExecQueue queue = report.queue;
            if (report.connection.isDetached() || !queue.mayBeHalted() || !report.connection.beginPageFault()) {
                return;
            }
            report.open = true;
            report.before = queue.threads().halted();
            queue.threads().halt(EuThreads.ALL & ~report.faulting & ~report.before);
            report.after = queue.threads().halted();
        }

        @Override
        protected Path<?> path() {
            return BEGIN;
        }
    }

    private static final class End extends Call {
        private static final Path<End> END = Path.<End>named("xe_eudebug_pagefault_destroy")
                .await(work -> work.report.resolution, work -> work.report.resolved || work.takeAway == null)
                .call(work -> work.takeAway)
                .lock(work -> work.report.connection.euLock(), Lock.Mode.X)
                .run(End::tell)
                .call(work -> work.report.connection.clients().awaitReader())
                .unlock(work -> work.report.connection.euLock())
                .end();

        private final ReportPageFault report;
        private final @Nullable Call takeAway;

        End(ReportPageFault report, @Nullable Call takeAway) {
            this.report = report;
            this.takeAway = takeAway;
        }

        private void tell() {
            DebugConnection connection = report.connection;
            connection.endPageFault();
            if (takeAway != null && !connection.isDetached() && report.queue.mayBeHalted()) {
                connection
                        .clients()
                        .pageFault(
                                report.queue,
                                report.address,
                                bitmaps(
                                        report.before,
                                        report.after,
                                        report.queue.threads().halted()));
            }
        }

        @Override
        protected Path<?> path() {
            return END;
        }
    }
}

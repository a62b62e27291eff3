package dev.fenceline.simulator.drm;

import dev.fenceline.event.DeviceRegister;
import dev.fenceline.event.DeviceVram;
import dev.fenceline.event.LongList;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Context;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.OrderedWorkqueue;
import dev.fenceline.simulator.kernel.Workqueue;
import dev.fenceline.simulator.sched.Scheduler;
import dev.fenceline.simulator.ttm.TtmDevice;

/** A GPU as the xe driver of Linux 7.3 runs it: one tile with VRAM, a primary and a media GT, a copy and a compute engine. */
public final class Device implements Census.Member {
    private static final int COPY_CREDITS = 4;
    private static final int COMPUTE_CREDITS = 2;
    private static final long LAST_TLB_SEQNO = 0xFFFFF;

    private final long id;
    private final String bus;
    private final TtmDevice ttm;
    private final Scheduler copyEngine;
    private final Scheduler computeEngine;
    private final OrderedWorkqueue preemptWorkqueue;
    private final Workqueue unorderedWorkqueue;
    private final Context interrupt;
    private final long[] tlbSeqnos = new long[2];

    /** {@code drm_dev_register} of a device with so much VRAM, of which the CPU reaches {@code visibleBytes}. */
    public Device(Kernel kernel, int minor, String bus, long vramBytes, long visibleBytes) {
        this.id = kernel.newId();
        this.bus = bus;
        kernel.emit(DeviceRegister.builder()
                .device(id)
                .minor(minor)
                .driver("xe")
                .bus(bus)
                .gtTiles(LongList.of(0, 0)));
        kernel.enrol(this);
        kernel.emit(DeviceVram.builder().device(id).total(vramBytes).visible(visibleBytes));
        this.copyEngine = new Scheduler(kernel, "bcs0", bus, COPY_CREDITS);
        this.computeEngine = new Scheduler(kernel, "ccs0", bus, COMPUTE_CREDITS);
        this.ttm = new TtmDevice(kernel, id, vramBytes, visibleBytes, copyEngine);
        this.interrupt = new Context(kernel.cpuOf(minor), 0, 0, "swapper");
        this.preemptWorkqueue = new OrderedWorkqueue(kernel, "kworker/preempt");
        this.unorderedWorkqueue = new Workqueue(kernel, "kworker/xe");
    }

    public long id() {
        return id;
    }

    @Override
    public void tell(Facts facts) {
        facts.of("device", id);
    }

    /** The bus id, which drivers print as the driver name of their fences. */
    public String bus() {
        return bus;
    }

    public TtmDevice ttm() {
        return ttm;
    }

    public Scheduler computeEngine() {
        return computeEngine;
    }

    public Scheduler copyEngine() {
        return copyEngine;
    }

    /** Where preempt fences signal. */
    public OrderedWorkqueue preemptWorkqueue() {
        return preemptWorkqueue;
    }

    /** Where VMs rebind and mappings are destroyed. */
    public Workqueue unorderedWorkqueue() {
        return unorderedWorkqueue;
    }

    /** Where interrupts of the device are handled. */
    public Context interrupt() {
        return interrupt;
    }

    /** The next number of a TLB invalidation of a GT; 0 is never used. */
    public long nextTlbSeqno(int gt) {
        tlbSeqnos[gt] = tlbSeqnos[gt] == LAST_TLB_SEQNO ? 1 : tlbSeqnos[gt] + 1;
        return tlbSeqnos[gt];
    }
}

package dev.fenceline.simulator.drm;

import dev.fenceline.event.DeviceRegister;
import dev.fenceline.event.DeviceVram;
import dev.fenceline.event.FenceKind;
import dev.fenceline.event.LockClass;
import dev.fenceline.event.LongList;
import dev.fenceline.simulator.driver.FenceNames;
import dev.fenceline.simulator.driver.Variant;
import dev.fenceline.simulator.fence.FenceProvider;
import dev.fenceline.simulator.fence.Timeline;
import dev.fenceline.simulator.gt.EngineGroup;
import dev.fenceline.simulator.gt.TlbInval;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Context;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.OrderedWorkqueue;
import dev.fenceline.simulator.kernel.Workqueue;
import dev.fenceline.simulator.sched.Recovery;
import dev.fenceline.simulator.sched.Scheduler;
import dev.fenceline.simulator.ttm.TtmDevice;
import dev.fenceline.simulator.unplug.DrmDevice;
import dev.fenceline.simulator.unplug.UnplugSrcu;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A GPU as its driver runs it: one tile with VRAM, a primary and a media GT, a copy engine and one for the jobs of programs. */
public final class Device implements Census.Member {
    private static final int COPY_CREDITS = 4;
    private static final int COMPUTE_CREDITS = 2;
    private static final int GTS = 2;
    private static final int ECANCELED = -125;

    private final long id;
    private final DrmDevice drm;
    private final Variant variant;
    private final int minor;
    private final String bus;
    private final TtmDevice ttm;
    private final GemNames names;
    private final Scheduler copyEngine;
    private final Scheduler computeEngine;
    private final OrderedWorkqueue preemptWorkqueue;
    private final OrderedWorkqueue orderedWorkqueue;
    private final Workqueue unorderedWorkqueue;
    private final Workqueue pageFaultWorkqueue;
    private final Context interrupt;
    private final @Nullable Lock notifierLock;
    private final @Nullable Lock discoveryLock;
    private final List<TlbInval> tlbs;
    private final List<GtReset> resets;
    private final Set<LongRunning> longRunning = new LinkedHashSet<>();
    private Runnable attention = () -> {};
    private boolean debugsFaultModeOnly;
    private @Nullable EngineGroup engineGroup;

    /**
     * {@code drm_dev_register} of a device with so much VRAM, of which the CPU reaches {@code visibleBytes}.
     *
     * @param variant the driver it is bound to
     * @param minor its number among the devices of the host, from 0
     * @param srcu where its sections count; null if it stays for good
     */
    public Device(
            Kernel kernel,
            Variant variant,
            int minor,
            String bus,
            long vramBytes,
            long visibleBytes,
            @Nullable UnplugSrcu srcu) {
        this.id = kernel.newId();
        this.drm = new DrmDevice(kernel, id, srcu, () -> kernel.strike(this));
        this.minor = minor;
        this.bus = bus;
        this.names = new GemNames(kernel);
        this.variant = variant;
        DeviceRegister.Builder registered = DeviceRegister.builder()
                .device(id)
                .minor(minor)
                .driver(variant.driver())
                .bus(bus);
        if (variant.hasExplicitTlbInvalidation()) {
            registered.gtTiles(LongList.of(0, 0));
        }
        kernel.emit(registered);
        kernel.enrol(this);
        kernel.emit(DeviceVram.builder().device(id).total(vramBytes).visible(visibleBytes));
        FenceNames names = variant.fences();
        this.copyEngine = new Scheduler(kernel, ring(names.copyRing(), COPY_CREDITS));
        this.computeEngine = new Scheduler(kernel, ring(names.renderRing(), COMPUTE_CREDITS));
        this.ttm = new TtmDevice(kernel, variant, drm, vramBytes, visibleBytes, copyEngine);
        this.interrupt = new Context(kernel.cpuOf(minor), 0, 0, "swapper");
        this.preemptWorkqueue = new OrderedWorkqueue(kernel, "kworker/preempt");
        this.notifierLock = variant.notifierLock() == Variant.NotifierLock.OF_DEVICE
                ? Lock.mutex(kernel, LockClass.NOTIFIER_LOCK)
                : null;
        this.discoveryLock = variant.hasEuDebug() ? Lock.rwsem(kernel, LockClass.DISCOVERY_LOCK) : null;
        this.orderedWorkqueue = new OrderedWorkqueue(kernel, "kworker/ordered");
        this.unorderedWorkqueue = new Workqueue(kernel, "kworker/" + variant.driver());
        this.pageFaultWorkqueue = new Workqueue(kernel, "kworker/pagefault");
        this.tlbs = tlbs(kernel);
        this.resets = resets();
    }

    /** What runs on its engines without jobs. */
    public interface LongRunning {
        /** The primary GT is reset: what is on the hardware is taken off it for good. */
        void resetWithGt();
    }

    private List<GtReset> resets() {
        List<GtReset> found = new ArrayList<>(GTS);
        for (TlbInval tlb : tlbs) {
            boolean primary = found.isEmpty();
            GtReset reset = new GtReset(
                    this, tlb, primary ? List.of(computeEngine) : List.of(), primary ? List.of(copyEngine) : List.of());
            tlb.onTimeout(reset::request);
            found.add(reset);
        }
        return List.copyOf(found);
    }

    /** The driver gives up an idle device: its schedulers end, and their memory goes when no fence can look at it any more. */
    public void fini() {
        if (!drm.isUnplugged()) {
            ttm.fini();
        }
        computeEngine.fini();
        copyEngine.fini();
    }

    private List<TlbInval> tlbs(Kernel kernel) {
        List<TlbInval> found = new ArrayList<>(GTS);
        FenceNames names = variant.fences();
        for (int gt = 0; gt < GTS && variant.hasExplicitTlbInvalidation(); gt++) {
            Timeline timeline = new Timeline(
                    kernel,
                    kernel.newFenceContexts(1),
                    names.tlbDriver(),
                    names.tlbTimeline(),
                    FenceKind.TLB,
                    FenceProvider.independent(variant.driver(), id, 0));
            found.add(new TlbInval(kernel, drm, gt, interrupt, timeline, unorderedWorkqueue));
        }
        return List.copyOf(found);
    }

    private Scheduler.Parameters ring(String name, int credits) {
        return new Scheduler.Parameters(
                name,
                variant.fences().driver(bus),
                variant.driver(),
                drm,
                credits,
                variant.jobTimeoutNs(),
                Recovery.of(variant),
                false);
    }

    public long id() {
        return id;
    }

    @Override
    public void tell(Facts facts) {
        facts.of("device", id);
    }

    /** What of it outlives the hardware. */
    public DrmDevice drm() {
        return drm;
    }

    /** It is pulled out of its slot: nothing of it works any more, and nobody knows yet. */
    public void vanish() {
        computeEngine.die();
        copyEngine.die();
        tlbs.forEach(TlbInval::die);
    }

    /** amdgpu_fence.c:amdgpu_fence_driver_hw_fini: the engines stop, and what they did not do fails. */
    void stop() {
        vanish();
        computeEngine.forceCompletion(ECANCELED);
        copyEngine.forceCompletion(ECANCELED);
        tlbs.forEach(TlbInval::reset);
    }

    /** Whether everything that was submitted is done, or has failed. */
    boolean isDrained() {
        return computeEngine.isDrained() && copyEngine.isDrained();
    }

    /** The driver it is bound to, with the release of the kernel. */
    public Variant variant() {
        return variant;
    }

    /** Its number among the devices of the host, from 0. */
    public int minor() {
        return minor;
    }

    /** The bus id. */
    public String bus() {
        return bus;
    }

    /** The names under which its BOs are shared. */
    public GemNames names() {
        return names;
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

    /** Where user fences are signalled. */
    public OrderedWorkqueue orderedWorkqueue() {
        return orderedWorkqueue;
    }

    /** Where VMs rebind and mappings are destroyed. */
    public Workqueue unorderedWorkqueue() {
        return unorderedWorkqueue;
    }

    /** Where page faults of its engines are served. */
    public Workqueue pageFaultWorkqueue() {
        return pageFaultWorkqueue;
    }

    /** The lock that notifier callbacks of all its address spaces take; null if each has one of its own. */
    public @Nullable Lock notifierLock() {
        return notifierLock;
    }

    /**
     * The lock that keeps clients from making VMs, queues and mappings while a debugger is shown what they have; null if the driver has
     * no debugger support.
     */
    public @Nullable Lock discoveryLock() {
        return discoveryLock;
    }

    /** From now on it sleeps when nobody uses it. */
    public void useAutosuspend() {
        drm.power().useAutosuspend(ttm::zapVramMappings);
    }

    /** {@code xe_hw_engine_setup_groups}: what computes and what renders shares its hardware, and takes turns. */
    public void groupEngines(Kernel kernel) {
        engineGroup = new EngineGroup(kernel);
    }

    /** The group of its engines that compute and render; null if they do not share hardware. */
    public @Nullable EngineGroup engineGroup() {
        return engineGroup;
    }

    /** From now on only queues whose accesses may fault are debugged: the resolution of November 2024 (thread 000). */
    public void debugFaultModeOnly() {
        debugsFaultModeOnly = true;
    }

    /** Whether only queues whose accesses may fault are debugged. */
    public boolean debugsFaultModeOnly() {
        return debugsFaultModeOnly;
    }

    /** {@code scan} has to find out about threads that stand still. */
    public void onAttention(Runnable scan) {
        attention = scan;
    }

    /** Threads of a queue stand still. */
    public void raiseAttention() {
        attention.run();
    }

    /** The reset of its primary GT. */
    public GtReset reset() {
        return resets.get(0);
    }

    /** What runs on its primary GT without jobs. */
    public Set<LongRunning> longRunning() {
        return longRunning;
    }

    /** Where interrupts of the device are handled. */
    public Context interrupt() {
        return interrupt;
    }

    /** The TLBs of its primary and its media GT; empty if their invalidation is part of the job that changes a page table. */
    public List<TlbInval> tlbs() {
        return tlbs;
    }
}

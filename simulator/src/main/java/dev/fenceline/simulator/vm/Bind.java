package dev.fenceline.simulator.vm;

import dev.fenceline.event.BindOp;
import dev.fenceline.event.RebindBy;
import dev.fenceline.event.Usage;
import dev.fenceline.event.VmBind;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.fence.LockResvs;
import dev.fenceline.simulator.fence.ResvWait;
import dev.fenceline.simulator.kernel.AllocatePages;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.ttm.Validate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * xe_vm.c:xe_vm_bind_ioctl: maps and unmaps, one operation or an array of them, all or nothing.
 *
 * <p>In a VM whose queues may fault a MAP only says what is to be there, unless it is IMMEDIATE; the page tables come with the first
 * fault.
 */
public final class Bind extends Call {
    private static final int ENOENT = -2;
    private static final int EBUSY = -16;

    private static final Path<Bind> PATH = Path.<Bind>named("xe_vm_bind_ioctl")
            .lock(bind -> bind.vm.lock(), Lock.Mode.W)
            .run(Bind::check)
            .when(Bind::succeeds, Bind::bind)
            .unlock(bind -> bind.vm.lock())
            .end();

    private final GpuVm vm;
    private final List<MapOp> maps;
    private final long unmapStart;
    private final long unmapEnd;
    private final List<Vma> mapped = new ArrayList<>(1);
    private final List<UnmapOp> unmaps = new ArrayList<>(1);
    private final Set<Vma> written = new LinkedHashSet<>();
    private final Local<LockResvs> locks = new Local<>();
    private final Local<PinPages> fetch = new Local<>();
    private final Local<Vma> undone = new Local<>();
    private Iterator<UserptrVma> userptrs = List.<UserptrVma>of().iterator();
    private Iterator<Bo> bos = List.<Bo>of().iterator();
    private @Nullable UserFence userFence;
    private @Nullable Validate validate;
    private ArrayDeque<Vma> created = new ArrayDeque<>();
    private boolean immediate;
    private boolean collided;
    private boolean again;
    private int result;

    private Bind(GpuVm vm, List<MapOp> maps, long unmapStart, long unmapEnd) {
        this.vm = vm;
        this.maps = List.copyOf(maps);
        this.unmapStart = unmapStart;
        this.unmapEnd = unmapEnd;
    }

    /** Maps what {@code op} says. */
    public static Bind map(GpuVm vm, MapOp op) {
        return new Bind(vm, List.of(op), 0, 0);
    }

    /** Maps what an array of operations says. */
    public static Bind array(GpuVm vm, List<MapOp> ops) {
        return new Bind(vm, ops, 0, 0);
    }

    /** Unmaps all of {@code vma}. */
    public static Bind unmap(Vma vma) {
        return unmap(vma.vm(), vma.start(), vma.end());
    }

    /** Unmaps [start, end), whatever is there: what lies across an end of it loses a part. */
    public static Bind unmap(GpuVm vm, long start, long end) {
        return new Bind(vm, List.of(), start, end);
    }

    /** The same, reporting by {@code fence} that it is done. */
    public Bind signalling(UserFence fence) {
        userFence = fence;
        return this;
    }

    /** The same, with DRM_XE_VM_BIND_FLAG_IMMEDIATE: bound at once also where it could be left to a fault. */
    public Bind immediately() {
        immediate = true;
        return this;
    }

    /** The mapping, if one was asked for. */
    public Vma vma() {
        return mapped.get(0);
    }

    /** The mappings. */
    public List<Vma> vmas() {
        return mapped;
    }

    /** 0, -ENOENT if the VM is closed, -EBUSY if what it unmaps may not go yet, -EFAULT or -EPERM for a bad userptr. */
    public int result() {
        return result;
    }

    private static Path.Builder<Bind> bind(Path.Builder<Bind> path) {
        return path.call(bind -> new AllocatePages(Gfp.KERNEL, 1))
                .run(Bind::parse)
                .repeat(attempt -> attempt.run(Bind::begin)
                        .repeat(each -> each.leaveIf(bind -> !bind.succeeds() || !bind.userptrs.hasNext())
                                .call(bind -> bind.fetch.set(new PinPages(bind.userptrs.next(), RebindBy.UNKNOWN)))
                                .run(bind -> bind.result = bind.fetch.get().result()))
                        .when(Bind::succeeds, Bind::execute)
                        .leaveIf(bind -> !bind.again)
                        .spend(bind -> bind.kernel().costs().ioctlNs()))
                .when(bind -> !bind.succeeds(), Bind::unwind)
                .when(Bind::succeeds, done -> done.call(Bind::removeTooEarly).run(Bind::tellDebugger));
    }

    /** {@code vm_bind_ioctl_ops_execute}. */
    private static Path.Builder<Bind> execute(Path.Builder<Bind> path) {
        return path.call(bind -> bind.locks.set(new LockResvs(bind.resvs())))
                .repeat(each -> each.leaveIf(bind -> bind.again || !bind.bos.hasNext())
                        .call(Bind::validateNext)
                        .run(bind -> bind.again = bind.isInterrupted()))
                .when(
                        bind -> !bind.again,
                        valid -> valid.run(bind -> bind.locks.get().reserve(bind.fences()))
                                .lock(bind -> bind.vm.notifierLock(), Lock.Mode.R)
                                .run(Bind::compare)
                                .when(bind -> bind.collided && !bind.again, Bind::stopQueues)
                                .when(bind -> !bind.again, fresh -> fresh.run(Bind::commit))
                                .unlock(bind -> bind.vm.notifierLock()))
                .run(bind -> bind.locks.get().unlockAll(bind.task()));
    }

    /** {@code vm_bind_ioctl_ops_unwind}: what was made for the operations goes, and what they were to change stays. */
    private static Path.Builder<Bind> unwind(Path.Builder<Bind> path) {
        return path.run(Bind::recordFailure)
                .repeat(each -> each.leaveIf(bind -> bind.created.isEmpty())
                        .run(bind -> bind.vm.forget(bind.undone.set(bind.created.removeLast())))
                        .call(bind -> bind.undone.get() instanceof UserptrVma userptr ? userptr.unwatch() : null)
                        .call(bind ->
                                bind.locks.set(new LockResvs(bind.undone.get().resvs())))
                        .run(bind -> bind.undone.get().destroy())
                        .run(bind -> bind.locks.get().unlockAll(bind.task())));
    }

    /** {@code vma_check_userptr}: queues that run must not meet the stale pages, so they wait for the rebind worker. */
    private static Path.Builder<Bind> stopQueues(Path.Builder<Bind> path) {
        return path.when(
                bind -> bind.vm.hasPreemptFences(),
                preempted -> preempted
                        .run(bind -> bind.vm.resv().eachPending(Usage.BOOKKEEP, DmaFence::enableSignaling))
                        .call(bind -> new ResvWait(bind.vm.resv(), Usage.BOOKKEEP)));
    }

    private boolean succeeds() {
        return result == 0;
    }

    private void check() {
        if (vm.isClosedOrBanned()) {
            result = ENOENT;
        } else if (isBusy(unmapStart, unmapEnd)
                || maps.stream().anyMatch(op -> isBusy(op.address(), op.address() + op.bytes()))) {
            result = EBUSY;
        }
    }

    /** Whether something of [start, end) may not be unmapped now. */
    private boolean isBusy(long start, long end) {
        return vm.vmas().stream()
                .filter(vma -> overlaps(vma, start, end))
                .anyMatch(vma -> vma.isBusy(Math.max(start, vma.start()), Math.min(end, vma.end())));
    }

    private static boolean overlaps(Vma vma, long start, long end) {
        return start != 0 && vma.start() < end && start < vma.end();
    }

    /** {@code vm_bind_ioctl_ops_create} and {@code vm_bind_ioctl_ops_parse}: each operation finds what those before it leave. */
    private void parse() {
        List<Vma> found = new ArrayList<>(vm.vmas());
        for (MapOp op : maps) {
            remove(found, op.address(), op.address() + op.bytes());
            Vma vma = op.create(vm, op.address() == 0 ? vm.reserveAddresses(op.bytes()) : op.address());
            mapped.add(vma);
            created.add(vma);
            found.add(vma);
            if (writes() && vma.hasEntries()) {
                written.add(vma);
            }
        }
        remove(found, unmapStart, unmapEnd);
    }

    private void remove(List<Vma> found, long start, long end) {
        for (Vma vma : List.copyOf(found)) {
            if (overlaps(vma, start, end)) {
                boolean isNew = written.remove(vma);
                UnmapOp unmap = new UnmapOp(vma, start, end, isNew);
                unmaps.add(unmap);
                created.addAll(unmap.parts());
                if (isNew) {
                    written.addAll(unmap.parts());
                }
                found.remove(vma);
                found.addAll(unmap.parts());
            }
        }
    }

    /** {@code op_lock_and_prep}: the BOs of what is mapped now, and of what is left of other mappings, are made valid. */
    private void begin() {
        again = false;
        userptrs = created.stream()
                .filter(UserptrVma.class::isInstance)
                .map(UserptrVma.class::cast)
                .iterator();
        bos = created.stream()
                .filter(vma -> writes() || !mapped.contains(vma))
                .filter(BoVma.class::isInstance)
                .map(vma -> ((BoVma) vma).bo())
                .distinct()
                .iterator();
    }

    private Set<DmaResv> resvs() {
        Set<DmaResv> all = new LinkedHashSet<>(vm.resvs());
        mapped.forEach(vma -> all.addAll(vma.resvs()));
        return all;
    }

    private Call validateNext() {
        Validate call = new Validate(bos.next(), false, true);
        validate = call;
        return call;
    }

    /** A signal came: the ioctl is restarted. */
    private boolean isInterrupted() {
        return validate != null && validate.result() == Validate.ERESTARTSYS;
    }

    /** One for the job, and those that BOs of their own reservations get of the queues ({@code add_preempt_fences}). */
    private int fences() {
        return vm.hasPreemptFences() ? 1 + vm.queues().size() : vm.hasUserQueues() ? 2 : 1;
    }

    /** Whether entries are written now for what is mapped. */
    private boolean writes() {
        return immediate || !vm.isFaultMode();
    }

    /** Outside of fault mode what went stale is bound as it is: it is on a list, so who runs something next binds it again. */
    private void compare() {
        collided = false;
        for (Vma vma : created) {
            if (vma instanceof UserptrVma userptr && (writes() || !mapped.contains(vma))) {
                collided |= userptr.notifier().readRetry(userptr.pagesSeq());
            }
        }
        again = collided && vm.isFaultMode();
    }

    private void commit() {
        Set<DmaResv> resvs = resvs();
        List<Vma> bound = mapped.stream().filter(written::contains).toList();
        List<UnmapOp> unbound =
                unmaps.stream().filter(unmap -> unmap.vma().hasEntries()).toList();
        mapped.forEach(vma -> vm.vmas().add(vma));
        if (userFence != null) {
            // op_add_ufence: what is left of a mapping is waited for as well.
            for (Vma vma : created) {
                vma.setUserFence(userFence);
            }
        }
        bound.forEach(Vma::setInitiallyBound);
        DmaFence done = null;
        if (!unbound.isEmpty()) {
            done = Unbind.submit(vm, unbound, bound, resvs);
            record(done);
        } else if (bound.isEmpty()) {
            record(null);
        } else {
            done = PtUpdate.write(bound, this::record);
        }
        unmaps.stream().filter(unmap -> !unmap.vma().hasEntries()).forEach(Unbind::atOnce);
        if (userFence != null) {
            userFence.signalAfter(done);
        }
        if (done != null) {
            done.put();
        }
        if (vm.hasPreemptFences()) {
            addPreemptFences();
        }
        vm.guard(mapped);
    }

    private void addPreemptFences() {
        for (Vma vma : mapped) {
            if (vma instanceof BoVma mapping && mapping.bo().resv() != vm.resv()) {
                vm.queues()
                        .forEach(queue -> queue.publishPreemptFence(
                                Collections.singleton(mapping.bo().resv())));
            }
        }
    }

    /** What a later operation took away again was never bound. */
    private void record(@Nullable DmaFence fence) {
        for (Vma vma : mapped) {
            if (vma.isDestroyed()) {
                continue;
            }
            VmBind.Builder event =
                    VmBind.builder().vm(vm.id()).op(BindOp.MAP).vma(vma.id()).result(0);
            if (userFence != null) {
                event.userFence(userFence.address());
            }
            if (vm.isFaultMode()) {
                event.immediate(immediate);
            }
            kernel().emit(fence == null ? event : event.fence(fence.id()));
        }
    }

    /** {@code xe_vm_ops_fail}. */
    private void recordFailure() {
        kernel().emit(VmBind.builder()
                .vm(vm.id())
                .op(maps.isEmpty() ? BindOp.UNMAP : BindOp.MAP)
                .result(result));
    }

    private @Nullable Call removeTooEarly() {
        Vma first = unmaps.isEmpty() ? null : unmaps.get(0).vma();
        return first instanceof UserptrVma userptr
                        && !userptr.isUnwatched()
                        && kernel().deviates(Unbind.REMOVES_NOTIFIER_EARLY)
                ? userptr.unwatch()
                : null;
    }

    private void tellDebugger() {
        if (!mapped.isEmpty()) {
            vm.file().bound(mapped);
        } else if (!unmaps.isEmpty()) {
            vm.file().unbound(vm, unmapStart, unmapEnd);
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

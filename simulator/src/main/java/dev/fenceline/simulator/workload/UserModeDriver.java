package dev.fenceline.simulator.workload;

import dev.fenceline.event.DebugAbi;
import dev.fenceline.event.GrantHow;
import dev.fenceline.event.Placement;
import dev.fenceline.simulator.dmabuf.DmaBuf;
import dev.fenceline.simulator.driver.DriverCalls;
import dev.fenceline.simulator.drm.Client;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.drm.Ioctl;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Inline;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.ttm.BoExport;
import dev.fenceline.simulator.ttm.CpuVma;
import dev.fenceline.simulator.ttm.CreateBo;
import dev.fenceline.simulator.ttm.ImportBo;
import dev.fenceline.simulator.vm.Bind;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.CloseVm;
import dev.fenceline.simulator.vm.CpuMirror;
import dev.fenceline.simulator.vm.CpuMirrorVma;
import dev.fenceline.simulator.vm.CreateQueue;
import dev.fenceline.simulator.vm.CreateVm;
import dev.fenceline.simulator.vm.DebugMetadata;
import dev.fenceline.simulator.vm.DestroyComputeQueue;
import dev.fenceline.simulator.vm.DestroyQueue;
import dev.fenceline.simulator.vm.DestroyVm;
import dev.fenceline.simulator.vm.Exec;
import dev.fenceline.simulator.vm.ExecQueue;
import dev.fenceline.simulator.vm.GpuVm;
import dev.fenceline.simulator.vm.MapOp;
import dev.fenceline.simulator.vm.Prefetch;
import dev.fenceline.simulator.vm.StartQueue;
import dev.fenceline.simulator.vm.Submission;
import dev.fenceline.simulator.vm.ToldToDebugger;
import dev.fenceline.simulator.vm.UserFence;
import dev.fenceline.simulator.vm.UserptrVma;
import dev.fenceline.simulator.vm.Vma;
import dev.fenceline.simulator.vm.WaitUserFence;
import dev.fenceline.simulator.vm.XeFile;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What a program links: turns "a buffer, please" into the ioctls that it takes. One VM with one queue. */
final class UserModeDriver {
    private static final long FIRST_ADDRESS = 0x7e00_0000_0000L;
    private static final long FENCES_ADDRESS = 0x7d00_0000_0000L;

    private final XeFile file;
    private long nextAddress = FIRST_ADDRESS;
    private long binds;
    private final Local<CreateVm> vm = new Local<>();
    private final Local<CreateQueue> queue = new Local<>();

    /** Opens the first GPU for {@code process}. */
    UserModeDriver(World world, UserProcess process) {
        this(world, process, world.device());
    }

    /** Opens {@code device} for {@code process}. */
    UserModeDriver(World world, UserProcess process, Device device) {
        this(world.open(process, device));
    }

    /** Uses a file that is open already, for one more VM. */
    UserModeDriver(XeFile file) {
        this.file = file;
    }

    XeFile file() {
        return file;
    }

    GpuVm vm() {
        return vm.get().vm();
    }

    ExecQueue queue() {
        return queue.get().queue();
    }

    /** Binds; where no fence of the kernel tells when that is done, a value in memory does, and the program waits for it. */
    Call bind(Bind bind) {
        return new Bound(this, bind);
    }

    private @Nullable UserFence newUserFence() {
        if (!vm().isLongRunning()) {
            return null;
        }
        return new UserFence(vm(), FENCES_ADDRESS + ++binds * Long.BYTES, binds);
    }

    private Device device() {
        return file.client().device();
    }

    private DriverCalls calls() {
        return device().variant().calls();
    }

    private Ioctl ioctl(String name, Call body, LongSupplier result) {
        return new Ioctl(name, file.client(), body, result);
    }

    private Ioctl ioctl(String name, Call body) {
        return new Ioctl(name, file.client(), body);
    }

    /** An ioctl that makes or destroys what a debugger is told of. */
    private Ioctl toldIoctl(String name, Call body) {
        return ioctl(name, ToldToDebugger.on(file, body));
    }

    /** Makes the VM and its queue: for jobs, or for work that never ends and is preempted. */
    Call start(boolean longRunning) {
        return start(longRunning ? GpuVm.Mode.PREEMPT_FENCE : GpuVm.Mode.DMA_FENCE);
    }

    /** Makes the VM and its queue. */
    Call start(GpuVm.Mode mode) {
        return new Start(this, mode);
    }

    /** Makes a VM; whether it was is known afterwards from {@link #hasVm}. */
    Call createVm(GpuVm.Mode mode) {
        CreateVm create = vm.set(new CreateVm(file, mode));
        return ioctl(calls().createVm(), ToldToDebugger.on(file, create), create::result);
    }

    boolean hasVm() {
        return vm.get().succeeded();
    }

    /** Gives the handle of the VM back; {@code got} is told the result. */
    Call destroyVm(IntConsumer got) {
        return new DestroyHandle(this, got);
    }

    /** Submits the work of a long-running queue, which then never ends. */
    Call run() {
        StartQueue start = new StartQueue(queue());
        return ioctl(calls().submit(), start, start::result);
    }

    /** Makes a BO and maps it; {@code got} is told the mapping, which holds the only reference. */
    Call buffer(long bytes, boolean shared, boolean needsAperture, Consumer<BoVma> got) {
        return new Buffer(this, bytes, shared, needsAperture, Content.DATA, got);
    }

    /** Makes a BO and maps it for the GPU to read or execute; {@code got} is told the mapping, which holds the only reference. */
    Call code(long bytes, Consumer<BoVma> got) {
        return new Buffer(this, bytes, false, true, Content.CODE, got);
    }

    /** The same, with the image that {@link #leaveImage} left attached, if there is one. */
    Call codeWithImage(long bytes, Consumer<BoVma> got) {
        return new Buffer(this, bytes, false, true, Content.CODE_WITH_IMAGE, got);
    }

    /** Makes a BO of its own reservation and maps it nowhere; {@code got} is told it, and the handle is its only reference. */
    Call keepBuffer(long bytes, Placement where, Consumer<Bo> got) {
        return new Kept(this, bytes, where, got);
    }

    /** Exports a BO as a dma-buf with the descriptor {@code fd}; {@code got} is told it and has to close it. */
    Call export(Bo bo, long fd, Consumer<DmaBuf> got) {
        return ioctl("DRM_IOCTL_PRIME_HANDLE_TO_FD", new Inline(() -> got.accept(BoExport.of(bo, fd))));
    }

    /** Imports a dma-buf of another device and maps it; {@code got} is told the mapping, which holds the only reference. */
    Call importBuffer(DmaBuf dmabuf, Consumer<BoVma> got) {
        return new Imported(this, dmabuf, got);
    }

    /** Whether the driver waits for what others left with a shared buffer; if not, the program has to, by sync files. */
    boolean syncsImplicitly() {
        return device().variant().syncsImplicitly();
    }

    /** Maps memory of the program itself; {@code got} is told the mapping, or nothing if it is refused. */
    Call userptr(long address, long bytes, Consumer<UserptrVma> got) {
        return new Userptr(this, address, bytes, false, got);
    }

    /** Maps memory of the program itself that the GPU only reads. */
    Call readOnlyUserptr(long address, long bytes, Consumer<UserptrVma> got) {
        return new Userptr(this, address, bytes, true, got);
    }

    /** Has the GPU find in {@code [start, start + bytes)} what the program has there. */
    Call mirror(CpuMirror by, long start, long bytes, Consumer<CpuMirrorVma> got) {
        return new Mirrored(this, Bind.map(vm(), new MapOp.Mirror(by, start, bytes)), got);
    }

    /** Unmaps a mapping and closes the handle of its BO, which goes with it unless others have it. */
    Call unmap(Vma vma) {
        return new Release(this, vma);
    }

    /** Unmaps a mapping, and keeps the handle. */
    Call unbind(Vma vma) {
        return unbind(Bind.unmap(vma));
    }

    /** Unmaps what {@code unbind} says. */
    Call unbind(Bind unbind) {
        return ioctl(calls().bind(), ToldToDebugger.on(file, unbind), unbind::result);
    }

    /** Brings a mapping to where the GPU reaches it before it is used. */
    Call prefetch(Vma vma) {
        return toldIoctl(calls().bind(), new Prefetch(vma));
    }

    /** Gives the handle of a BO back; what is mapped keeps it. */
    Call close(Bo bo) {
        return ioctl("DRM_IOCTL_GEM_CLOSE", new Inline(() -> file.client().close(bo)));
    }

    /** Maps a BO for the CPU; {@code got} is told the mapping, or nothing if it is refused. */
    Call mmap(Bo bo, Consumer<CpuVma> got) {
        nextAddress += bo.bytes();
        long address = nextAddress;
        return new Inline(() -> {
            CpuVma vma = file.client().mmap(bo, address);
            if (vma != null) {
                got.accept(vma);
            }
        });
    }

    /** Maps a BO of somebody else, for which the program has a handle. */
    Call map(Bo bo, Consumer<BoVma> got) {
        return mapTail(bo, 0, got);
    }

    /** Maps what a BO, for which the program has a handle, has after {@code boOffset}. */
    Call mapTail(Bo bo, long boOffset, Consumer<BoVma> got) {
        return new BindShared(this, bo, boOffset, got);
    }

    /** Imports a dma-buf of the same device, which is the BO itself under a new handle, and maps it. */
    Call importAndMap(Bo bo, Consumer<BoVma> got) {
        file.client().createHandle(bo, GrantHow.PRIME_FD);
        return map(bo, got);
    }

    /** Submits a job; {@code got} is told its fence and has to put it. */
    Call exec(List<? extends Vma> used, long durationNs, Consumer<DmaFence> got) {
        return exec(Submission.of(used, durationNs), got);
    }

    /** Submits a job that also waits for {@code inFences}. */
    Call exec(List<? extends Vma> used, List<DmaFence> inFences, long durationNs, Consumer<DmaFence> got) {
        return exec(Submission.of(used, durationNs).waitingFor(inFences), got);
    }

    /** Submits a job that may wait for sync objects and signal some; {@code got} is told its fence and has to put it. */
    Call exec(Submission submission, Consumer<DmaFence> got) {
        return new Submit(this, submission, got);
    }

    /** Makes a queue, whose threads a debugger may halt if it is {@code debuggable} and the kernel agrees. */
    private Call createQueue(boolean debuggable) {
        CreateQueue create = queue.set(new CreateQueue(vm(), debuggable));
        return ioctl(calls().createQueue(), ToldToDebugger.on(file, create), create::result);
    }

    /** Destroys the queue. */
    Call destroyQueue() {
        return vm().isLongRunning() ? new DestroyComputeQueue(queue()) : new DestroyQueue(queue());
    }

    /** Leaves the image of a kernel for a debugger, in place of the one before; nothing if the kernel takes none. */
    Call leaveImage() {
        return new LeaveImage(this);
    }

    /** Destroys the queue; the VM stays. */
    Call retire() {
        return toldIoctl("DRM_IOCTL_XE_EXEC_QUEUE_DESTROY", destroyQueue());
    }

    /** Makes a queue, and submits its work. */
    Call launch() {
        return new Launch(this);
    }

    /** {@code drm_release}: what is queued is killed, the VM goes with all that is mapped, and the file is closed. */
    Call close(World world) {
        return new Close(world, this);
    }

    private static final class Close extends Call {
        private static final Path<Close> PATH = Path.<Close>named("drm_release")
                .call(close -> close.driver.destroyQueue())
                .call(close -> new CloseVm(close.driver.vm()))
                .run(close -> close.world.close(close.driver.file))
                .end();

        private final World world;
        private final UserModeDriver driver;

        Close(World world, UserModeDriver driver) {
            this.world = world;
            this.driver = driver;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class DestroyHandle extends Call {
        private static final Path<DestroyHandle> PATH = Path.<DestroyHandle>named("umd_destroy_vm")
                .call(DestroyHandle::destroy)
                .run(handle -> handle.got.accept(handle.ioctl.get().result()))
                .end();

        private final UserModeDriver driver;
        private final IntConsumer got;
        private final Local<DestroyVm> ioctl = new Local<>();

        DestroyHandle(UserModeDriver driver, IntConsumer got) {
            this.driver = driver;
            this.got = got;
        }

        private Call destroy() {
            DestroyVm destroy = ioctl.set(new DestroyVm(driver.vm()));
            Call told = ToldToDebugger.on(driver.file, destroy);
            return driver.ioctl("DRM_IOCTL_XE_VM_DESTROY", told, destroy::result)
                    .about(driver.vm().id());
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class Start extends Call {
        private static final Path<Start> PATH = Path.<Start>named("umd_start")
                .call(start -> start.driver.createVm(start.mode))
                .call(start -> new MakeQueue(start.driver))
                .end();

        private final UserModeDriver driver;
        private final GpuVm.Mode mode;

        Start(UserModeDriver driver, GpuVm.Mode mode) {
            this.driver = driver;
            this.mode = mode;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    /** A long-running queue is to be debuggable, if the kernel agrees. */
    private static final class MakeQueue extends Call {
        private static final Path<MakeQueue> PATH = Path.<MakeQueue>named("umd_queue")
                .call(make -> make.driver.createQueue(make.driver.vm().isLongRunning()))
                .call(make -> make.driver.queue.get().result() < 0 ? make.driver.createQueue(false) : null)
                .end();

        private final UserModeDriver driver;

        MakeQueue(UserModeDriver driver) {
            this.driver = driver;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class LeaveImage extends Call {
        private static final Path<LeaveImage> PATH = Path.<LeaveImage>named("umd_image")
                .returnIf(leave -> leave.driver.device().variant().debugAbi() != DebugAbi.XE_PID)
                .call(LeaveImage::takeBack)
                .call(leave -> leave.driver.toldIoctl(
                        "DRM_IOCTL_XE_DEBUG_METADATA_CREATE", new DebugMetadata.Create(leave.driver.file)))
                .end();

        private final UserModeDriver driver;

        LeaveImage(UserModeDriver driver) {
            this.driver = driver;
        }

        private @Nullable Call takeBack() {
            List<DebugMetadata> left = driver.file.metadata();
            return left.isEmpty()
                    ? null
                    : driver.toldIoctl("DRM_IOCTL_XE_DEBUG_METADATA_DESTROY", new DebugMetadata.Destroy(left.get(0)));
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class Launch extends Call {
        private static final Path<Launch> PATH = Path.<Launch>named("umd_launch")
                .call(launch -> new MakeQueue(launch.driver))
                .call(launch -> launch.driver.run())
                .end();

        private final UserModeDriver driver;

        Launch(UserModeDriver driver) {
            this.driver = driver;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private enum Content {
        DATA,
        CODE,
        CODE_WITH_IMAGE
    }

    private static final class Buffer extends Call {
        private static final Path<Buffer> PATH = Path.<Buffer>named("umd_buffer")
                .call(buffer -> buffer.driver.ioctl(buffer.driver.calls().createBo(), buffer.create()))
                .run(Buffer::createHandle)
                .call(buffer -> buffer.driver.bind(buffer.bind()))
                .run(Buffer::handOver)
                .end();

        private final UserModeDriver driver;
        private final long bytes;
        private final boolean shared;
        private final boolean needsAperture;
        private final Content content;
        private final Consumer<BoVma> got;
        private final Local<CreateBo> created = new Local<>();
        private final Local<Bind> bound = new Local<>();

        Buffer(
                UserModeDriver driver,
                long bytes,
                boolean shared,
                boolean needsAperture,
                Content content,
                Consumer<BoVma> got) {
            this.driver = driver;
            this.bytes = bytes;
            this.shared = shared;
            this.needsAperture = needsAperture;
            this.content = content;
            this.got = got;
        }

        private Call create() {
            GpuVm vm = driver.vm();
            return created.set(new CreateBo(
                    driver.device().ttm(),
                    bytes,
                    Placement.VRAM,
                    needsAperture,
                    driver.file.client().id(),
                    shared ? 0 : vm.id(),
                    shared ? null : vm.resv()));
        }

        private Bind bind() {
            MapOp.Part all = MapOp.bo(created.get().bo());
            MapOp.Part op = content == Content.DATA ? all : all.toBeRead();
            List<DebugMetadata> left = driver.file.metadata();
            if (content == Content.CODE_WITH_IMAGE && !left.isEmpty()) {
                op = op.describedBy(left.get(0));
            }
            return bound.set(Bind.map(driver.vm(), driver.vm().vmas().isEmpty() ? op.toBeDumped() : op));
        }

        private void handOver() {
            got.accept((BoVma) bound.get().vma());
        }

        private void createHandle() {
            Bo bo = created.get().bo();
            driver.file.client().createHandle(bo, GrantHow.CREATE);
            bo.put();
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class Bound extends Call {
        private static final Path<Bound> PATH = Path.<Bound>named("umd_bind")
                .call(Bound::ioctl)
                .call(bound -> bound.fence == null || bound.bind.result() != 0
                        ? null
                        : bound.driver.ioctl("DRM_IOCTL_XE_WAIT_USER_FENCE", new WaitUserFence(bound.fence)))
                .end();

        private final UserModeDriver driver;
        private final Bind bind;
        private @Nullable UserFence fence;

        Bound(UserModeDriver driver, Bind bind) {
            this.driver = driver;
            this.bind = bind;
        }

        private Call ioctl() {
            fence = driver.newUserFence();
            Bind told = fence == null ? bind : bind.signalling(fence);
            return driver.ioctl(driver.calls().bind(), ToldToDebugger.on(driver.file, told), bind::result);
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class Kept extends Call {
        private static final Path<Kept> PATH = Path.<Kept>named("umd_keep")
                .call(buffer -> buffer.driver.ioctl(buffer.driver.calls().createBo(), buffer.create()))
                .run(Kept::handOver)
                .end();

        private final UserModeDriver driver;
        private final long bytes;
        private final Placement where;
        private final Consumer<Bo> got;
        private final Local<CreateBo> created = new Local<>();

        Kept(UserModeDriver driver, long bytes, Placement where, Consumer<Bo> got) {
            this.driver = driver;
            this.bytes = bytes;
            this.where = where;
            this.got = got;
        }

        private Call create() {
            return created.set(new CreateBo(
                    driver.device().ttm(),
                    bytes,
                    where,
                    false,
                    driver.file.client().id(),
                    0,
                    null));
        }

        private void handOver() {
            Bo bo = created.get().bo();
            driver.file.client().createHandle(bo, GrantHow.CREATE);
            bo.put();
            got.accept(bo);
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class BindShared extends Call {
        private static final Path<BindShared> PATH = Path.<BindShared>named("umd_import")
                .run(BindShared::lookUp)
                .call(shared -> shared.driver.bind(shared.bind()))
                .run(shared -> shared.bo.put())
                .run(shared -> shared.got.accept((BoVma) shared.bound.get().vma()))
                .end();

        private final UserModeDriver driver;
        private final Bo bo;
        private final long boOffset;
        private final Consumer<BoVma> got;
        private final Local<Bind> bound = new Local<>();

        BindShared(UserModeDriver driver, Bo bo, long boOffset, Consumer<BoVma> got) {
            this.driver = driver;
            this.bo = bo;
            this.boOffset = boOffset;
            this.got = got;
        }

        private Bind bind() {
            return bound.set(Bind.map(driver.vm(), MapOp.part(bo, boOffset, bo.bytes() - boOffset)));
        }

        private void lookUp() {
            Client client = driver.file.client();
            client.lookup(client.handleOf(bo));
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class Release extends Call {
        private static final Path<Release> PATH = Path.<Release>named("umd_release")
                .call(release -> release.driver.unbind(release.vma))
                .call(release -> release.vma instanceof BoVma mapping ? release.driver.close(mapping.bo()) : null)
                .end();

        private final UserModeDriver driver;
        private final Vma vma;

        Release(UserModeDriver driver, Vma vma) {
            this.driver = driver;
            this.vma = vma;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class Imported extends Call {
        private static final Path<Imported> PATH = Path.<Imported>named("umd_import")
                .call(imported -> imported.driver.ioctl("DRM_IOCTL_PRIME_FD_TO_HANDLE", imported.create()))
                .run(Imported::createHandle)
                .call(imported -> imported.driver.map(imported.created.get().bo(), imported.got))
                .run(imported -> imported.created.get().bo().put())
                .end();

        private final UserModeDriver driver;
        private final DmaBuf dmabuf;
        private final Consumer<BoVma> got;
        private final Local<ImportBo> created = new Local<>();

        Imported(UserModeDriver driver, DmaBuf dmabuf, Consumer<BoVma> got) {
            this.driver = driver;
            this.dmabuf = dmabuf;
            this.got = got;
        }

        private void createHandle() {
            driver.file.client().createHandle(created.get().bo(), GrantHow.PRIME_FD);
        }

        private Call create() {
            return created.set(new ImportBo(
                    driver.device().ttm(), dmabuf, driver.file.client().id()));
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class Userptr extends Call {
        private static final Path<Userptr> PATH = Path.<Userptr>named("umd_userptr")
                .call(userptr -> userptr.driver.bind(userptr.bind()))
                .run(Userptr::handOver)
                .end();

        private final UserModeDriver driver;
        private final long address;
        private final long bytes;
        private final boolean readOnly;
        private final Consumer<UserptrVma> got;
        private final Local<Bind> bound = new Local<>();

        Userptr(UserModeDriver driver, long address, long bytes, boolean readOnly, Consumer<UserptrVma> got) {
            this.driver = driver;
            this.address = address;
            this.bytes = bytes;
            this.readOnly = readOnly;
            this.got = got;
        }

        private Bind bind() {
            return bound.set(Bind.map(driver.vm(), new MapOp.Userptr(address, bytes, readOnly)));
        }

        private void handOver() {
            if (bound.get().result() == 0) {
                got.accept((UserptrVma) bound.get().vma());
            }
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class Mirrored extends Call {
        private static final Path<Mirrored> PATH = Path.<Mirrored>named("umd_mirror")
                .call(mirrored -> mirrored.driver.bind(mirrored.bind))
                .run(mirrored -> mirrored.got.accept((CpuMirrorVma) mirrored.bind.vma()))
                .end();

        private final UserModeDriver driver;
        private final Bind bind;
        private final Consumer<CpuMirrorVma> got;

        Mirrored(UserModeDriver driver, Bind bind, Consumer<CpuMirrorVma> got) {
            this.driver = driver;
            this.bind = bind;
            this.got = got;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class Submit extends Call {
        private static final Path<Submit> PATH = Path.<Submit>named("umd_submit")
                .call(submit -> submit.driver.ioctl(
                        submit.driver.calls().submit(),
                        submit.exec(),
                        () -> submit.exec.get().result()))
                .run(submit -> submit.got.accept(submit.exec.get().fence()))
                .end();

        private final UserModeDriver driver;
        private final Submission submission;
        private final Consumer<DmaFence> got;
        private final Local<Exec> exec = new Local<>();

        Submit(UserModeDriver driver, Submission submission, Consumer<DmaFence> got) {
            this.driver = driver;
            this.submission = submission;
            this.got = got;
        }

        private Call exec() {
            return exec.set(new Exec(driver.queue(), submission));
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}

package dev.fenceline.simulator.workload;

import dev.fenceline.event.GrantHow;
import dev.fenceline.event.Placement;
import dev.fenceline.simulator.drm.Client;
import dev.fenceline.simulator.drm.Ioctl;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Inline;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.ttm.CpuVma;
import dev.fenceline.simulator.ttm.CreateBo;
import dev.fenceline.simulator.vm.Bind;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.CreateQueue;
import dev.fenceline.simulator.vm.Exec;
import dev.fenceline.simulator.vm.ExecQueue;
import dev.fenceline.simulator.vm.GpuVm;
import dev.fenceline.simulator.vm.StartQueue;
import dev.fenceline.simulator.vm.Unbind;
import dev.fenceline.simulator.vm.UserptrVma;
import dev.fenceline.simulator.vm.Vma;
import dev.fenceline.simulator.vm.XeFile;
import java.util.List;
import java.util.function.Consumer;

/** What a program links: turns "a buffer, please" into the ioctls that it takes. One VM with one queue. */
final class UserModeDriver {
    private static final long FIRST_ADDRESS = 0x7e00_0000_0000L;

    private final World world;
    private final XeFile file;
    private long nextAddress = FIRST_ADDRESS;
    private final Local<GpuVm> vm = new Local<>();
    private final Local<CreateQueue> queue = new Local<>();

    /** Opens the GPU for {@code process}. */
    UserModeDriver(World world, UserProcess process) {
        this(world, world.open(process));
    }

    /** Uses a file that is open already, for one more VM. */
    UserModeDriver(World world, XeFile file) {
        this.world = world;
        this.file = file;
    }

    XeFile file() {
        return file;
    }

    GpuVm vm() {
        return vm.get();
    }

    ExecQueue queue() {
        return queue.get().queue();
    }

    private Ioctl ioctl(String name, Call body) {
        return new Ioctl(name, file.client(), body);
    }

    /** Makes the VM and its queue. */
    Call start(boolean longRunning) {
        return new Start(this, longRunning);
    }

    /** Submits the work of a long-running queue, which then never ends. */
    Call run() {
        return ioctl("DRM_IOCTL_XE_EXEC", new StartQueue(queue()));
    }

    /** Makes a BO and maps it; {@code got} is told the mapping, which holds the only reference. */
    Call buffer(long bytes, boolean shared, boolean needsAperture, Consumer<BoVma> got) {
        return new Buffer(this, bytes, shared, needsAperture, got);
    }

    /** Maps memory of the program itself. */
    Call userptr(long address, long bytes, Consumer<UserptrVma> got) {
        return new Userptr(this, address, bytes, got);
    }

    /** Unmaps a mapping and closes the handle of its BO, which goes with it unless others have it. */
    Call unmap(Vma vma) {
        return new Release(this, vma);
    }

    /** Unmaps a mapping, and keeps the handle. */
    Call unbind(Vma vma) {
        return ioctl("DRM_IOCTL_XE_VM_BIND", new Unbind(vma));
    }

    /** Gives the handle of a BO back; what is mapped keeps it. */
    Call close(Bo bo) {
        return ioctl("DRM_IOCTL_GEM_CLOSE", new Inline(() -> {
            Client client = file.client();
            client.deleteHandle(client.handleOf(bo));
        }));
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

    /** Makes a BO in system memory that no GPU address space shows; {@code got} is told it, with the handle as its only reference. */
    Call systemBuffer(long bytes, Consumer<Bo> got) {
        return new SystemBuffer(this, bytes, got);
    }

    /** Maps a BO of somebody else, for which the program has a handle. */
    Call bind(Bo bo, Consumer<BoVma> got) {
        return new BindShared(this, bo, got);
    }

    /** Submits a job; {@code got} is told its fence and has to put it. */
    Call exec(List<Vma> used, long durationNs, Consumer<DmaFence> got) {
        return new Submit(this, used, durationNs, got);
    }

    private static final class Start extends Call {
        private static final Path<Start> PATH = Path.<Start>named("umd_start")
                .call(start -> start.driver.ioctl("DRM_IOCTL_XE_VM_CREATE", new Inline(start::createVm)))
                .call(start -> start.driver.ioctl(
                        "DRM_IOCTL_XE_EXEC_QUEUE_CREATE", start.driver.queue.set(new CreateQueue(start.driver.vm()))))
                .end();

        private final UserModeDriver driver;
        private final boolean longRunning;

        Start(UserModeDriver driver, boolean longRunning) {
            this.driver = driver;
            this.longRunning = longRunning;
        }

        private void createVm() {
            driver.vm.set(new GpuVm(kernel(), driver.file, longRunning));
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class Buffer extends Call {
        private static final Path<Buffer> PATH = Path.<Buffer>named("umd_buffer")
                .call(buffer -> buffer.driver.ioctl("DRM_IOCTL_XE_GEM_CREATE", buffer.create()))
                .run(Buffer::createHandle)
                .call(buffer -> buffer.driver.ioctl("DRM_IOCTL_XE_VM_BIND", buffer.bind()))
                .run(Buffer::handOver)
                .end();

        private final UserModeDriver driver;
        private final long bytes;
        private final boolean shared;
        private final boolean needsAperture;
        private final Consumer<BoVma> got;
        private final Local<CreateBo> created = new Local<>();
        private final Local<Bind> bound = new Local<>();

        Buffer(UserModeDriver driver, long bytes, boolean shared, boolean needsAperture, Consumer<BoVma> got) {
            this.driver = driver;
            this.bytes = bytes;
            this.shared = shared;
            this.needsAperture = needsAperture;
            this.got = got;
        }

        private Call create() {
            GpuVm vm = driver.vm();
            return created.set(new CreateBo(
                    driver.world.device().ttm(),
                    bytes,
                    Placement.VRAM,
                    needsAperture,
                    driver.file.client().id(),
                    shared ? 0 : vm.id(),
                    shared ? null : vm.resv()));
        }

        private Call bind() {
            return bound.set(Bind.bo(driver.vm(), created.get().bo()));
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

    private static final class SystemBuffer extends Call {
        private static final Path<SystemBuffer> PATH = Path.<SystemBuffer>named("umd_system_buffer")
                .call(buffer -> buffer.driver.ioctl("DRM_IOCTL_XE_GEM_CREATE", buffer.create()))
                .run(SystemBuffer::handOver)
                .end();

        private final UserModeDriver driver;
        private final long bytes;
        private final Consumer<Bo> got;
        private final Local<CreateBo> created = new Local<>();

        SystemBuffer(UserModeDriver driver, long bytes, Consumer<Bo> got) {
            this.driver = driver;
            this.bytes = bytes;
            this.got = got;
        }

        private Call create() {
            return created.set(new CreateBo(
                    driver.world.device().ttm(),
                    bytes,
                    Placement.TT,
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
                .call(shared -> shared.driver.ioctl(
                        "DRM_IOCTL_XE_VM_BIND", shared.bound.set(Bind.bo(shared.driver.vm(), shared.bo))))
                .run(shared -> shared.bo.put())
                .run(shared -> shared.got.accept((BoVma) shared.bound.get().vma()))
                .end();

        private final UserModeDriver driver;
        private final Bo bo;
        private final Consumer<BoVma> got;
        private final Local<Bind> bound = new Local<>();

        BindShared(UserModeDriver driver, Bo bo, Consumer<BoVma> got) {
            this.driver = driver;
            this.bo = bo;
            this.got = got;
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
                .call(release -> release.driver.ioctl("DRM_IOCTL_XE_VM_BIND", new Unbind(release.vma)))
                .call(release ->
                        release.vma instanceof BoVma mapping ? release.driver.close(mapping.bo()) : null)
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

    private static final class Userptr extends Call {
        private static final Path<Userptr> PATH = Path.<Userptr>named("umd_userptr")
                .call(userptr -> userptr.driver.ioctl("DRM_IOCTL_XE_VM_BIND", userptr.bind()))
                .run(userptr ->
                        userptr.got.accept((UserptrVma) userptr.bound.get().vma()))
                .end();

        private final UserModeDriver driver;
        private final long address;
        private final long bytes;
        private final Consumer<UserptrVma> got;
        private final Local<Bind> bound = new Local<>();

        Userptr(UserModeDriver driver, long address, long bytes, Consumer<UserptrVma> got) {
            this.driver = driver;
            this.address = address;
            this.bytes = bytes;
            this.got = got;
        }

        private Call bind() {
            return bound.set(Bind.userptr(driver.vm(), address, bytes));
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class Submit extends Call {
        private static final Path<Submit> PATH = Path.<Submit>named("umd_submit")
                .call(submit -> submit.driver.ioctl("DRM_IOCTL_XE_EXEC", submit.exec()))
                .run(submit -> submit.got.accept(submit.exec.get().fence()))
                .end();

        private final UserModeDriver driver;
        private final List<Vma> used;
        private final long durationNs;
        private final Consumer<DmaFence> got;
        private final Local<Exec> exec = new Local<>();

        Submit(UserModeDriver driver, List<Vma> used, long durationNs, Consumer<DmaFence> got) {
            this.driver = driver;
            this.used = used;
            this.durationNs = durationNs;
            this.got = got;
        }

        private Call exec() {
            return exec.set(new Exec(driver.queue(), used, durationNs));
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}

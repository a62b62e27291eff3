package dev.fenceline.simulator.workload;

import dev.fenceline.event.Placement;
import dev.fenceline.simulator.driver.DriverCalls;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.drm.Ioctl;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Inline;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.ttm.CreateBo;
import dev.fenceline.simulator.vm.Bind;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.CloseVm;
import dev.fenceline.simulator.vm.CreateQueue;
import dev.fenceline.simulator.vm.DestroyQueue;
import dev.fenceline.simulator.vm.Exec;
import dev.fenceline.simulator.vm.ExecQueue;
import dev.fenceline.simulator.vm.GpuVm;
import dev.fenceline.simulator.vm.StartQueue;
import dev.fenceline.simulator.vm.Submission;
import dev.fenceline.simulator.vm.Unbind;
import dev.fenceline.simulator.vm.UserptrVma;
import dev.fenceline.simulator.vm.Vma;
import dev.fenceline.simulator.vm.XeFile;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** What a program links: turns "a buffer, please" into the ioctls that it takes. One VM with one queue. */
final class UserModeDriver {
    private final XeFile file;
    private final Local<GpuVm> vm = new Local<>();
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
        return vm.get();
    }

    ExecQueue queue() {
        return queue.get().queue();
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

    /** Makes the VM and its queue. */
    Call start(boolean longRunning) {
        return new Start(this, longRunning);
    }

    /** Submits the work of a long-running queue, which then never ends. */
    Call run() {
        return ioctl(calls().submit(), new StartQueue(queue()));
    }

    /** Makes a BO and maps it; {@code got} is told the mapping, which holds the only reference. */
    Call buffer(long bytes, boolean shared, boolean needsAperture, Consumer<BoVma> got) {
        return new Buffer(this, bytes, shared, needsAperture, got);
    }

    /** Makes a BO of its own reservation and maps it nowhere; {@code got} is told it and has to put it. */
    Call keepBuffer(long bytes, Placement where, Consumer<Bo> got) {
        return new Kept(this, bytes, where, got);
    }

    /** Maps memory of the program itself. */
    Call userptr(long address, long bytes, Consumer<UserptrVma> got) {
        return new Userptr(this, address, bytes, got);
    }

    /** Unmaps a mapping; its BO goes with it. */
    Call unmap(Vma vma) {
        return ioctl(calls().bind(), new Unbind(vma));
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

    /** {@code drm_release}: what is queued is killed, {@code mapped} is unmapped, the VM goes, and the file is closed. */
    Call close(World world, List<? extends Vma> mapped) {
        return new Close(world, this, mapped);
    }

    private static final class Close extends Call {
        private static final Path<Close> PATH = Path.<Close>named("drm_release")
                .call(close -> new DestroyQueue(close.driver.queue()))
                .repeat(each ->
                        each.leaveIf(close -> close.mapped.isEmpty()).call(close -> new Unbind(close.mapped.remove())))
                .call(close -> new CloseVm(close.driver.vm()))
                .run(close -> close.world.close(close.driver.file))
                .end();

        private final World world;
        private final UserModeDriver driver;
        private final ArrayDeque<Vma> mapped;

        Close(World world, UserModeDriver driver, List<? extends Vma> mapped) {
            this.world = world;
            this.driver = driver;
            this.mapped = new ArrayDeque<>(mapped);
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    /** Maps a BO that somebody else made; {@code got} is told the mapping, which holds a reference of its own. */
    Call map(Bo bo, Consumer<BoVma> got) {
        return new Shared(this, bo, got);
    }

    private static final class Start extends Call {
        private static final Path<Start> PATH = Path.<Start>named("umd_start")
                .call(start -> start.driver.ioctl(start.driver.calls().createVm(), new Inline(start::createVm)))
                .call(start -> start.driver.ioctl(
                        start.driver.calls().createQueue(), start.driver.queue.set(new CreateQueue(start.driver.vm()))))
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
                .call(buffer -> buffer.driver.ioctl(buffer.driver.calls().createBo(), buffer.create()))
                .call(buffer -> buffer.driver.ioctl(buffer.driver.calls().bind(), buffer.bind()))
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
                    driver.device().ttm(),
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

        /** {@code GEM_CLOSE}: from here only the mapping keeps the BO. */
        private void handOver() {
            Bo bo = created.get().bo();
            got.accept((BoVma) bound.get().vma());
            bo.put();
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class Kept extends Call {
        private static final Path<Kept> PATH = Path.<Kept>named("umd_keep")
                .call(kept -> kept.driver.ioctl(kept.driver.calls().createBo(), kept.create()))
                .run(kept -> kept.got.accept(kept.created.get().bo()))
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

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class Shared extends Call {
        private static final Path<Shared> PATH = Path.<Shared>named("umd_map_shared")
                .call(shared -> shared.driver.ioctl(shared.driver.calls().bind(), shared.bind()))
                .run(shared -> shared.got.accept((BoVma) shared.bound.get().vma()))
                .end();

        private final UserModeDriver driver;
        private final Bo bo;
        private final Consumer<BoVma> got;
        private final Local<Bind> bound = new Local<>();

        Shared(UserModeDriver driver, Bo bo, Consumer<BoVma> got) {
            this.driver = driver;
            this.bo = bo;
            this.got = got;
        }

        private Call bind() {
            return bound.set(Bind.bo(driver.vm(), bo));
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class Userptr extends Call {
        private static final Path<Userptr> PATH = Path.<Userptr>named("umd_userptr")
                .call(userptr -> userptr.driver.ioctl(userptr.driver.calls().bind(), userptr.bind()))
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

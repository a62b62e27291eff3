package dev.fenceline.simulator.workload;

import dev.fenceline.event.GrantHow;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.drm.Ioctl;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sync.Syncobj;
import dev.fenceline.simulator.ttm.Bo;
import dev.fenceline.simulator.ttm.CreateDoorbells;
import dev.fenceline.simulator.userq.Batch;
import dev.fenceline.simulator.userq.CloseUserQueues;
import dev.fenceline.simulator.userq.CreateUserQueue;
import dev.fenceline.simulator.userq.FreeUserQueue;
import dev.fenceline.simulator.userq.QueueProperties;
import dev.fenceline.simulator.userq.Signal;
import dev.fenceline.simulator.userq.UserQueue;
import dev.fenceline.simulator.userq.UserQueues;
import dev.fenceline.simulator.userq.WaitFor;
import dev.fenceline.simulator.userq.WaitInfo;
import dev.fenceline.simulator.vm.BoVma;
import dev.fenceline.simulator.vm.GpuVm;
import java.util.List;
import java.util.function.Consumer;

/** What a program links that feeds its queue itself: memory and fences by ioctls, work by stores to a ring and a doorbell. */
final class UserQueueDriver {
    private static final long RING_BYTES = 64L << 10;
    private static final long POINTERS_BYTES = 4L << 10;
    private static final long NO_DOORBELL = 600;
    private static final String SIGNAL = "DRM_IOCTL_AMDGPU_USERQ_SIGNAL";
    private static final List<Conditions.Option> PROPOSALS = List.of(
            Conditions.Option.NEXT_SERIAL, Conditions.Option.NEXT_SERIAL_TIMES_OUT, Conditions.Option.KERNEL_SUBMITS);

    /** How long a promised fence may take where there is a limit, in ns. Ours. */
    private static final long PROMISE_NS = 60_000_000;

    /** How long a program prepares its work between the ioctl and the ring, in ns. Ours. */
    private static final long PREPARE_NS = 300_000;

    /** How long somebody else has the CPU, when it comes to that, in ns. Ours. */
    private static final long PREEMPTED_NS = 400_000_000;

    private static final int PREEMPTED_AT = 3;
    private static final String USERQ = "DRM_IOCTL_AMDGPU_USERQ";

    private final Kernel kernel;
    private final Conditions.Option design;
    private final UserModeDriver memory;
    private final Local<UserQueues> queues = new Local<>();
    private final Local<Bo> doorbells = new Local<>();
    private final Local<BoVma> pointers = new Local<>();
    private final Local<BoVma> ring = new Local<>();
    private final Local<CreateUserQueue> queue = new Local<>();
    private long doorbell;
    private int promises;

    /** Opens {@code device} for {@code process}. */
    UserQueueDriver(World world, UserProcess process, Device device) {
        this.kernel = world.kernel();
        this.design = design(world.conditions());
        this.memory = new UserModeDriver(world, process, device);
    }

    /** Buffers and their mappings. */
    UserModeDriver memory() {
        return memory;
    }

    UserQueue queue() {
        return queue.get().queue();
    }

    /** Makes the VM, a page of doorbells, and a queue. */
    Call start() {
        return new Start(this);
    }

    /** Makes a ring and a queue with a doorbell that none before it had. */
    Call createQueue(String priority) {
        return new NewQueue(this, priority, doorbell++, false);
    }

    /** Makes a ring, and asks for a queue whose doorbell lies behind the page of doorbells. */
    Call createQueueBehindPage() {
        return new NewQueue(this, "NORMAL_LOW", NO_DOORBELL, false);
    }

    /** Makes a ring, and asks for a queue whose doorbell lies in that. */
    Call createQueueOnRing() {
        return new NewQueue(this, "NORMAL_LOW", 0, true);
    }

    /** Destroys the queue; its ring stays mapped. */
    Call freeQueue() {
        return ioctl(USERQ, new FreeUserQueue(queue()));
    }

    /** The memory of the ring. */
    BoVma ring() {
        return ring.get();
    }

    /** Writes to the ring and rings the doorbell: no ioctl. */
    void submit(Batch batch) {
        queue().ring().write(batch);
        queue().ring().ringDoorbell();
    }

    /** Leaves a fence for all that was submitted. */
    Call signal(List<Bo> written, List<Bo> read, Syncobj... syncobjs) {
        return ioctl(SIGNAL, Signal.written(queue(), written, read, List.of(syncobjs)));
    }

    /** Submits work and leaves its fence, in the way in which the kernel has it: 7.3, or one of the proposals of thread 003. */
    Call work(Batch batch, List<Bo> written, List<Bo> read, Syncobj syncobj) {
        if (design == Conditions.Option.KERNEL_SUBMITS) {
            return ioctl(SIGNAL, Signal.submitting(queue(), batch, written, read, List.of(syncobj)));
        }
        return new Work(this, batch, written, read, syncobj);
    }

    private Call signalFirst(List<Bo> written, List<Bo> read, Syncobj syncobj) {
        long timeoutNs = design == Conditions.Option.NEXT_SERIAL_TIMES_OUT ? PROMISE_NS : Long.MAX_VALUE;
        return ioctl(SIGNAL, Signal.promising(queue(), timeoutNs, written, read, List.of(syncobj)));
    }

    /** What the kernel of the host has in place of 7.3's ioctls; in a quiet twin nobody uses it. */
    private static Conditions.Option design(Conditions conditions) {
        for (Conditions.Option option : PROPOSALS) {
            if (conditions.disturbed() && conditions.options().contains(option)) {
                return option;
            }
        }
        return Conditions.Option.USER_QUEUES;
    }

    /** Asks what the next packets have to wait for; {@code got} is told and has to use it. */
    Call waitFor(List<Bo> written, List<Bo> read, Consumer<List<WaitInfo>> got) {
        return new Wait(this, new WaitFor(queue(), written, read), got);
    }

    /** Waits until what was left in {@code syncobj} is done. */
    Call await(Syncobj syncobj) {
        return ioctl("DRM_IOCTL_SYNCOBJ_WAIT", syncobj.await(0));
    }

    /** Closes the file, with all that it has. */
    Call close(World world) {
        return new Close(world, this);
    }

    private Ioctl ioctl(String name, Call body) {
        return new Ioctl(name, memory.file().client(), body);
    }

    private static final class Work extends Call {
        private static final Path<Work> PATH = Path.<Work>named("umd_submit")
                .when(
                        Work::promisesFirst,
                        promise -> promise.call(work -> work.driver.signalFirst(work.written, work.read, work.syncobj))
                                .sleep(Work::preparationNs))
                .run(work -> work.driver.submit(work.batch))
                .when(
                        work -> !work.promisesFirst(),
                        then -> then.call(work -> work.driver.signal(work.written, work.read, work.syncobj)))
                .end();

        private final UserQueueDriver driver;
        private final Batch batch;
        private final List<Bo> written;
        private final List<Bo> read;
        private final Syncobj syncobj;

        Work(UserQueueDriver driver, Batch batch, List<Bo> written, List<Bo> read, Syncobj syncobj) {
            this.driver = driver;
            this.batch = batch;
            this.written = written;
            this.read = read;
            this.syncobj = syncobj;
        }

        private boolean promisesFirst() {
            return driver.design != Conditions.Option.USER_QUEUES;
        }

        /** Nothing keeps the scheduler from giving the CPU to somebody else just now. */
        private long preparationNs() {
            return ++driver.promises == PREEMPTED_AT ? PREEMPTED_NS : PREPARE_NS;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class Start extends Call {
        private static final Path<Start> PATH = Path.<Start>named("umd_start")
                .call(start -> start.driver.memory.createVm(GpuVm.Mode.USER_QUEUES))
                .run(start -> start.driver.queues.set(new UserQueues(start.driver.kernel, start.driver.memory.vm())))
                .call(start -> start.driver.memory.buffer(POINTERS_BYTES, false, true, start.driver.pointers::set))
                .call(start -> start.driver.ioctl("DRM_IOCTL_AMDGPU_GEM_CREATE", start.createDoorbells()))
                .run(Start::keepDoorbells)
                .call(start -> start.driver.createQueue("NORMAL_LOW"))
                .end();

        private final UserQueueDriver driver;
        private final Local<CreateDoorbells> created = new Local<>();

        Start(UserQueueDriver driver) {
            this.driver = driver;
        }

        private Call createDoorbells() {
            var client = driver.memory.file().client();
            return created.set(new CreateDoorbells(client.device().ttm(), client.id()));
        }

        private void keepDoorbells() {
            Bo bo = created.get().bo();
            driver.memory.file().client().createHandle(bo, GrantHow.CREATE);
            bo.put();
            driver.doorbells.set(bo);
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class NewQueue extends Call {
        private static final Path<NewQueue> PATH = Path.<NewQueue>named("umd_queue")
                .call(make -> make.driver.memory.buffer(RING_BYTES, false, true, make.driver.ring::set))
                .call(NewQueue::create)
                .end();

        private final UserQueueDriver driver;
        private final String priority;
        private final long doorbell;
        private final boolean onRing;

        NewQueue(UserQueueDriver driver, String priority, long doorbell, boolean onRing) {
            this.onRing = onRing;
            this.driver = driver;
            this.priority = priority;
            this.doorbell = doorbell;
        }

        private Call create() {
            CreateUserQueue create = driver.queue.set(new CreateUserQueue(
                    driver.queues.get(),
                    new QueueProperties(
                            "GFX",
                            priority,
                            false,
                            driver.ring.get(),
                            driver.pointers.get(),
                            onRing ? driver.ring.get().bo() : driver.doorbells.get(),
                            doorbell)));
            return new Ioctl(USERQ, driver.memory.file().client(), create, create::result);
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class Wait extends Call {
        private static final Path<Wait> PATH = Path.<Wait>named("umd_wait")
                .call(wait -> wait.driver.ioctl("DRM_IOCTL_AMDGPU_USERQ_WAIT", wait.ioctl))
                .run(wait -> wait.got.accept(wait.ioctl.infos()))
                .end();

        private final UserQueueDriver driver;
        private final WaitFor ioctl;
        private final Consumer<List<WaitInfo>> got;

        Wait(UserQueueDriver driver, WaitFor ioctl, Consumer<List<WaitInfo>> got) {
            this.driver = driver;
            this.ioctl = ioctl;
            this.got = got;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class Close extends Call {
        private static final Path<Close> PATH = Path.<Close>named("drm_release")
                .run(close -> close.driver.memory.file().client().deleteHandles())
                .call(close -> new CloseUserQueues(close.driver.queues.get()))
                .run(close -> close.world.close(close.driver.memory.file()))
                .end();

        private final World world;
        private final UserQueueDriver driver;

        Close(World world, UserQueueDriver driver) {
            this.world = world;
            this.driver = driver;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}

package dev.fenceline.simulator.workload;

import dev.fenceline.event.PageAccess;
import dev.fenceline.event.PageAccessor;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Local;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.mm.FaultIn;
import dev.fenceline.simulator.mm.Fork;
import dev.fenceline.simulator.mm.MapMemory;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.Page;
import dev.fenceline.simulator.mm.Unmap;
import dev.fenceline.simulator.mm.WriteMemory;
import dev.fenceline.simulator.svm.GpuSvm;
import dev.fenceline.simulator.vm.Bind;
import dev.fenceline.simulator.vm.CpuMirrorVma;
import dev.fenceline.simulator.vm.GpuVm;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A program that hands the GPU pointers to what {@code malloc} gave it, and frees it again, all of it or the first half, when its kernels
 * have left it.
 */
final class Allocator extends Call {
    /** The name of its processes, one after the other. */
    static final String NAME = "allocator";

    /** How much memory it has at most. */
    static final long HEAP_BYTES = 2L << 20;

    private static final long SLOT_BYTES = 256L << 10;
    private static final long MIRROR_BYTES = 1L << 30;
    private static final long[] SIZES = {1, 3, 16, 20, 32, 48};
    private static final long STEP_NS = 1_500_000;
    private static final int READ_BYTES = 64;
    private static final long POLL_NS = 100_000;
    private static final int LIFE_STEPS = 60;

    /** What it does in a step. */
    private enum Step {
        ALLOCATE,
        WRITE,
        READ,
        FREE,
        FREE_PART,
        MAP_OVER,
        FORK,
        UNBIND
    }

    /** Maps over often, as allocators do that reuse addresses. */
    private static final List<Step> STEPS = List.of(
            Step.ALLOCATE, Step.WRITE, Step.FREE, Step.FREE_PART, Step.MAP_OVER, Step.MAP_OVER, Step.FORK, Step.UNBIND);

    private static final List<Step> QUIET_STEPS = List.of(Step.ALLOCATE, Step.WRITE, Step.FREE);

    /** Where its memory goes to the device it looks at what kernels have made of it. */
    private static final List<Step> VRAM_STEPS = List.of(
            Step.ALLOCATE,
            Step.ALLOCATE,
            Step.WRITE,
            Step.READ,
            Step.READ,
            Step.FREE,
            Step.FREE_PART,
            Step.MAP_OVER,
            Step.UNBIND);

    private static final List<Step> QUIET_VRAM_STEPS = List.of(Step.ALLOCATE, Step.ALLOCATE, Step.READ, Step.FREE);

    private static final Path<Allocator> PATH = Path.<Allocator>named(NAME)
            .call(program -> program.driver.start(GpuVm.Mode.FAULT))
            .call(Allocator::bindMirror)
            .call(Allocator::unmapRest)
            .run(program ->
                    program.mirror.set((CpuMirrorVma) program.driver.vm().vmas().get(0)))
            .call(program -> program.driver.run())
            .repeat(step -> step.leaveIf(Allocator::isOver)
                    .sleep(program -> program.chance.around(STEP_NS))
                    .run(Allocator::decide)
                    .when(program -> program.step == Step.ALLOCATE, Allocator::allocate)
                    .when(program -> program.step == Step.WRITE, write -> write.call(Allocator::write))
                    .when(program -> program.step == Step.READ, Allocator::read)
                    .when(program -> program.step == Step.FREE || program.step == Step.FREE_PART, Allocator::free)
                    .when(program -> program.step == Step.MAP_OVER, over -> over.call(Allocator::mapOver))
                    .when(program -> program.step == Step.FORK, Allocator::fork)
                    .when(program -> program.step == Step.UNBIND, Allocator::unbind))
            .call(program -> Unmap.exit(program.mm))
            .call(program -> program.driver.close(program.world))
            .run(Allocator::exitAndRestart)
            .end();

    private final World world;
    private final UserProcess process;
    private final UserModeDriver driver;
    private final Mm mm;
    private final Chance chance;
    private final boolean inVram;
    private final int lives;
    private final List<Block> blocks = new ArrayList<>();
    private final Local<CpuMirrorVma> mirror = new Local<>();
    private final Local<GpuSvm> svm = new Local<>();
    private final Local<UserProcess> child = new Local<>();
    private Step step = Step.ALLOCATE;
    private @Nullable Block block;
    private long freed;
    private int slot;
    private int workers;
    private int steps;

    /** What {@code malloc} gave it and it has not freed. */
    private record Block(long start, long end) {
        private long bytes() {
            return end - start;
        }
    }

    private Allocator(World world, UserProcess process, boolean inVram, int lives) {
        this.inVram = inVram;
        this.lives = lives;
        this.world = world;
        this.process = process;
        this.driver = new UserModeDriver(world, process);
        this.mm = process.mm();
        this.chance = world.kernel().chanceOf(process.name() + lives);
    }

    /** Starts it for the first time; its page faults bring its memory to the device if {@code inVram}. */
    static void start(World world, boolean inVram) {
        start(world, inVram, 0);
    }

    private static void start(World world, boolean inVram, int lives) {
        UserProcess process = world.process(NAME);
        Programs.start(world, process, new Allocator(world, process, inVram, lives));
    }

    private boolean isOver() {
        return world.conditions().disturbed() && ++steps > LIFE_STEPS;
    }

    /** It exits with its queue on the hardware, and is started again. */
    private void exitAndRestart() {
        world.exit(process);
        kernel().agenda().after(STEP_NS, () -> start(world, inVram, lives + 1));
    }

    private Call bindMirror() {
        svm.set(new GpuSvm(world.kernel(), driver.vm()));
        svm.get().setPrefersVram(inVram);
        return mapMirror();
    }

    /** It takes away what is behind its heap: a mirror may shrink. */
    private Call unmapRest() {
        return driver.unbind(Bind.unmap(driver.vm(), Trainer.HEAP + MIRROR_BYTES / 2, Trainer.HEAP + MIRROR_BYTES));
    }

    private Call mapMirror() {
        return driver.mirror(svm.get(), Trainer.HEAP, MIRROR_BYTES, mirror::set);
    }

    private void decide() {
        List<Step> choice = choice();
        step = choice.get(chance.below(choice.size()));
        if (blocks.isEmpty()) {
            step = Step.ALLOCATE;
        } else if (step == Step.ALLOCATE && blocks.size() == HEAP_BYTES / SLOT_BYTES) {
            step = Step.FREE;
        }
        block = blocks.isEmpty() ? null : blocks.get(chance.below(blocks.size()));
        if (step == Step.FREE_PART && block().bytes() == Mm.PAGE_BYTES) {
            step = Step.FREE;
        }
    }

    private List<Step> choice() {
        boolean disturbed = world.conditions().disturbed();
        if (inVram) {
            return disturbed ? VRAM_STEPS : QUIET_VRAM_STEPS;
        }
        return disturbed ? STEPS : QUIET_STEPS;
    }

    private Block block() {
        if (block == null) {
            throw new IllegalStateException("nothing is allocated");
        }
        return block;
    }

    /** Either the GPU touches it first or the program. */
    private static Path.Builder<Allocator> allocate(Path.Builder<Allocator> path) {
        return path.run(Allocator::choosePlace)
                .call(program -> new MapMemory(
                        program.mm, program.block().start(), program.block().end()))
                .call(program -> program.chance.oneIn(2) ? program.write() : null)
                .run(program -> program.blocks.add(program.block()))
                .run(program -> program.mirror
                        .get()
                        .work(program.block().start(), program.block().end()));
    }

    /** Some begin where a large chunk does, some a page behind. */
    private void choosePlace() {
        slot = 0;
        while (isTaken(slot)) {
            slot++;
        }
        long offset = chance.oneIn(4) ? Mm.PAGE_BYTES : 0;
        long start = Trainer.HEAP + slot * SLOT_BYTES + offset;
        block = new Block(start, start + SIZES[chance.below(SIZES.length)] * Mm.PAGE_BYTES);
    }

    private boolean isTaken(int which) {
        long start = Trainer.HEAP + which * SLOT_BYTES;
        return blocks.stream().anyMatch(each -> each.start() >= start && each.start() < start + SLOT_BYTES);
    }

    private Call write() {
        return new WriteMemory(mm, block().start(), block().start() + Mm.PAGE_BYTES);
    }

    /** What is in VRAM comes back first. */
    private static Path.Builder<Allocator> read(Path.Builder<Allocator> path) {
        return path.call(program -> new FaultIn(
                        program.mm, program.block().start(), program.block().start() + Mm.PAGE_BYTES))
                .run(Allocator::recordRead);
    }

    private void recordRead() {
        Page page = mm.pageAt(block().start());
        if (page != null) {
            kernel().emit(PageAccess.builder()
                    .who(PageAccessor.CPU_USER)
                    .page(page.id())
                    .offset(0)
                    .length(READ_BYTES)
                    .write(false)
                    .address(block().start()));
        }
    }

    /** Kernels leave what is to be freed; who faults in it still is waited for. */
    private static Path.Builder<Allocator> free(Path.Builder<Allocator> path) {
        return path.run(Allocator::chooseFreed)
                .run(program -> program.mirror.get().leave(program.block().start(), program.freed))
                .repeat(poll -> poll.leaveIf(program ->
                                !program.mirror.get().isFaulting(program.block().start(), program.freed))
                        .sleep(program -> POLL_NS))
                .call(program -> Unmap.munmap(program.mm, program.block().start(), program.freed))
                .run(Allocator::forgetFreed);
    }

    private void chooseFreed() {
        long pages = block().bytes() / Mm.PAGE_BYTES;
        freed = step == Step.FREE ? block().end() : block().start() + pages / 2 * Mm.PAGE_BYTES;
    }

    private void forgetFreed() {
        blocks.remove(block());
        if (freed < block().end()) {
            blocks.add(new Block(freed, block().end()));
        }
    }

    /** {@code mmap(MAP_FIXED)} over the second half of what kernels work on. */
    private Call mapOver() {
        long pages = block().bytes() / Mm.PAGE_BYTES;
        return Unmap.remap(mm, block().start() + pages / 2 * Mm.PAGE_BYTES, block().end());
    }

    /** A worker has the same memory; whoever writes it first gets a copy, which may be the GPU by its page faults. */
    private static Path.Builder<Allocator> fork(Path.Builder<Allocator> path) {
        return path.run(program -> program.child.set(
                        program.world.fork(program.process, "worker-" + program.lives + "-" + ++program.workers)))
                .call(program -> new Fork(program.mm, program.child.get().mm()))
                .run(program -> Programs.start(
                        program.world,
                        program.child.get(),
                        new DataWorker(
                                program.world,
                                program.child.get(),
                                program.block().start(),
                                program.block().bytes())));
    }

    /** It takes the mirror away if it may, which is when the GPU reaches nothing, and puts it back. */
    private static Path.Builder<Allocator> unbind(Path.Builder<Allocator> path) {
        return path.call(program -> program.driver.unbind(program.mirror.get()))
                .when(
                        program -> program.driver.vm().vmas().isEmpty(),
                        again -> again.call(Allocator::mapMirror)
                                .run(program -> program.blocks.forEach(
                                        each -> program.mirror.get().work(each.start(), each.end()))));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

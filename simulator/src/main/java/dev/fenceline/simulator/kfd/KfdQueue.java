package dev.fenceline.simulator.kfd;

import dev.fenceline.event.QueueCreate;
import dev.fenceline.event.QueueRegister;
import dev.fenceline.event.QueueResume;
import dev.fenceline.event.QueueSuspend;
import dev.fenceline.event.QueueSuspendDone;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Context;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.vm.UserptrBoVma;
import java.util.List;

/** A compute queue of a KFD process: the program writes into its ring, and nobody but the hardware looks at it. */
final class KfdQueue implements Census.Member {
    private static final long ACCESS_PERIOD_NS = 400_000;

    private final Kernel kernel;
    private final KfdProcess process;
    private final long id;
    private final Context engine = new Context(0, 0, 0, "mec");
    private final Chance chance;
    private boolean mapped;
    private long runs;

    /** {@code pqm_create_queue}: from here it is on the hardware, unless the process is evicted. */
    KfdQueue(KfdProcess process) {
        this.kernel = process.kernel();
        this.process = process;
        this.id = kernel.newId();
        this.chance = kernel.chanceOf("kfd queue " + id);
        long vm = process.vm().id();
        kernel.emit(QueueCreate.builder()
                .queue(id)
                .vm(vm)
                .client(process.vm().file().client().id())
                .engineClass("COMPUTE")
                .width(1)
                .eudebug(false)
                .owner(process.owner().tgid())
                .result(0));
        kernel.enrol(this);
        process.add(this);
        kernel.emit(QueueRegister.builder().queue(id).vm(vm));
        if (process.evictedBos() == 0) {
            run();
        } else {
            evict();
            evicted();
        }
    }

    private void run() {
        mapped = true;
        long run = ++runs;
        kernel.agenda().after(kernel.costs().engineStartNs(), () -> access(run));
    }

    private void access(long run) {
        if (run != runs || !mapped) {
            return;
        }
        List<KfdMem> memory = process.memory();
        if (!memory.isEmpty()) {
            UserptrBoVma picked = memory.get(chance.below(memory.size())).vma();
            if (picked.isBound()) {
                kernel.enter(engine);
                picked.access(id, chance.nextLong(), chance.oneIn(3));
            }
        }
        kernel.agenda().after(chance.around(ACCESS_PERIOD_NS), () -> access(run));
    }

    /** {@code evict_process_queues_cpsch}: the firmware is asked to unmap it. */
    void evict() {
        kernel.emit(QueueSuspend.builder().queue(id).vm(process.vm().id()));
    }

    /** The firmware has unmapped it. */
    void evicted() {
        mapped = false;
        kernel.emit(QueueSuspendDone.builder().queue(id).vm(process.vm().id()));
    }

    /** {@code restore_process_queues_cpsch}: it is mapped again, which also flushes the TLB. */
    void restore() {
        kernel.emit(QueueResume.builder().queue(id).vm(process.vm().id()));
        run();
    }

    @Override
    public void tell(Facts facts) {
        facts.of("queue", id).with("vm", process.vm().id());
    }
}

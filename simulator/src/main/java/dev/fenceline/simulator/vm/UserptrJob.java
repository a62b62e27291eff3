package dev.fenceline.simulator.vm;

import dev.fenceline.event.Usage;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.sched.Job;
import dev.fenceline.simulator.sched.Work;
import java.util.ArrayList;
import java.util.List;

/**
 * What a submission whose buffer list is all userptr BOs asks for: the job that reads them and writes the first, and the reservations
 * that its fence goes to.
 *
 * @param queue where it is submitted
 * @param used the list
 * @param durationNs how long the engine needs for it
 */
record UserptrJob(ExecQueue queue, List<UserptrBoVma> used, long durationNs) implements Work {
    /** Keeps a copy of the list. */
    UserptrJob {
        used = List.copyOf(used);
    }

    /** The reservation of the VM, then those of the BOs. */
    List<DmaResv> resvs() {
        List<DmaResv> resvs = new ArrayList<>(1 + used.size());
        resvs.add(queue.vm().resv());
        used.forEach(vma -> resvs.add(vma.bo().resv()));
        return resvs;
    }

    /** Whether the pages fetched last of each BO are still those of the process; it looks at all of them. */
    boolean isFetchValid() {
        boolean valid = true;
        for (UserptrBoVma vma : used) {
            valid &= vma.isFetchValid();
        }
        return valid;
    }

    /** An armed job that waits for moves. */
    Job arm() {
        GpuVm vm = queue.vm();
        Job job = new Job(vm.kernel(), queue.entity(), this);
        job.dependOn(vm.resv(), Usage.KERNEL);
        job.arm();
        return job;
    }

    /** The fence of the job guards the VM and is the last to write the BOs. */
    void publish(DmaFence done) {
        DmaResv ofVm = queue.vm().resv();
        for (DmaResv resv : resvs()) {
            resv.add(done, resv == ofVm ? Usage.BOOKKEEP : Usage.WRITE);
        }
    }

    @Override
    public void begin(Job job) {
        boolean write = true;
        for (UserptrBoVma vma : used) {
            vma.access(queue, job, job.id(), write);
            write = false;
        }
    }
}

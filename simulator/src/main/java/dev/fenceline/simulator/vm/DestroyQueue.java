package dev.fenceline.simulator.vm;

import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.sched.Job;
import dev.fenceline.simulator.sched.Work;

/**
 * xe_exec_queue.c:xe_exec_queue_kill, then its last reference: what is queued does not run any more, what is on the ring ends without the
 * queue.
 */
public final class DestroyQueue extends Call {
    /** A job that was armed before its entity was killed is pushed after (rule A-S10). */
    public static final Deviation PUSHES_AFTER_KILL = new Deviation("job-is-pushed-to-a-killed-entity");

    private static final Path<DestroyQueue> PATH = Path.<DestroyQueue>named("xe_exec_queue_kill")
            .when(
                    kill -> kill.queue.group() != null,
                    grouped -> grouped.lock(kill -> kill.queue.groupLock(), Lock.Mode.W))
            .run(DestroyQueue::kill)
            .when(kill -> kill.queue.group() != null, grouped -> grouped.unlock(kill -> kill.queue.groupLock()))
            .spend(kill -> kill.kernel().costs().stepNs())
            .run(kill -> kill.queue.destroy())
            .end();

    private final ExecQueue queue;

    /** Kills {@code queue}, which feeds a scheduler. */
    public DestroyQueue(ExecQueue queue) {
        this.queue = queue;
    }

    private void kill() {
        boolean pushes = kernel().deviates(PUSHES_AFTER_KILL);
        Job late = new Job(kernel(), queue.entity(), new Work() {
            @Override
            public long durationNs() {
                return kernel().costs().stepNs();
            }

            @Override
            public void begin(Job job) {}
        });
        if (pushes) {
            late.arm();
        }
        queue.kill();
        if (pushes) {
            late.push();
        } else {
            late.cleanUp();
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

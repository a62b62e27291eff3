package dev.fenceline.simulator.sched;

import dev.fenceline.event.FenceKind;
import dev.fenceline.event.SchedEntityCreate;
import dev.fenceline.event.SchedEntityFini;
import dev.fenceline.event.SchedJobQueue;
import dev.fenceline.simulator.fence.Timeline;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Waits;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A {@code drm_sched_entity}: jobs that run in the order in which they were pushed. */
public final class Entity {
    private final Kernel kernel;
    private final Scheduler scheduler;
    private final long id;
    private final long client;
    private final long queue;
    private final Timeline scheduled;
    private final Timeline finished;
    private final ArrayDeque<Job> queued = new ArrayDeque<>();
    private long seqno;

    /**
     * {@code drm_sched_entity_init}.
     *
     * @param client the client whose jobs these are, 0 for the driver itself
     * @param queue the exec queue behind it, 0 for the driver's own
     */
    public Entity(Kernel kernel, Scheduler scheduler, long client, long queue) {
        this.kernel = kernel;
        this.scheduler = scheduler;
        this.client = client;
        this.queue = queue;
        this.id = kernel.newId();
        long context = kernel.newFenceContexts(2);
        this.scheduled = new Timeline(kernel, context, "drm_sched", scheduler.name(), FenceKind.SCHEDULED);
        this.finished = new Timeline(kernel, context + 1, "drm_sched", scheduler.name(), FenceKind.FINISHED);
        scheduler.add(this);
        kernel.emit(SchedEntityCreate.builder().entity(id).context(context));
    }

    public long id() {
        return id;
    }

    public Scheduler scheduler() {
        return scheduler;
    }

    long client() {
        return client;
    }

    /** The exec queue behind it, 0 for the driver's own. */
    public long queue() {
        return queue;
    }

    Timeline scheduledTimeline() {
        return scheduled;
    }

    Timeline finishedTimeline() {
        return finished;
    }

    long nextSeqno() {
        return ++seqno;
    }

    void push(Job job) {
        SchedJobQueue.Builder event = SchedJobQueue.builder()
                .job(job.id())
                .entity(id)
                .scheduler(scheduler.id())
                .queueLength(queued.size())
                .hardwareCredits(scheduler.creditsInUse());
        if (queue != 0) {
            event.queue(queue);
        }
        kernel.emit(event);
        queued.add(job);
        job.finished().handOff();
        scheduler.wake();
    }

    @Nullable Job head() {
        return queued.peek();
    }

    void pop() {
        queued.remove();
    }

    void eachBefore(Job job, Consumer<? super Waits> visitor) {
        for (Job earlier : queued) {
            if (earlier == job) {
                return;
            }
            visitor.accept(earlier);
        }
    }

    /** {@code drm_sched_entity_fini}: no job is queued any more. */
    public void fini() {
        scheduler.remove(this);
        kernel.emit(SchedEntityFini.builder().entity(id));
    }
}

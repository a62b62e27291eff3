package dev.fenceline.simulator.userq;

import dev.fenceline.event.Placement;
import dev.fenceline.event.UserQueueState;
import dev.fenceline.event.UserqCreate;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.kernel.AllocatePages;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Gfp;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.ttm.Bo;
import org.jspecify.annotations.Nullable;

/**
 * amdgpu_userq.c:amdgpu_userq_create: the priority is permitted, the addresses are mapped, the doorbell is pinned and in range, and the
 * queue goes to the hardware under an eviction fence.
 */
public final class CreateUserQueue extends Call {
    /** A high priority is given to whoever asks (rule A-Q06). */
    public static final Deviation SKIPS_PERMISSION = new Deviation("high-priority-without-permission");

    /** The doorbell may lie in a buffer that is none of the aperture, which is pinned for it (rule A-Q06). */
    public static final Deviation SKIPS_DOMAIN = new Deviation("doorbell-in-a-regular-buffer");

    /** The doorbell may lie behind the end of its page (rule A-Q06). */
    public static final Deviation SKIPS_RANGE = new Deviation("doorbell-behind-its-page");

    private static final int EACCES = -13;
    private static final int EINVAL = -22;
    private static final String HIGH = "HIGH";

    private static final Path<CreateUserQueue> PATH = Path.<CreateUserQueue>named("amdgpu_userq_create")
            .run(CreateUserQueue::permitPriority)
            .when(
                    CreateUserQueue::succeeds,
                    permitted -> permitted
                            .call(create -> new AllocatePages(Gfp.KERNEL, 1))
                            .call(create -> new LockResv(create.queues.vm().resv()))
                            .run(CreateUserQueue::validateAddresses)
                            .run(create -> create.queues.vm().resv().lock().release(create.task())))
            .when(
                    CreateUserQueue::succeeds,
                    valid -> valid.call(
                                    create -> new LockResv(create.doorbells().resv()))
                            .run(CreateUserQueue::pinDoorbell)
                            .run(create -> create.doorbells().resv().lock().release(create.task())))
            .when(
                    CreateUserQueue::succeeds,
                    pinned -> pinned.run(CreateUserQueue::create)
                            .call(create -> new EnsureEvictionFence(create.queues))
                            .spend(create -> create.kernel().costs().resumeNs())
                            .run(CreateUserQueue::map)
                            .unlock(create -> create.queues.mutex()))
            .when(create -> !create.succeeds(), failed -> failed.run(CreateUserQueue::recordFailure))
            .end();

    private final UserQueues queues;
    private final QueueProperties properties;
    private @Nullable UserQueue queue;
    private int result;

    /** Makes a queue with these properties. */
    public CreateUserQueue(UserQueues queues, QueueProperties properties) {
        this.queues = queues;
        this.properties = properties;
    }

    /** 0, -EACCES for a priority that is not permitted, -EINVAL for an address or a doorbell that is not there. */
    public int result() {
        return result;
    }

    /** The queue. */
    public UserQueue queue() {
        if (queue == null) {
            throw new IllegalStateException("the queue is not created yet");
        }
        return queue;
    }

    private boolean succeeds() {
        return result == 0;
    }

    private Bo doorbells() {
        return properties.doorbells();
    }

    private void permitPriority() {
        if (properties.priority().equals(HIGH)
                && !properties.mayHaveHighPriority()
                && !kernel().deviates(SKIPS_PERMISSION)) {
            result = EACCES;
        }
    }

    private void validateAddresses() {
        if (!queues.shows(properties.ring()) || !queues.shows(properties.wptr())) {
            result = EINVAL;
        }
    }

    /** {@code amdgpu_userq_get_doorbell_index}. */
    private void pinDoorbell() {
        if (doorbells().placement() != Placement.DOORBELL && !kernel().deviates(SKIPS_DOMAIN)) {
            result = EINVAL;
            return;
        }
        doorbells().get();
        doorbells().pin();
        if (properties.doorbell() >= UserQueue.DOORBELLS_PER_PAGE && !kernel().deviates(SKIPS_RANGE)) {
            doorbells().unpin();
            doorbells().put();
            result = EINVAL;
        }
    }

    private void create() {
        queue = new UserQueue(queues, properties);
        queue.announce();
    }

    private void map() {
        queues.all().add(queue());
        queue().become(UserQueueState.MAPPED);
    }

    private void recordFailure() {
        kernel().emit(UserqCreate.builder()
                .client(queues.client().id())
                .doorbellBo(doorbells().id())
                .offset(properties.doorbell())
                .priority(properties.priority())
                .capable(properties.mayHaveHighPriority())
                .type(properties.type())
                .result(result));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

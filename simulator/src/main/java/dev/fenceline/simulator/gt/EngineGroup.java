package dev.fenceline.simulator.gt;

import dev.fenceline.event.EngineGroupMode;
import dev.fenceline.event.EngineGroupSwitch;
import dev.fenceline.event.LockClass;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Lock;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.kernel.WaitList;
import dev.fenceline.simulator.kernel.Workqueue;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A {@code xe_hw_engine_group}: engines that share hardware, on which work that may fault and jobs with fences take turns. Otherwise the
 * service of a fault could wait for a job that waits for the engine on which the fault stands.
 *
 * <p>Who submits a job keeps the group in its mode until the job is pushed. Work that may fault needs no such care: it is put back by a
 * worker, when nobody submits and all jobs are done.
 */
public final class EngineGroup {
    /** A job is submitted as if the group ran jobs already (rule V12). */
    public static final Deviation SKIPS_SWITCH = new Deviation("job-beside-faulting-work", 10);

    /** The group is switched when work that may fault was only asked to leave the hardware (rule V12). */
    public static final Deviation SKIPS_SUSPEND_WAIT = new Deviation("engine-group-switches-before-suspend");

    /** Work that may fault is put back without waiting for the jobs of the group (rule V12). */
    public static final Deviation SKIPS_JOB_WAIT = new Deviation("engine-group-switches-before-jobs-are-done", 10);

    /** A queue of the group. */
    public interface Member {
        /** Whether its work may fault, so that no fence waits for it. */
        boolean mayFault();

        /** {@code q->ops->suspend}: it is asked off the hardware. */
        void suspend();

        /** Who waits until it is off. */
        WaitList suspended();

        /** {@code q->ops->suspend_wait}: whether it is off, suspended or reset. */
        boolean isOffHardware();

        /** {@code q->ops->resume}, of one that was suspended. */
        void resumeSuspended();

        /** {@code xe_exec_queue_last_fence_get_for_resume}: the fence of its last job; null if it has none. */
        @Nullable DmaFence lastFence();
    }

    private final long id;
    private final Lock modeSem;
    private final Workqueue resumeWorkqueue;
    private final List<Member> members = new ArrayList<>();
    private EngineGroupMode mode = EngineGroupMode.FAULTING;
    private boolean resumeQueued;

    /** {@code hw_engine_group_alloc}. */
    public EngineGroup(Kernel kernel) {
        this.id = kernel.newId();
        this.modeSem = Lock.rwsem(kernel, LockClass.OTHER);
        this.resumeWorkqueue = new Workqueue(kernel, "kworker/xe-resume-lr-jobs");
    }

    public long id() {
        return id;
    }

    /** {@code mode_sem}: read to keep the mode, written to change it or who is in the group. */
    public Lock modeSem() {
        return modeSem;
    }

    /** {@code xe_hw_engine_group_resume_faulting_lr_jobs}: work that may fault runs again as soon as that may be. */
    public void resumeFaulting() {
        if (!resumeQueued) {
            resumeQueued = true;
            resumeWorkqueue.queue(new Resume());
        }
    }

    /** {@code xe_hw_engine_group_del_exec_queue}, by who holds {@link #modeSem} for writing. */
    public void remove(Member member) {
        members.remove(member);
    }

    private boolean runsFaulting() {
        return members.stream().anyMatch(member -> member.mayFault() && !member.isOffHardware());
    }

    private boolean runsJobs() {
        return members.stream().map(Member::lastFence).anyMatch(fence -> fence != null && !fence.isSignaled());
    }

    /** {@code xe_hw_engine_group_add_exec_queue}. */
    public final class Add extends Call {
        private static final Path<Add> PATH = Path.<Add>named("xe_hw_engine_group_add_exec_queue")
                .lock(add -> add.group().modeSem, Lock.Mode.W)
                .when(
                        add -> add.member.mayFault() && add.group().mode == EngineGroupMode.DMA_FENCE,
                        late -> late.run(add -> add.member.suspend())
                                .await(add -> add.member.suspended(), add -> add.member.isOffHardware())
                                .run(add -> add.group().resumeFaulting()))
                .run(add -> add.group().members.add(add.member))
                .unlock(add -> add.group().modeSem)
                .end();

        private final Member member;

        /** A new queue comes into the group. */
        public Add(Member member) {
            this.member = member;
        }

        private EngineGroup group() {
            return EngineGroup.this;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    /** {@code xe_hw_engine_group_get_mode}: returns with {@link #modeSem} held for reading. */
    public final class GetMode extends Call {
        private static final Path<GetMode> PATH = Path.<GetMode>named("xe_hw_engine_group_get_mode")
                .lock(get -> get.group().modeSem, Lock.Mode.R)
                .returnIf(GetMode::isInMode)
                .unlock(get -> get.group().modeSem)
                .lock(get -> get.group().modeSem, Lock.Mode.W)
                .when(
                        get -> get.group().mode != get.wanted,
                        other -> other.run(get -> get.members =
                                        List.copyOf(get.group().members).iterator())
                                .when(get -> get.wanted == EngineGroupMode.DMA_FENCE, GetMode::suspendFaulting)
                                .when(get -> get.wanted == EngineGroupMode.FAULTING, GetMode::waitForJobs)
                                .run(GetMode::change))
                .run(get -> get.group().modeSem.downgrade(get.task()))
                .end();

        private final EngineGroupMode wanted;
        private Iterator<Member> members = List.<Member>of().iterator();
        private @Nullable Member member;
        private boolean changed;
        private boolean waits;

        /** The group is to be in {@code wanted} until its lock is given back. */
        public GetMode(EngineGroupMode wanted) {
            this.wanted = wanted;
        }

        /** Whether it was in the other mode before. */
        boolean hasChanged() {
            return changed;
        }

        private EngineGroup group() {
            return EngineGroup.this;
        }

        private boolean isInMode() {
            return mode == wanted
                    || (wanted == EngineGroupMode.DMA_FENCE && runsFaulting() && kernel().deviates(SKIPS_SWITCH));
        }

        /** {@code xe_hw_engine_group_suspend_faulting_lr_jobs}: all are asked, then all are waited for. */
        private static Path.Builder<GetMode> suspendFaulting(Path.Builder<GetMode> path) {
            return path.run(GetMode::suspendAll)
                    .when(
                            get -> get.waits,
                            wait -> wait.repeat(each -> each.run(GetMode::nextFaulting)
                                    .leaveIf(get -> get.member == null)
                                    .await(
                                            get -> get.member().suspended(),
                                            get -> get.member().isOffHardware())))
                    .run(get -> get.group().resumeFaulting());
        }

        private void suspendAll() {
            waits = !runsFaulting() || !kernel().deviates(SKIPS_SUSPEND_WAIT);
            group().members.stream().filter(Member::mayFault).forEach(Member::suspend);
        }

        private void nextFaulting() {
            member = null;
            while (member == null && members.hasNext()) {
                Member next = members.next();
                member = next.mayFault() ? next : null;
            }
        }

        private Member member() {
            if (member == null) {
                throw new IllegalStateException("no queue is waited for");
            }
            return member;
        }

        /** {@code xe_hw_engine_group_wait_for_dma_fence_jobs}. */
        private static Path.Builder<GetMode> waitForJobs(Path.Builder<GetMode> path) {
            return path.run(get ->
                            get.waits = !get.group().runsJobs() || !get.kernel().deviates(SKIPS_JOB_WAIT))
                    .repeat(each -> each.leaveIf(get -> !get.waits || !get.members.hasNext())
                            .call(get -> {
                                DmaFence last = get.members.next().lastFence();
                                return last == null ? null : new FenceWait(last);
                            }));
        }

        private void change() {
            mode = wanted;
            changed = true;
            kernel().emit(EngineGroupSwitch.builder().group(id).mode(wanted));
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    /** {@code hw_engine_group_resume_lr_jobs_func}. */
    private final class Resume extends Call {
        private static final Path<Resume> PATH = Path.<Resume>named("hw_engine_group_resume_lr_jobs_func")
                .call(Resume::getMode)
                .run(Resume::resumeAll)
                .unlock(resume -> resume.group().modeSem)
                .end();

        private @Nullable GetMode get;

        private EngineGroup group() {
            return EngineGroup.this;
        }

        private GetMode getMode() {
            resumeQueued = false;
            get = new GetMode(EngineGroupMode.FAULTING);
            return get;
        }

        private void resumeAll() {
            if (get != null && get.hasChanged()) {
                members.stream().filter(Member::mayFault).forEach(Member::resumeSuspended);
            }
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}

package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.Arrays;
import org.agrona.collections.Long2LongHashMap;
import org.agrona.collections.LongArrayList;
import org.jspecify.annotations.Nullable;

/** The schedulers, their entities, and the jobs on their way through them. */
public final class Schedulers implements StatePart {
    private final StreamLedger ledger;
    private final SessionFacts session;
    private final Fences fences;
    private final SyncObjects syncObjects;
    final ObjectTable<Job> jobs = new ObjectTable<>(Job::new);
    private final ObjectTable<JobEntity> entities = new ObjectTable<>(JobEntity::new);
    private final ObjectTable<GpuScheduler> schedulers = new ObjectTable<>(GpuScheduler::new);
    private final ObjectTable<SchedulerThread> threads = new ObjectTable<>(SchedulerThread::new);
    /** Live jobs by the fences that tell of them. */
    private final Long2LongHashMap byScheduled = new Long2LongHashMap(8, 0.55f, Event.ABSENT, false);

    private final Long2LongHashMap byFinished = new Long2LongHashMap(8, 0.55f, Event.ABSENT, false);
    /** Jobs between arm and push. */
    private final LongArrayList armed = new LongArrayList();

    Schedulers(StreamLedger ledger, SessionFacts session, Fences fences, SyncObjects syncObjects) {
        this.ledger = ledger;
        this.session = session;
        this.fences = fences;
        this.syncObjects = syncObjects;
    }

    /** The job, also if it was freed a short while ago; null if it was never mentioned. */
    public @Nullable Job job(long id) {
        return id == Event.ABSENT ? null : jobs.find(id);
    }

    /** The job that is done when the fence signals; null if there is none, or it was freed. */
    public @Nullable Job jobOfFinished(long fence) {
        return job(byFinished.get(fence));
    }

    /** The job that goes to the hardware when the fence signals; null if there is none, or it was freed. */
    public @Nullable Job jobOfScheduled(long fence) {
        return job(byScheduled.get(fence));
    }

    /** The entity, also if it ended a short while ago; null if it was never mentioned. */
    public @Nullable JobEntity entity(long id) {
        return id == Event.ABSENT ? null : entities.find(id);
    }

    /** The scheduler, also if it was torn down a short while ago; null if it was never mentioned. */
    public @Nullable GpuScheduler scheduler(long id) {
        return id == Event.ABSENT ? null : schedulers.find(id);
    }

    /** What the thread is in the middle of; null if nothing of the scheduler. */
    public @Nullable SchedulerThread thread(long tid) {
        return threads.get(tid);
    }

    /** How many jobs are armed and not pushed. */
    public int armed() {
        return armed.size();
    }

    /** A job that is armed and not pushed, the first armed at 0. */
    public long armed(int i) {
        return armed.getLong(i);
    }

    /** The scheduler an event is about: as stated, or the only one of the fragment; {@link Event#ABSENT} if unknown. */
    public long schedulerOf(long stated) {
        return stated != Event.ABSENT ? stated : session.soleObject("scheduler");
    }

    /** The entity an event is about: as stated, or the only one of the fragment; {@link Event#ABSENT} if unknown. */
    public long entityOf(long stated) {
        return stated != Event.ABSENT ? stated : session.soleObject("entity");
    }

    /** The credits the job takes of that limit: at least 1, and all there are if it asks for more. */
    public static long credits(Job job, long limit) {
        long asked = job.credits == Event.ABSENT ? 1 : job.credits;
        return limit == Event.ABSENT ? asked : Math.min(asked, limit);
    }

    /** The credits of the jobs on the hardware but for {@code except}; those a stop gave back do not count. */
    public long creditsInUse(GpuScheduler scheduler, Job except) {
        long sum = 0;
        for (int i = 0; i < scheduler.pending.size(); i++) {
            Job job = jobs.find(scheduler.pending.getLong(i));
            if (job != null && job != except && holdsCredits(scheduler, job)) {
                sum += credits(job, scheduler.limit);
            }
        }
        return sum;
    }

    /** Whether the pending job holds its credits: a stop gave them back, the start takes them again. */
    public boolean holdsCredits(GpuScheduler scheduler, Job job) {
        return !(scheduler.isStopped() && job.runSeq < scheduler.stopSeq) && !isOver(job);
    }

    /** Whether the job is over: the hardware or a kill completed it, its finished fence is done, or it was freed. */
    public boolean isOver(Job job) {
        if (job.doneSeq > 0 || job.killSeq > 0 || job.freeSeq > 0) {
            return true;
        }
        Fence finished = fences.fence(job.finished);
        return finished != null && fences.isComplete(finished);
    }

    /** Whether its scheduler stopped, started or was torn down after that seq: its hardware fence counts no more. */
    public boolean wasRestarted(Job job, long sinceSeq) {
        GpuScheduler scheduler = scheduler(job.scheduler);
        return scheduler != null
                && (scheduler.stopSeq > sinceSeq || scheduler.startSeq > sinceSeq || scheduler.departed > sinceSeq);
    }

    void apply(SchedInit e) {
        if (e.hasScheduler()) {
            GpuScheduler scheduler = schedulers.create(e.scheduler(), e.seq());
            scheduler.takeLimit(e.limit());
            scheduler.cancels = e.cancel();
        }
    }

    void apply(SchedStop e) {
        GpuScheduler scheduler = touchScheduler(schedulerOf(e.scheduler()), e.seq());
        if (scheduler != null) {
            scheduler.stopSeq = e.seq();
            scheduler.takeLimit(e.limit());
        }
    }

    void apply(SchedStart e) {
        GpuScheduler scheduler = touchScheduler(schedulerOf(e.scheduler()), e.seq());
        if (scheduler != null) {
            scheduler.startSeq = e.seq();
            scheduler.takeLimit(e.limit());
        }
    }

    void apply(SchedFini e) {
        GpuScheduler scheduler = touchScheduler(schedulerOf(e.scheduler()), e.seq());
        if (scheduler != null) {
            schedulers.depart(scheduler, e.seq());
        }
    }

    void apply(SchedEntityCreate e) {
        if (e.hasEntity()) {
            JobEntity earlier = entities.get(e.entity());
            if (earlier != null) {
                leaveContexts(earlier, e.seq());
            }
            useContexts(entities.create(e.entity(), e.seq()), e.context(), e.seq());
        }
    }

    /** The entity makes fences on that context and the next, until it goes. */
    private void useContexts(JobEntity entity, long context, long seq) {
        entity.context = context;
        if (context != Event.ABSENT && entity.departed == 0) {
            fences.use(context, seq);
            fences.use(context + 1, seq);
        }
    }

    private void leaveContexts(JobEntity entity, long seq) {
        if (entity.context != Event.ABSENT && entity.departed == 0) {
            fences.leave(entity.context, seq);
            fences.leave(entity.context + 1, seq);
        }
    }

    void apply(SchedEntityKill e) {
        JobEntity entity = touchEntity(entityOf(e.entity()), e.seq());
        if (entity != null) {
            if (entity.killSeq == 0) {
                entity.killSeq = e.seq();
            }
            // drm_sched_entity_kill takes every job off the queue; each completes on its own.
            entity.queued.clear();
        }
    }

    void apply(SchedEntityFini e) {
        JobEntity entity = touchEntity(entityOf(e.entity()), e.seq());
        if (entity != null) {
            leaveContexts(entity, e.seq());
            entities.depart(entity, e.seq());
        }
    }

    void apply(SchedJobInit e) {
        if (!e.hasJob()) {
            return;
        }
        Job earlier = jobs.get(e.job());
        if (earlier != null) {
            retire(earlier, e.seq());
        }
        Job job = jobs.create(e.job(), e.seq());
        job.initSeq = e.seq();
        job.client = e.client();
        job.submitterTid = e.tid();
        relate(job, e.entity(), e.scheduler(), e.scheduled(), e.finished(), e.seqno(), e.seq());
        take(job, e.credits(), e.dependsOn(), e.seq());
    }

    void apply(SchedJobDep e) {
        Job job = touch(e.job(), e.seq());
        if (job != null) {
            relate(job, e.entity(), e.scheduler(), e.scheduled(), e.finished(), e.seqno(), e.seq());
            depend(job, e.fence(), e.seq());
            take(job, Event.ABSENT, e.dependsOn(), e.seq());
        }
    }

    void apply(SchedJobDepSyncobj e) {
        Job job = touch(e.job(), e.seq());
        if (job == null) {
            return;
        }
        relate(job, e.entity(), e.scheduler(), e.scheduled(), e.finished(), e.seqno(), e.seq());
        depend(job, e.fence(), e.seq());
        take(job, Event.ABSENT, e.dependsOn(), e.seq());
        if (e.hasSyncobj()) {
            long point = e.hasPoint() ? e.point() : 0;
            boolean failed = e.hasError() && e.error() < 0;
            boolean found = !failed && (e.hasFence() || syncObjects.covers(e.syncobj(), point));
            job.lookUp(e.syncobj(), point, found, e.seq());
        }
    }

    void apply(SchedJobArm e) {
        Job job = jobs.get(e.job());
        if (job == null || job.freeSeq > 0 || job.cleanupSeq > 0) {
            job = make(e.job(), e.seq());
        }
        if (job == null) {
            return;
        }
        job.armSeq = e.seq();
        job.resv = e.resv();
        job.writes = e.write();
        job.implicit = e.implicit();
        job.client = e.hasClient() ? e.client() : job.client;
        relate(job, e.entity(), e.scheduler(), e.scheduled(), e.finished(), e.seqno(), e.seq());
        take(job, e.credits(), e.dependsOn(), e.seq());
        job.parent = e.parent();
        if (job.queueSeq == 0) {
            job.submitterTid = e.tid();
            armed.removeLong(job.id);
            armed.addLong(job.id);
        }
    }

    /** A system call returned: what the thread armed and did not push will not be pushed. */
    void apply(SyscallReturn e) {
        for (int i = armed.size() - 1; i >= 0; i--) {
            Job job = jobs.find(armed.getLong(i));
            if (job == null || job.submitterTid == e.tid()) {
                armed.removeAt(i);
            }
        }
    }

    void apply(SchedJobQueue e) {
        Job job = touch(e.job(), e.seq());
        if (job == null) {
            return;
        }
        armed.removeLong(job.id);
        job.queueSeq = e.seq();
        job.submitterTid = e.tid();
        relate(job, e.entity(), e.scheduler(), e.scheduled(), e.finished(), e.seqno(), e.seq());
        take(job, e.credits(), e.dependsOn(), e.seq());
        JobEntity entity = entities.get(job.entity);
        if (entity == null) {
            return;
        }
        // A push to a killed entity is dropped: sched_entity.c:drm_sched_entity_push_job.
        if (entity.killSeq == 0) {
            entity.queued.removeLong(job.id);
            entity.queued.addLong(job.id);
        }
        if (job.seqno != Event.ABSENT
                && (entity.queuedSeqno == Event.ABSENT || FenceContext.isLater(job.seqno, entity.queuedSeqno, false))) {
            entity.queuedSeqno = job.seqno;
            entity.queuedSeq = e.seq();
        }
    }

    void apply(SchedJobBlock e) {
        Job job = touch(e.job(), e.seq());
        if (job != null) {
            relate(job, e.entity(), e.scheduler(), e.scheduled(), e.finished(), e.seqno(), e.seq());
            depend(job, e.fence(), e.seq());
            take(job, Event.ABSENT, e.dependsOn(), e.seq());
        }
    }

    void apply(SchedJobPop e) {
        Job job = touch(e.job(), e.seq());
        if (job == null) {
            return;
        }
        requireQueued(job, e.seq());
        job.popSeq = e.seq();
        relate(job, e.entity(), e.scheduler(), e.scheduled(), e.finished(), e.seqno(), e.seq());
        take(job, e.credits(), e.dependsOn(), e.seq());
        JobEntity entity = entities.get(job.entity);
        if (entity != null) {
            entity.queued.removeLong(job.id);
            entity.popTid = e.tid();
            entity.popSeq = e.seq();
        }
    }

    void apply(SchedJobRun e) {
        Job job = touch(e.job(), e.seq());
        if (job == null) {
            return;
        }
        requireQueued(job, e.seq());
        relate(job, e.entity(), e.scheduler(), e.scheduled(), e.finished(), e.seqno(), e.seq());
        take(job, e.credits(), e.dependsOn(), e.seq());
        job.previousRunSeq = job.runSeq;
        job.runSeq = e.seq();
        job.runnerTid = e.tid();
        // The arming may have told which fence the driver will return.
        boolean told = e.hasParent() || job.previousRunSeq > 0 || (e.hasError() && e.error() < 0);
        job.parent = told ? e.parent() : job.parent;
        job.doneSeq = 0;
        fences.mention(job.parent, e.seq());
        Fence parent = fences.fence(job.parent);
        if (parent != null) {
            parent.ofJob = true;
        }
        JobEntity entity = entities.get(job.entity);
        if (entity != null) {
            entity.queued.removeLong(job.id);
            // The worker completes entity_idle once the job runs: sched_main.c:drm_sched_run_job_work.
            entity.popTid = Event.ABSENT;
            entity.popSeq = 0;
            if (job.seqno != Event.ABSENT
                    && (entity.runSeqno == Event.ABSENT || FenceContext.isLater(job.seqno, entity.runSeqno, false))) {
                entity.runSeqno = job.seqno;
                entity.runSeq = e.seq();
            }
        }
        GpuScheduler scheduler = touchScheduler(job.scheduler, e.seq());
        if (scheduler != null) {
            scheduler.pending.removeLong(job.id);
            scheduler.pending.addLong(job.id);
        }
    }

    void apply(SchedJobPhase e) {
        SchedulerThread thread = threads.get(e.tid());
        if (e.phase() != JobPhase.NONE && e.phase() != JobPhase.UNKNOWN) {
            thread = thread != null ? thread : threads.create(e.tid(), e.seq());
            thread.phase = e.phase();
            thread.phaseSeq = e.seq();
        } else if (thread != null) {
            // Out of a reset that the timeout handler started, the thread is still in the handler.
            if (thread.phase() == JobPhase.TIMEDOUT) {
                thread.timedOut = Event.ABSENT;
                thread.timeoutSeq = 0;
            }
            thread.phase = JobPhase.NONE;
            thread.phaseSeq = 0;
            forgetIfIdle(thread);
        }
    }

    void apply(SchedJobDone e) {
        Job job = touch(e.job(), e.seq());
        if (job == null) {
            return;
        }
        relate(job, e.entity(), e.scheduler(), e.scheduled(), e.finished(), e.seqno(), e.seq());
        if (job.parent == Event.ABSENT && e.hasParent()) {
            job.parent = e.parent();
            fences.mention(job.parent, e.seq());
        }
        if (job.doneSeq == 0) {
            job.doneSeq = e.seq();
        }
        leave(job);
    }

    void apply(SchedJobTimeout e) {
        Job job = touch(e.job(), e.seq());
        if (job == null) {
            return;
        }
        relate(job, e.entity(), e.scheduler(), e.scheduled(), e.finished(), e.seqno(), e.seq());
        job.timeoutSeq = e.seq();
        job.timeoutNs = ledger.nowNs();
        job.resolveSeq = 0;
        job.status = TimeoutStatus.UNKNOWN;
        SchedulerThread thread = threads.get(e.tid());
        thread = thread != null ? thread : threads.create(e.tid(), e.seq());
        thread.timedOut = job.id;
        thread.timeoutSeq = e.seq();
    }

    void apply(SchedJobResolve e) {
        Job job = touch(e.job(), e.seq());
        if (job == null) {
            return;
        }
        relate(job, e.entity(), e.scheduler(), e.scheduled(), e.finished(), e.seqno(), e.seq());
        job.resolveSeq = e.seq();
        job.timeoutNs = ledger.nowNs();
        job.status = e.status();
        if (e.status() == TimeoutStatus.ENODEV) {
            abandon(job, e.seq());
        }
        SchedulerThread thread = threads.get(e.tid());
        if (thread != null && thread.timedOut == job.id) {
            thread.timedOut = Event.ABSENT;
            thread.timeoutSeq = 0;
            forgetIfIdle(thread);
        }
    }

    /** No timer runs for the scheduler any more: what is pending on it has to be completed by somebody else. */
    private void abandon(Job job, long seq) {
        job.abandonedSeq = seq;
        GpuScheduler scheduler = schedulers.get(job.scheduler);
        for (int i = 0; scheduler != null && i < scheduler.pending.size(); i++) {
            Job other = jobs.find(scheduler.pending.getLong(i));
            if (other != null) {
                other.abandonedSeq = seq;
                other.timeoutNs = ledger.nowNs();
            }
        }
    }

    void apply(SchedJobKill e) {
        Job job = touch(e.job(), e.seq());
        if (job == null) {
            return;
        }
        requireQueued(job, e.seq());
        relate(job, e.entity(), e.scheduler(), e.scheduled(), e.finished(), e.seqno(), e.seq());
        job.killSeq = e.seq();
        leave(job);
    }

    void apply(SchedJobFree e) {
        Job job = touch(e.job(), e.seq());
        if (job == null) {
            return;
        }
        relate(job, e.entity(), e.scheduler(), e.scheduled(), e.finished(), e.seqno(), e.seq());
        if (job.freeSeq == 0) {
            job.freeSeq = e.seq();
            job.freerTid = e.tid();
        }
        retire(job, e.seq());
    }

    void apply(SchedJobCleanup e) {
        Job job = job(e.job());
        if (job != null) {
            job.cleanupSeq = e.seq();
            retire(job, e.seq());
        }
    }

    void apply(DmaFenceSetError e) {
        Job job = jobOfFinished(e.fence());
        if (job != null && job.errorSeq == 0 && e.error() < 0) {
            job.errorSeq = e.seq();
        }
    }

    void apply(DmaFenceSignaled e) {
        Job job = jobOfFinished(e.fence());
        if (job != null) {
            leave(job);
        }
    }

    void apply(DmaFenceDestroy e) {
        Job job = jobOfFinished(e.fence());
        if (job != null) {
            // The job held a reference until its cleanup.
            retire(job, e.seq());
        }
    }

    private void relate(Job job, long entity, long scheduler, long scheduled, long finished, long seqno, long seq) {
        if (scheduler != Event.ABSENT || job.scheduler == Event.ABSENT) {
            job.scheduler = schedulerOf(scheduler);
        }
        boolean alive = job.id != Event.ABSENT && jobs.get(job.id) == job;
        if (scheduled != Event.ABSENT && scheduled != job.scheduled) {
            unmap(byScheduled, job.scheduled, job.id);
            job.scheduled = scheduled;
            if (alive) {
                byScheduled.put(scheduled, job.id);
            }
            fences.mention(scheduled, seq);
        }
        if (finished != Event.ABSENT && finished != job.finished) {
            unmap(byFinished, job.finished, job.id);
            job.finished = finished;
            if (alive) {
                byFinished.put(finished, job.id);
            }
            fences.mention(finished, seq);
        }
        if (seqno != Event.ABSENT) {
            job.seqno = seqno;
        } else if (job.seqno == Event.ABSENT) {
            job.seqno = seqnoOf(job.finished);
            if (job.seqno == Event.ABSENT) {
                job.seqno = seqnoOf(job.scheduled);
            }
        }
        joinEntity(job, entity, seq);
    }

    /** The entity is as stated, or the only one of the fragment, unless the contexts of its fences say otherwise. */
    private void joinEntity(Job job, long stated, long seq) {
        Fence finished = fences.fence(job.finished);
        long context = finished == null || finished.context == Event.ABSENT ? Event.ABSENT : finished.context - 1;
        long id = stated != Event.ABSENT || job.entity != Event.ABSENT ? stated : entityOf(Event.ABSENT);
        JobEntity entity = touchEntity(id, seq);
        if (entity == null) {
            return;
        }
        if (entity.context == Event.ABSENT) {
            useContexts(entity, context, seq);
        }
        if (stated != Event.ABSENT || context == Event.ABSENT || context == entity.context) {
            job.entity = id;
        }
    }

    private long seqnoOf(long id) {
        Fence fence = fences.fence(id);
        return fence == null ? Event.ABSENT : fence.seqno;
    }

    private void take(Job job, long credits, @Nullable LongList dependsOn, long seq) {
        if (credits != Event.ABSENT) {
            job.credits = credits;
        }
        for (int i = 0; dependsOn != null && i < dependsOn.size(); i++) {
            depend(job, dependsOn.get(i), seq);
        }
    }

    /** As sched_main.c:drm_sched_job_add_dependency: of several fences of a context the latest stands for all. */
    private void depend(Job job, long id, long seq) {
        Fence fence = fences.touch(id, seq);
        if (fence == null) {
            return;
        }
        for (int i = 0; i < job.dependencies(); i++) {
            Fence known = fences.fence(job.dependency(i));
            if (known != null
                    && known != fence
                    && known.context == fence.context
                    && fence.context != Event.ABSENT
                    && fence.context != 0
                    && fence.seqno != Event.ABSENT
                    && known.seqno != Event.ABSENT) {
                if (FenceContext.isLater(fence.seqno, known.seqno, fence.seqno64)) {
                    job.replaceDependency(i, id, seq);
                }
                return;
            }
        }
        if (!fences.isComplete(fence)) {
            job.depend(id, seq);
        }
    }

    /** The job neither waits in its entity nor is on the hardware any more. */
    private void leave(Job job) {
        JobEntity entity = entities.find(job.entity);
        if (entity != null) {
            entity.queued.removeLong(job.id);
        }
        GpuScheduler scheduler = schedulers.find(job.scheduler);
        if (scheduler != null) {
            scheduler.pending.removeLong(job.id);
        }
    }

    private void retire(Job job, long seq) {
        leave(job);
        armed.removeLong(job.id);
        unmap(byScheduled, job.scheduled, job.id);
        unmap(byFinished, job.finished, job.id);
        jobs.depart(job, seq);
    }

    private static void unmap(Long2LongHashMap map, long fence, long job) {
        if (map.get(fence) == job) {
            map.remove(fence);
        }
    }

    private void requireQueued(Job job, long seq) {
        if (job.queueSeq == 0 && ledger.mustHaveSeenCreate(Stream.SCHED)) {
            String what = "job " + job.id + " leaves its entity without its sched_job_queue";
            ledger.corrupt(EventType.SCHED_JOB_QUEUE, seq, what);
        }
    }

    private @Nullable Job touch(long id, long seq) {
        Job job = job(id);
        return job != null ? job : make(id, seq);
    }

    private @Nullable Job make(long id, long seq) {
        return id == Event.ABSENT ? null : jobs.assume(id, ledger.knownFrom(seq));
    }

    private @Nullable JobEntity touchEntity(long id, long seq) {
        JobEntity entity = entity(id);
        if (entity == null && id != Event.ABSENT) {
            entity = entities.assume(id, ledger.knownFrom(seq));
        }
        return entity;
    }

    private @Nullable GpuScheduler touchScheduler(long id, long seq) {
        GpuScheduler scheduler = scheduler(id);
        if (scheduler == null && id != Event.ABSENT) {
            scheduler = schedulers.assume(id, ledger.knownFrom(seq));
        }
        return scheduler;
    }

    private void forgetIfIdle(SchedulerThread thread) {
        if (thread.isIdle()) {
            threads.remove(thread);
        }
    }

    private static void write(Long2LongHashMap map, SnapshotWriter out) throws IOException {
        long[] keys = new long[map.size()];
        int n = 0;
        Long2LongHashMap.KeyIterator all = map.keySet().iterator();
        while (all.hasNext()) {
            keys[n++] = all.nextValue();
        }
        Arrays.sort(keys);
        out.number(n);
        for (long key : keys) {
            out.number(key);
            out.number(map.get(key));
        }
    }

    private static void read(Long2LongHashMap map, SnapshotReader in) throws IOException {
        int size = in.count();
        for (int i = 0; i < size; i++) {
            map.put(in.number(), in.number());
        }
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        jobs.write(out);
        entities.write(out);
        schedulers.write(out);
        threads.write(out);
        write(byScheduled, out);
        write(byFinished, out);
        out.numbers(armed);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        jobs.read(in);
        entities.read(in);
        schedulers.read(in);
        threads.read(in);
        read(byScheduled, in);
        read(byFinished, in);
        in.numbers(armed);
    }
}

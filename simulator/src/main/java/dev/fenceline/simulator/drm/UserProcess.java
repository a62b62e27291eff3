package dev.fenceline.simulator.drm;

import dev.fenceline.event.PtraceAttach;
import dev.fenceline.event.PtraceDetach;
import dev.fenceline.event.TaskExec;
import dev.fenceline.event.TaskExit;
import dev.fenceline.event.TaskFork;
import dev.fenceline.event.TaskNew;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Task;
import dev.fenceline.simulator.mm.Mm;
import dev.fenceline.simulator.mm.PageFrames;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A process with its credentials and address space. */
public final class UserProcess implements Census.Member {
    private static final int ROOT = 0;

    /** The capability that lets a process look into any other. */
    public static final String CAP_SYS_PTRACE = "CAP_SYS_PTRACE";

    private final Kernel kernel;
    private final String name;
    private final int tgid;
    private final int uid;
    private final PageFrames frames;
    private int effectiveUid;
    private String capabilities;
    private boolean dumpable;
    private Mm mm;
    private final List<Task> threads = new ArrayList<>(1);
    private @Nullable UserProcess tracer;

    /** Starts a process; its real and effective user are the same. */
    public UserProcess(Kernel kernel, PageFrames frames, String name, int uid, String capabilities, boolean dumpable) {
        this.kernel = kernel;
        this.name = name;
        this.tgid = kernel.newTid();
        this.uid = uid;
        this.effectiveUid = uid;
        this.frames = frames;
        this.capabilities = capabilities;
        this.dumpable = dumpable;
        this.mm = new Mm(kernel, frames);
        kernel.emit(TaskNew.builder()
                .taskTgid(tgid)
                .uid(uid)
                .euid(uid)
                .capabilities(capabilities)
                .parent(1)
                .dumpable(dumpable));
        kernel.enrol(this);
    }

    private UserProcess(UserProcess parent, String name) {
        this.kernel = parent.kernel;
        this.frames = parent.frames;
        this.name = name;
        this.tgid = kernel.newTid();
        this.uid = parent.uid;
        this.effectiveUid = parent.effectiveUid;
        this.capabilities = parent.capabilities;
        this.dumpable = parent.dumpable;
        this.mm = new Mm(kernel, frames);
        kernel.emit(TaskFork.builder()
                .uid(uid)
                .euid(effectiveUid)
                .capabilities(capabilities)
                .parent(parent.tgid)
                .child(tgid)
                .dumpable(dumpable));
        kernel.enrol(this);
    }

    /** {@code fork}: a child with the same credentials, whose memory is empty until {@link dev.fenceline.simulator.mm.Fork} copies the parent's. */
    public UserProcess fork(String childName) {
        return new UserProcess(this, childName);
    }

    /** Its first thread, which does nothing yet. */
    public Task mainThread() {
        return newThread(tgid, name);
    }

    /** One more thread. */
    public Task thread(String threadName) {
        return newThread(kernel.newTid(), threadName);
    }

    private Task newThread(int tid, String threadName) {
        Task thread = kernel.newTask(tid, tgid, threadName, null);
        threads.add(thread);
        return thread;
    }

    /** SIGKILL: every thread stops as soon as it can, and what it does when it next returns to user space is exit. */
    public void kill() {
        threads.forEach(Task::kill);
    }

    /** {@code do_exit} of the last thread, once its memory and its files are gone. */
    public void exit() {
        kernel.emit(TaskExit.builder().taskTgid(tgid));
        threads.forEach(kernel::forget);
        threads.clear();
        kernel.strike(this);
    }

    /**
     * {@code execve} of a set-uid program of the administrator, when the old image's memory and files are gone: exec.c:begin_new_exec
     * makes the process undumpable, so that its own user may not look into it any more.
     */
    public void executeSetuid() {
        kernel.memory().remove(mm);
        mm = new Mm(kernel, frames);
        effectiveUid = ROOT;
        capabilities = CAP_SYS_PTRACE;
        dumpable = false;
        kernel.emit(TaskExec.builder()
                .taskTgid(tgid)
                .uid(uid)
                .euid(effectiveUid)
                .capabilities(capabilities)
                .dumpable(dumpable));
    }

    @Override
    public void tell(Facts facts) {
        facts.of("process", tgid)
                .with("uid", uid)
                .with("capabilities", capabilities)
                .with("dumpable", dumpable);
    }

    public String name() {
        return name;
    }

    public int tgid() {
        return tgid;
    }

    public int uid() {
        return uid;
    }

    public Mm mm() {
        return mm;
    }

    /**
     * {@code ptrace(PTRACE_SEIZE)} by {@code debugger}, which may if it has the same user or CAP_SYS_PTRACE (Yama's scope 0): false if
     * it may not, or the process has a tracer.
     */
    public boolean seize(UserProcess debugger) {
        if (tracer != null || !debugger.mayRead(this)) {
            return false;
        }
        tracer = debugger;
        kernel.emit(PtraceAttach.builder().tracer(debugger.tgid).target(tgid));
        return true;
    }

    /** {@code ptrace(PTRACE_DETACH)} by the tracer. */
    public void release() {
        if (tracer == null) {
            throw new IllegalStateException(name + " is not traced");
        }
        kernel.emit(PtraceDetach.builder().tracer(tracer.tgid).target(tgid));
        tracer = null;
    }

    /** The process that traces it, or null. */
    public @Nullable UserProcess tracer() {
        return tracer;
    }

    /**
     * {@code ptrace_may_access(PTRACE_MODE_READ_REALCREDS)}: same user, also effectively, and dumpable, or CAP_SYS_PTRACE. Yama does not
     * restrict READ.
     */
    public boolean mayRead(UserProcess target) {
        return capabilities.contains(CAP_SYS_PTRACE)
                || (uid == target.uid && uid == target.effectiveUid && target.dumpable);
    }
}

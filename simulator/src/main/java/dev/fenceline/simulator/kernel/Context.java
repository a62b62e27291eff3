package dev.fenceline.simulator.kernel;

/** Where code runs: what the head of every event it causes says. */
public class Context {
    private final int cpu;
    private final int tid;
    private final int tgid;
    private final String name;

    /** A context on {@code cpu}; {@code tid} 0 is what an interrupt that hits an idle CPU shows. */
    public Context(int cpu, int tid, int tgid, String name) {
        this.cpu = cpu;
        this.tid = tid;
        this.tgid = tgid;
        this.name = name;
    }

    public final int cpu() {
        return cpu;
    }

    public final int tid() {
        return tid;
    }

    public final int tgid() {
        return tgid;
    }

    /** The {@code comm} of the thread, never an identity. */
    public final String name() {
        return name;
    }
}

package dev.fenceline.simulator.vm;

/** The code of a VM, as far as a breakpoint is in it: what memory holds, and what the execution units fetch from their caches. */
public final class Instructions {
    private boolean written;
    private boolean fetched;

    /** A breakpoint is written over the first instruction, or the instruction over the breakpoint. */
    public void write(boolean breakpoint) {
        written = breakpoint;
    }

    /** Instruction caches are empty: from now on the threads fetch what memory holds. */
    public void flush() {
        fetched = written;
    }

    /** Whether a thread that fetches the first instruction meets a breakpoint. */
    boolean meetBreakpoint() {
        return fetched;
    }
}

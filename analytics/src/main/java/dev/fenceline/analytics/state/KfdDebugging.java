package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.KfdDebugTrap;
import dev.fenceline.event.TaskExit;
import java.io.IOException;
import java.util.Locale;

/** Which process debugs which KFD process: as the successful ENABLE and DISABLE operations say. */
public final class KfdDebugging implements StatePart {
    private final ObjectTable<Debuggee> table = new ObjectTable<>(Debuggee::new);

    KfdDebugging() {}

    private static final class Debuggee extends KernelObject {
        long debugger = Event.ABSENT;

        Debuggee(long tgid) {
            super(tgid);
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            out.number(debugger);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            debugger = in.number();
        }
    }

    /** Whether that process enabled the debugging of the target and did not disable it since. */
    public boolean isDebugger(long tgid, long target) {
        Debuggee debuggee = table.get(target);
        return debuggee != null && debuggee.debugger == tgid;
    }

    /** Whether the operation ends debugging. */
    public static boolean isDisable(KfdDebugTrap trap) {
        return isOperation(trap, "DISABLE");
    }

    /** The process that asks for the operation; {@link Event#ABSENT} if neither the event nor its head says. */
    public static long callerOf(KfdDebugTrap trap) {
        return trap.hasByTgid() ? trap.byTgid() : Tasks.callerOf(trap);
    }

    private static boolean isOperation(KfdDebugTrap trap, String name) {
        String op = trap.op();
        return op != null && op.toUpperCase(Locale.ROOT).endsWith(name);
    }

    void apply(KfdDebugTrap e) {
        if (!e.hasTarget() || (e.hasResult() && e.result() < 0)) {
            return;
        }
        Debuggee debuggee = table.get(e.target());
        if (isDisable(e)) {
            if (debuggee != null) {
                table.remove(debuggee);
            }
        } else if (isOperation(e, "ENABLE")) {
            table.create(e.target(), e.seq()).debugger = callerOf(e);
        }
    }

    void apply(TaskExit e) {
        Debuggee debuggee = table.get(e.taskTgid());
        if (debuggee != null) {
            table.remove(debuggee);
        }
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        table.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        table.read(in);
    }
}

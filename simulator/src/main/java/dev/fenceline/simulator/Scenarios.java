package dev.fenceline.simulator;

import dev.fenceline.simulator.workload.Programs;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The scenarios there are. */
public final class Scenarios {
    private static final long MS = 1_000_000;

    /** Page flips while VRAM is short. */
    public static final Scenario COMPOSITOR = new Scenario(
            "compositor",
            """
            A compositor shows sixty frames a second: it draws into one of three buffers, pins it in VRAM for scanout, waits for the
            drawing, flips, and unpins the buffer shown before. Beside it a game uses more textures than VRAM holds and throws scratch
            buffers away while its jobs still run. So buffers are evicted by the copy engine and moved back all the time, and buffers
            die while fences of their VM are pending.
            """,
            List.of(
                    new Actor("compositor", "draws, pins and flips at 60 Hz", Programs::compositor),
                    new Actor("game", "more textures than fit, scratch buffers that come and go", Programs::game)),
            "VRAM is short: every frame evicts what another needs",
            500 * MS,
            250 * MS,
            List.of());

    /** Long-running compute on user memory that others want. */
    public static final Scenario COMPUTE_UNDER_PRESSURE = new Scenario(
            "compute-under-pressure",
            """
            A trainer runs one compute kernel that never ends, on weights in VRAM and on batches in its own memory, which it maps anew
            for each batch. A neighbour needs memory, so the kernel reclaims and migrates pages of the trainer. Each time an interval
            notifier takes the queue off the hardware, and the rebind worker fetches the pages again and puts it back. A game competes
            for VRAM, so the weights move too.
            """,
            List.of(
                    new Actor("trainer", "a long-running VM with userptr batches", Programs::trainer),
                    new Actor("neighbour", "drives reclaim and migration", Programs::neighbour),
                    new Actor("game", "competes for VRAM", Programs::game)),
            "CPU pages and VRAM are both short",
            500 * MS,
            250 * MS,
            List.of());

    /** The kernel looks for memory in everything that has some. */
    public static final Scenario OUT_OF_MEMORY = new Scenario(
            "out-of-memory",
            """
            A program touches more and more memory on a host that has little. Its page faults reclaim: pages of a trainer go to swap, whose
            interval notifiers wait until the trainer's queue is off the hardware; buffers of a game go to swap. When nothing is left to
            take, the kernel kills the program, and somebody starts it again. So allocations of everybody, while they hold what they hold,
            wait for fences of others.
            """,
            List.of(
                    new Actor("administrator", "sets most memory aside as huge pages", Programs::hugePages),
                    new Actor("trainer", "a long-running VM with userptr batches", Programs::trainer),
                    new Actor("game", "more textures than fit", Programs::game),
                    new Actor("hoarder", "takes all memory and is killed for it", Programs::hoarder)),
            "CPU pages and VRAM are both short, and every allocation may have to reclaim",
            500 * MS,
            250 * MS,
            List.of());

    /** Debuggers come and go. */
    public static final Scenario DEBUGGER_SESSION = new Scenario(
            "debugger-session",
            """
            A debugger attaches to a compute program, is told what it has, reads buffers the moment they are mapped, reads user memory
            while the program maps it anew, sets breakpoints, detaches and comes back. A second debugger does the same with another
            program. A stranger of another user tries to attach to both users' programs and to none, and is refused with the right errno
            each time; both debuggers try handles they were never given.
            """,
            List.of(
                    new Actor("debuggee", "a long-running VM with userptr batches", Programs::debuggee),
                    new Actor("kcompactd", "migrates the debuggee's pages", Programs::balancing),
                    new Actor("twin", "the same with two VMs", Programs::twin),
                    new Actor("service", "the administrator's", Programs::service),
                    new Actor("gdb", "debugs the debuggee", Programs::debugger),
                    new Actor("gdb-2", "debugs the twin", Programs::otherDebugger),
                    new Actor("stranger", "is refused", Programs::stranger)),
            "memory is mapped anew while it is being looked at",
            500 * MS,
            250 * MS,
            List.of());

    private static final List<Scenario> ALL =
            List.of(COMPOSITOR, COMPUTE_UNDER_PRESSURE, OUT_OF_MEMORY, DEBUGGER_SESSION);

    private Scenarios() {}

    /** All scenarios, in the order of the documentation. */
    public static List<Scenario> all() {
        return ALL;
    }

    /** The scenario called {@code name}, or null. */
    public static @Nullable Scenario named(String name) {
        for (Scenario scenario : ALL) {
            if (scenario.name().equals(name)) {
                return scenario;
            }
        }
        return null;
    }
}

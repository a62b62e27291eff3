package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;

/** Short programs, each half of a story that a rule tells. */
public final class Stories {
    private static final int OTHER_USER = 1001;
    private static final long MIB = 1L << 20;
    private static final long MS = 1_000_000;

    private Stories() {}

    /** Fills most of VRAM with what nobody else should see, works on it, and gives it back while the work still runs. */
    public static void owner(World world) {
        run(
                world,
                world.process("owner"),
                Script.program()
                        .times(
                                4,
                                turn -> turn.buffer("secret", 40 * MIB)
                                        .job(2 * MS, "secret")
                                        .drop("secret")
                                        .pause(MS)));
    }

    /** Another user, who gets the VRAM that the owner had. */
    public static void heir(World world) {
        run(
                world,
                world.process("heir", OTHER_USER, ""),
                Script.program()
                        .pause(MS)
                        .times(
                                4,
                                turn -> turn.buffer("scrap", 40 * MIB)
                                        .job(MS, "scrap")
                                        .await()
                                        .drop("scrap")
                                        .pause(MS)));
    }

    /** Another user, who uses a large buffer for a moment each frame, as soon as there is room for it. */
    public static void visitor(World world) {
        visitor(world, Script.program());
    }

    /** The same, who comes when the others have settled. */
    public static void lateVisitor(World world) {
        visitor(world, Script.program().pause(60 * MS));
    }

    private static void visitor(World world, Script.Builder program) {
        run(
                world,
                world.process("visitor", OTHER_USER, ""),
                program.times(
                        20,
                        turn -> turn.buffer("scrap", 16 * MIB)
                                .job(MS, "scrap")
                                .await()
                                .drop("scrap")
                                .pause(15 * MS)));
    }

    /** Keeps the engine busy with long jobs, two at a time. */
    public static void renderFarm(World world) {
        run(
                world,
                world.process("render-farm", OTHER_USER, ""),
                Script.program()
                        .buffer("tile", 2 * MIB)
                        .times(
                                400,
                                turn -> turn.job(8 * MS, "tile")
                                        .job(8 * MS, "tile")
                                        .await()
                                        .pause(2 * MS)));
    }

    /** Uses nearly all of VRAM for a moment each frame, so that what others have there has to leave. */
    public static void hoarder(World world) {
        run(
                world,
                world.process("hoarder", OTHER_USER, ""),
                Script.program()
                        .times(
                                28,
                                turn -> turn.buffer("hoard", 60 * MIB)
                                        .job(MS, "hoard")
                                        .await()
                                        .drop("hoard")
                                        .pause(15 * MS)));
    }

    /** Keeps its address space busy, and throws buffers of it away that no job uses any more but whose reservation is pending. */
    public static void litterer(World world) {
        run(
                world,
                world.process("litterer"),
                Script.program()
                        .buffer("target", 4 * MIB)
                        .times(
                                6,
                                turn -> turn.buffer("scratch", 2 * MIB)
                                        .job(3 * MS, "target", "scratch")
                                        .job(4 * MS, "target")
                                        .drop("scratch")
                                        .pause(MS))
                        .await());
    }

    /** Uses a working set larger than what is left of VRAM in turn, so that each job brings back what the one before evicted. */
    public static void thrasher(World world) {
        run(
                world,
                world.process("thrasher"),
                Script.program()
                        .buffer("a", 24 * MIB)
                        .buffer("b", 24 * MIB)
                        .buffer("c", 24 * MIB)
                        .times(
                                4,
                                turn -> turn.job(MS, "a")
                                        .job(MS, "b")
                                        .job(MS, "c")
                                        .pause(2 * MS))
                        .await());
    }

    /** Does the same beside it. */
    public static void otherThrasher(World world) {
        run(
                world,
                world.process("other-thrasher", OTHER_USER, ""),
                Script.program()
                        .pause(MS)
                        .shared("x", 20 * MIB)
                        .shared("y", 20 * MIB)
                        .times(4, turn -> turn.job(MS, "x").await().job(MS, "y").pause(MS))
                        .await());
    }

    private static void run(World world, UserProcess process, Script.Builder program) {
        Programs.start(world, process, program.in(world, process));
    }
}

package dev.fenceline.simulator.workload;

import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Chance;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.vm.BoVma;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A program that is short enough to be written down where it is told of: a list of what it does, one after the other. Buffers have
 * names; a job is waited for by {@link Builder#await}.
 */
final class Script extends Call {
    private static final Path<Script> PATH = Path.<Script>named("script")
            .repeat(step ->
                    step.returnIf(program -> program.at == program.steps.size()).call(Script::nextStep))
            .end();

    private final UserModeDriver driver;
    private final Chance chance;
    private final List<Function<Script, @Nullable Call>> steps;
    private final Map<String, BoVma> buffers = new LinkedHashMap<>();
    private final List<DmaFence> pending = new ArrayList<>();
    private int at;

    private Script(
            World world,
            UserProcess process,
            UserModeDriver driver,
            List<? extends Function<Script, @Nullable Call>> steps) {
        this.driver = driver;
        this.chance = world.kernel().chanceOf(process.name());
        this.steps = List.copyOf(steps);
    }

    private @Nullable Call nextStep() {
        return steps.get(at++).apply(this);
    }

    private BoVma buffer(String name) {
        BoVma found = buffers.get(name);
        if (found == null) {
            throw new IllegalStateException("there is no buffer " + name);
        }
        return found;
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }

    /** Begins a program that has the GPU open, with a VM and a queue. */
    static Builder program() {
        Builder builder = new Builder();
        builder.steps.add(script -> script.driver.start(false));
        return builder;
    }

    /** Writes a script. */
    static final class Builder {
        private final List<Function<Script, @Nullable Call>> steps = new ArrayList<>();

        private Builder() {}

        /** Makes and maps a buffer of its own. */
        Builder buffer(String name, long bytes) {
            steps.add(script -> script.driver.buffer(bytes, false, false, vma -> script.buffers.put(name, vma)));
            return this;
        }

        /** Makes and maps a buffer that others may share. */
        Builder shared(String name, long bytes) {
            steps.add(script -> script.driver.buffer(bytes, true, false, vma -> script.buffers.put(name, vma)));
            return this;
        }

        /** Submits a job of about {@code ns} on the named buffers, the first of which it writes. */
        Builder job(long ns, String... names) {
            List<String> used = List.of(names);
            steps.add(script -> script.driver.exec(
                    used.stream().map(script::buffer).toList(), script.chance.around(ns), script.pending::add));
            return this;
        }

        /** Waits for all jobs so far. */
        Builder await() {
            steps.add(script -> script.pending.isEmpty() ? null : new Wait(script.pending));
            return this;
        }

        /** Unmaps a buffer, which was its last reference. */
        Builder drop(String name) {
            steps.add(script -> script.driver.unmap(script.buffer(name)));
            return this;
        }

        /** Does nothing for about {@code ns}. */
        Builder pause(long ns) {
            steps.add(script -> new Pause(script.chance.around(ns)));
            return this;
        }

        /** Does {@code part} so many times. */
        Builder times(int count, UnaryOperator<Builder> part) {
            Builder body = part.apply(new Builder());
            for (int i = 0; i < count; i++) {
                steps.addAll(body.steps);
            }
            return this;
        }

        /** Lets {@code process} do it. */
        Script in(World world, UserProcess process) {
            return new Script(world, process, new UserModeDriver(world, process), steps);
        }
    }

    private static final class Wait extends Call {
        private static final Path<Wait> PATH = Path.<Wait>named("script_wait")
                .repeat(next -> next.returnIf(wait -> wait.pending.isEmpty())
                        .call(wait -> new FenceWait(wait.pending.get(0)))
                        .run(wait -> wait.pending.remove(0).put()))
                .end();

        private final List<DmaFence> pending;

        Wait(List<DmaFence> pending) {
            this.pending = pending;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    private static final class Pause extends Call {
        private static final Path<Pause> PATH =
                Path.<Pause>named("script_pause").sleep(pause -> pause.ns).end();

        private final long ns;

        Pause(long ns) {
            this.ns = ns;
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }
}

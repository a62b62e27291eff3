package dev.fenceline.simulator.kernel;

import dev.fenceline.event.Event;
import java.util.ArrayList;
import java.util.List;

/** A kernel for tests of what stands on it, and what it recorded. */
public final class KernelFixture {
    private final List<Event> events = new ArrayList<>();
    private final Kernel kernel;
    private final Agenda agenda = new Agenda(1_000_000_000);

    public KernelFixture(Deviation... deviations) {
        Chance chance = new Chance(1);
        kernel = new Kernel(
                agenda,
                new Trace(events::add, Long.MAX_VALUE),
                chance,
                Costs.discreteGpu(),
                new Adversity(List.of(deviations), chance),
                4);
    }

    public Kernel kernel() {
        return kernel;
    }

    public List<Event> events() {
        return events;
    }

    public <E extends Event> List<E> events(Class<E> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }

    /** A thread that performs {@code call} from {@code delayNs} on. */
    public Task start(String name, Call call, long delayNs) {
        int tid = kernel.newTid();
        Task task = kernel.newTask(tid, tid, name, null);
        task.start(call, delayNs);
        return task;
    }
}

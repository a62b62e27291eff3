package dev.fenceline.simulator.kernel;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;

/** Finds deadlocks: cycles of things that wait for each other. */
public final class WaitGraph {
    private record Visit(Waits node, Iterator<Waits> awaited) {}

    private enum Mark {
        ON_PATH,
        DONE
    }

    private final IdentityHashMap<Waits, Mark> marks = new IdentityHashMap<>();
    private final Deque<Visit> path = new ArrayDeque<>();
    private final List<List<Waits>> cycles = new ArrayList<>(1);

    private WaitGraph() {}

    /**
     * The cycles that can be reached from {@code roots}, each a list whose members wait for the next and the last for the first; of
     * cycles that share an edge back, the one that was met first.
     */
    public static List<List<Waits>> cyclesFrom(Iterable<? extends Waits> roots) {
        WaitGraph graph = new WaitGraph();
        for (Waits root : roots) {
            graph.search(root);
        }
        return graph.cycles;
    }

    /** How a report prints a cycle. */
    public static String describe(List<? extends Waits> cycle) {
        StringBuilder text = new StringBuilder("deadlock: ");
        for (Waits node : cycle) {
            text.append(node.label()).append(" waits for ");
        }
        return text.append(cycle.get(0).label()).toString();
    }

    /** Depth first with a stack of its own: chains of fences are longer than the stack of a thread. */
    private void search(Waits root) {
        enter(root);
        while (!path.isEmpty()) {
            Visit deepest = path.getLast();
            if (!deepest.awaited().hasNext()) {
                marks.put(deepest.node(), Mark.DONE);
                path.removeLast();
                continue;
            }
            Waits next = deepest.awaited().next();
            if (marks.get(next) == Mark.ON_PATH) {
                cycles.add(cycleTo(next));
            }
            enter(next);
        }
    }

    private void enter(Waits node) {
        if (marks.putIfAbsent(node, Mark.ON_PATH) == null) {
            List<Waits> awaited = new ArrayList<>(2);
            node.eachAwaited(awaited::add);
            path.addLast(new Visit(node, awaited.iterator()));
        }
    }

    private List<Waits> cycleTo(Waits node) {
        List<Waits> cycle = new ArrayList<>();
        for (Visit visit : path) {
            if (!cycle.isEmpty() || visit.node() == node) {
                cycle.add(visit.node());
            }
        }
        return cycle;
    }
}

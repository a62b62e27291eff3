package dev.fenceline.simulator.kernel;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Finds a deadlock: a cycle of things that wait for each other. */
public final class WaitGraph {
    private enum Mark {
        ON_PATH,
        DONE
    }

    private final Map<Waits, Mark> marks = new IdentityHashMap<>();
    private final List<Waits> path = new ArrayList<>();
    private final List<Waits> cycle = new ArrayList<>();

    private WaitGraph() {}

    /** The first cycle that can be reached from {@code roots}, each waiting for the next and the last for the first; empty if none. */
    public static List<Waits> cycleFrom(Iterable<? extends Waits> roots) {
        WaitGraph graph = new WaitGraph();
        for (Waits root : roots) {
            graph.visit(root);
            if (!graph.cycle.isEmpty()) {
                break;
            }
        }
        return List.copyOf(graph.cycle);
    }

    /** How a report prints a cycle. */
    public static String describe(List<? extends Waits> cycle) {
        StringBuilder text = new StringBuilder("deadlock: ");
        for (Waits node : cycle) {
            text.append(node.label()).append(" waits for ");
        }
        return text.append(cycle.get(0).label()).toString();
    }

    private void visit(Waits node) {
        Mark mark = marks.get(node);
        if (mark == Mark.ON_PATH) {
            cycle.addAll(path.subList(path.indexOf(node), path.size()));
        }
        if (mark != null || !cycle.isEmpty()) {
            return;
        }
        marks.put(node, Mark.ON_PATH);
        path.add(node);
        node.eachAwaited(this::visit);
        path.remove(path.size() - 1);
        marks.put(node, Mark.DONE);
    }
}

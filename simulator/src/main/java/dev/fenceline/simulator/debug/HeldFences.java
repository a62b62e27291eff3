package dev.fenceline.simulator.debug;

import dev.fenceline.simulator.vm.UserFence;
import dev.fenceline.simulator.vm.Vma;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The user fences of binds that a debugger was told of: the client learns that a bind is done only when the debugger has acknowledged it,
 * so it can set breakpoints before anything runs.
 */
final class HeldFences {
    /**
     * A bind that was told.
     *
     * @param bind the number of its VM_BIND event
     * @param number the number of the event of its fence, taken before the bind is done
     */
    record Told(Vma vma, long bind, long number) {}

    private final Map<UserFence, Told> told = new LinkedHashMap<>();
    private final Set<UserFence> early = new LinkedHashSet<>();
    private final Map<Long, UserFence> unacknowledged = new LinkedHashMap<>();

    /** A bind with {@code fence} is told; true if it is done already. */
    boolean tell(UserFence fence, Told bind) {
        told.put(fence, bind);
        return early.remove(fence);
    }

    /** The bind that {@code fence} reports, if it was told. */
    @Nullable Told told(UserFence fence) {
        return told.get(fence);
    }

    /** {@code fence} is held for a bind that is about to be told. */
    void holdEarly(UserFence fence) {
        early.add(fence);
    }

    /** {@code fence} is held until the event of that number is acknowledged. */
    void hold(UserFence fence, long number) {
        unacknowledged.put(number, fence);
    }

    /** Lets the fence of that event go; false if none waits for it. */
    boolean acknowledge(long number) {
        UserFence fence = unacknowledged.remove(number);
        if (fence == null) {
            return false;
        }
        told.remove(fence);
        fence.release();
        return true;
    }

    /** Lets everything go. */
    void releaseAll() {
        List<UserFence> held = new ArrayList<>(unacknowledged.values());
        held.addAll(early);
        unacknowledged.clear();
        early.clear();
        told.clear();
        held.forEach(UserFence::release);
    }
}

package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The user fences that bind operations are to signal, until their values are written. */
public final class UserFences implements StatePart {
    private final List<UserFence> pending = new ArrayList<>();

    UserFences() {}

    /**
     * The promise of a bind to write a value.
     *
     * @param vm the address space; {@link Event#ABSENT} if not stated
     * @param address where the value goes
     * @param vma the mapping; {@link Event#ABSENT} if not stated
     * @param fence the fence of the bind; {@link Event#ABSENT} if not stated
     * @param bindSeq the seq of the bind
     */
    public record UserFence(long vm, long address, long vma, long fence, long bindSeq) {}

    /** The oldest promise that the event fulfils; null if none is known. */
    public @Nullable UserFence promised(UserFenceSignal e) {
        for (UserFence each : pending) {
            boolean sameVm = each.vm == e.vm() || each.vm == Event.ABSENT || !e.hasVm();
            if (sameVm && each.address == e.address()) {
                return each;
            }
        }
        return null;
    }

    /** The promise of the last bind of the mapping; null if its value is written, or there was none. */
    public @Nullable UserFence ofMapping(long vma) {
        for (int i = pending.size() - 1; i >= 0 && vma != Event.ABSENT; i--) {
            if (pending.get(i).vma == vma) {
                return pending.get(i);
            }
        }
        return null;
    }

    void apply(VmBind e) {
        if (e.hasUserFence() && !(e.hasResult() && e.result() < 0)) {
            pending.add(new UserFence(e.vm(), e.userFence(), e.vma(), e.fence(), e.seq()));
        }
    }

    void apply(UserFenceSignal e) {
        UserFence promise = e.hasAddress() ? promised(e) : null;
        if (promise != null) {
            pending.remove(promise);
        }
    }

    void apply(VmFree e) {
        pending.removeIf(each -> each.vm == e.vm());
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        out.number(pending.size());
        for (UserFence each : pending) {
            out.number(each.vm);
            out.number(each.address);
            out.number(each.vma);
            out.number(each.fence);
            out.number(each.bindSeq);
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        int size = in.count();
        for (int i = 0; i < size; i++) {
            pending.add(new UserFence(in.number(), in.number(), in.number(), in.number(), in.number()));
        }
    }
}

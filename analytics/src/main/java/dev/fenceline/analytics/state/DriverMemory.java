package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The driver objects and modules that fences refer to, and the RCU grace periods they must wait for. */
public final class DriverMemory implements StatePart {
    private final Fences fences;
    private final ObjectTable<FenceUsers> objects = new ObjectTable<>(FenceUsers::new);
    /** In the order of their first mention; there are few. */
    private final List<Module> modules = new ArrayList<>();

    private long gracePeriodSeq;

    DriverMemory(Fences fences) {
        this.fences = fences;
    }

    private static final class Module {
        final String name;
        final FenceUsers users = new FenceUsers(0);

        @Nullable String kernel;

        Module(String name) {
            this.name = name;
        }
    }

    /** The seq of the last RCU grace period; 0 if none was seen. */
    public long gracePeriodSeq() {
        return gracePeriodSeq;
    }

    /** Whether a grace period has passed since that seq. */
    public boolean isPastGracePeriod(long seq) {
        return seq > 0 && gracePeriodSeq > seq;
    }

    /** A fence whose operations or lock may still be looked for in the object; null if there is none. */
    public @Nullable Fence fenceUsing(long object) {
        FenceUsers users = object == Event.ABSENT ? null : objects.get(object);
        return users == null ? null : users.first(fences, fence -> needsObject(fence, object));
    }

    /**
     * A live fence whose operations point into the module; null if there is none.
     *
     * @param letsGo whether the fence lets go of its operations, a grace period after its signalled bit is set
     */
    public @Nullable Fence fenceOf(@Nullable String module, Predicate<Fence> letsGo) {
        Module named = module(module);
        return named == null
                ? null
                : named.users.first(
                        fences,
                        fence -> fence.destroySeq == 0 && !(letsGo.test(fence) && isPastGracePeriod(fence.bitSeq())));
    }

    /** The kernel that the module was loaded into; null if not stated. */
    public @Nullable String kernelOf(@Nullable String module) {
        Module named = module(module);
        return named == null ? null : named.kernel;
    }

    /**
     * Whether something may still look into the object for the fence: until a grace period after its signalled bit is set (or
     * after its end), and for its lock and its release and wait operations as long as it lives. Those of drm_sched do not look
     * at the scheduler.
     */
    private boolean needsObject(Fence fence, long object) {
        boolean alive = fence.destroySeq == 0;
        if (alive && fence.uses == object && fence.needsDriverToTheEnd()) {
            return true;
        }
        long bitSeq = fence.bitSeq();
        return !isPastGracePeriod(bitSeq > 0 || alive ? bitSeq : fence.destroySeq);
    }

    void apply(DmaFenceInit e) {
        Fence fence = e.hasFence() ? fences.fence(e.fence()) : null;
        if (fence == null) {
            return;
        }
        use(e.uses(), fence);
        if (e.scheduler() != e.uses()) {
            use(e.scheduler(), fence);
        }
        String module = e.module();
        if (module != null) {
            touchModule(module).users.add(fence, fences, user -> user.destroySeq == 0);
        }
    }

    private void use(long object, Fence fence) {
        if (object != Event.ABSENT) {
            FenceUsers users = objects.get(object);
            if (users == null) {
                users = objects.create(object, fence.initSeq);
            }
            users.add(fence, fences, user -> needsObject(user, object));
        }
    }

    void apply(ModuleLoad e) {
        String module = e.module();
        if (module != null) {
            touchModule(module).kernel = e.kernel();
        }
    }

    void apply(ModuleUnload e) {
        Module module = module(e.module());
        if (module != null) {
            modules.remove(module);
        }
    }

    void apply(DriverMemoryFree e) {
        FenceUsers users = objects.get(e.object());
        if (users != null) {
            objects.remove(users);
        }
    }

    void apply(RcuGracePeriod e) {
        gracePeriodSeq = e.seq();
    }

    private @Nullable Module module(@Nullable String name) {
        for (int i = 0; i < modules.size(); i++) {
            if (modules.get(i).name.equals(name)) {
                return modules.get(i);
            }
        }
        return null;
    }

    private Module touchModule(String name) {
        Module module = module(name);
        if (module == null) {
            module = new Module(name);
            modules.add(module);
        }
        return module;
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        objects.write(out);
        out.number(modules.size());
        for (Module module : modules) {
            out.text(module.name);
            out.text(module.kernel);
            module.users.write(out);
        }
        out.number(gracePeriodSeq);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        objects.read(in);
        int count = in.count();
        for (int i = 0; i < count; i++) {
            String name = in.text();
            Module module = touchModule(name == null ? "" : name);
            module.kernel = in.text();
            module.users.read(in);
        }
        gracePeriodSeq = in.number();
    }
}

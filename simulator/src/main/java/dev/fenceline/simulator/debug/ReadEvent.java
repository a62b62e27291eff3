package dev.fenceline.simulator.debug;

import dev.fenceline.event.UserCopy;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.vm.Vma;
import org.jspecify.annotations.Nullable;

/** xe_eudebug.c:xe_eudebug_read_event: sleeps until the target did something, then tells the debugger. */
public final class ReadEvent extends Call {
    private static final Path<ReadEvent> PATH = Path.<ReadEvent>named("xe_eudebug_read_event")
            .await(
                    read -> read.connection.readers(),
                    read -> read.connection.hasPending() || read.connection.isDetached())
            .spend(read -> read.kernel().costs().stepNs())
            .run(ReadEvent::take)
            .end();

    private final DebugConnection connection;
    private @Nullable Vma bound;
    private long vmHandle;

    /** Reads the next event of {@code connection}. */
    public ReadEvent(DebugConnection connection) {
        this.connection = connection;
    }

    /** The mapping whose coming the event tells of, or null. */
    public @Nullable Vma bound() {
        return bound;
    }

    /** The number of the VM whose coming the event tells of, or 0. */
    public long vmHandle() {
        return vmHandle;
    }

    private void take() {
        if (!connection.hasPending()) {
            return;
        }
        DebugConnection.Pending next = connection.takePending();
        bound = next.bound();
        vmHandle = next.vmHandle();
        kernel().emit(next.event());
        kernel().emit(UserCopy.builder().result(0));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

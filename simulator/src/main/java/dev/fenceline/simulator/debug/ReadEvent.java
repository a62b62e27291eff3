package dev.fenceline.simulator.debug;

import dev.fenceline.event.DebugEventFlag;
import dev.fenceline.event.DebugEventType;
import dev.fenceline.event.UserCopy;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.vm.Vma;
import org.jspecify.annotations.Nullable;

/** xe_eudebug.c:xe_eudebug_read_event: sleeps until the target did something, then tells the debugger. */
public final class ReadEvent extends Call {
    /** The user fence of a bind goes when its event is read, not when that is acknowledged (rule D07). */
    public static final Deviation RELEASES_AT_READ = new Deviation("user-fence-is-not-held-for-debugger");

    private static final Path<ReadEvent> PATH = Path.<ReadEvent>named("xe_eudebug_read_event")
            .await(
                    read -> read.connection.readers(),
                    read -> read.connection.hasPending() || read.connection.isDetached())
            .spend(read -> read.kernel().costs().stepNs())
            .run(ReadEvent::take)
            .end();

    private final DebugConnection connection;
    private DebugConnection.@Nullable Pending read;

    /** Reads the next event of {@code connection}. */
    public ReadEvent(DebugConnection connection) {
        this.connection = connection;
    }

    /** The mapping that the event says is there, or null. */
    public @Nullable Vma bound() {
        return read != null && read.usable() ? read.mapping() : null;
    }

    /** The mapping whose coming the event tells of, whether it is there yet or not, or null. */
    public @Nullable Vma binding() {
        return read == null ? null : read.mapping();
    }

    /** The number of the object of that kind whose coming the event tells of, or 0. */
    public long created(DebugEventType type) {
        return handle(type, DebugEventFlag.CREATE);
    }

    /** The number of the object of that kind that the event says is gone, or 0. */
    public long destroyed(DebugEventType type) {
        return handle(type, DebugEventFlag.DESTROY);
    }

    /** The number of the queue of which threads stand still, or 0. */
    public long attention() {
        return handle(DebugEventType.EU_ATTENTION, DebugEventFlag.STATE_CHANGE);
    }

    /** The number of the queue of which threads stand still past a page fault, or 0. */
    public long pageFault() {
        return handle(DebugEventType.PAGEFAULT, DebugEventFlag.STATE_CHANGE);
    }

    /** The number of the event if it must be acknowledged, or 0. */
    public long toAcknowledge() {
        return read != null && read.flag() == DebugEventFlag.NEED_ACK ? read.number() : 0;
    }

    private long handle(DebugEventType type, DebugEventFlag flag) {
        return read != null && read.type() == type && read.flag() == flag ? read.handle() : 0;
    }

    private void take() {
        if (!connection.hasPending()) {
            return;
        }
        read = connection.takePending();
        kernel().emit(read.event());
        if (toAcknowledge() != 0 && kernel().deviates(RELEASES_AT_READ)) {
            connection.clients().acknowledge(toAcknowledge());
        }
        kernel().emit(UserCopy.builder().result(0));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

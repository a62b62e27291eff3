package dev.fenceline.simulator.drm;

import dev.fenceline.event.IoctlEnter;
import dev.fenceline.event.SyscallReturn;
import dev.fenceline.event.UserCopy;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** drm_ioctl.c:drm_ioctl: a call from userspace, around what the driver does for it. */
public final class Ioctl extends Call {
    private static final Path<Ioctl> PATH = Path.<Ioctl>named("drm_ioctl")
            .run(Ioctl::enter)
            .spend(ioctl -> ioctl.refused ? 0 : ioctl.kernel().costs().ioctlNs())
            .call(ioctl -> ioctl.refused ? null : ioctl.body)
            .spend(ioctl -> ioctl.refused ? 0 : ioctl.kernel().costs().ioctlNs())
            .run(Ioctl::leave)
            .end();

    /** The body of an ioctl that a debugger may hold up. */
    public interface HeldUp {
        /** The connection of the debugger that did; 0 if none did. */
        long heldUpBy();
    }

    /** A call returns to user space inside a section of the device (rule A-U02). */
    public static final Deviation RETURNS_INSIDE = new Deviation("returns-to-user-space-inside-a-section");

    private static final int ENODEV = -19;

    /** {@code __NR_ioctl} of x86-64. */
    private static final long IOCTL_NR = 16;

    private final String name;
    private final @Nullable Client client;
    private final Call body;
    private final LongSupplier result;
    private long object;
    private long enteredNs;
    private boolean refused;

    /**
     * Calls {@code body} on behalf of a process.
     *
     * @param client the file it is called on, null for a file that is no DRM client
     * @param result what the body came to, asked when it has returned
     */
    public Ioctl(String name, @Nullable Client client, Call body, LongSupplier result) {
        this.name = name;
        this.client = client;
        this.body = body;
        this.result = result;
    }

    /** An ioctl that succeeds. */
    public Ioctl(String name, @Nullable Client client, Call body) {
        this(name, client, body, () -> 0);
    }

    /** The same, naming the object that it is about. */
    public Ioctl about(long named) {
        object = named;
        return this;
    }

    private void enter() {
        enteredNs = kernel().nowNs();
        IoctlEnter.Builder event = IoctlEnter.builder().name(name);
        if (client != null) {
            event.client(client.id()).owner(client.owner().tgid());
        }
        if (object != 0) {
            event.object(object);
        }
        kernel().emit(event);
        refused = client != null && client.isGone();
        if (!refused) {
            kernel().emit(UserCopy.builder().result(0));
            if (client != null) {
                client.device().drm().power().get();
            }
        }
    }

    private void leave() {
        long came = refused ? ENODEV : result.getAsLong();
        if (!refused) {
            kernel().emit(UserCopy.builder().result(0));
            if (client != null) {
                client.device().drm().power().put();
            }
        }
        leaveSectionOpen();
        dev.fenceline.event.Ioctl.Builder event =
                dev.fenceline.event.Ioctl.builder().name(name).result(came).enteredTs(enteredNs);
        if (client != null) {
            event.client(client.id()).owner(client.owner().tgid());
        }
        if (object != 0) {
            event.object(object);
        }
        if (body instanceof HeldUp held && held.heldUpBy() != 0) {
            event.blockedBy(held.heldUpBy());
        }
        kernel().emit(event);
        kernel().emit(SyscallReturn.builder().nr(IOCTL_NR).result(came));
        if (refused && client != null) {
            client.tellProgram(task());
        }
    }

    private void leaveSectionOpen() {
        boolean hotPluggable = client != null && client.device().drm().isHotPluggable();
        if (hotPluggable && !refused && kernel().deviates(RETURNS_INSIDE) && client != null) {
            client.device().drm().enter();
        }
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}

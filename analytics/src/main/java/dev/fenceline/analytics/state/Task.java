package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A process and its credentials, as far as events told them. */
public final class Task extends KernelObject {
    static final long UNKNOWN_DUMPABLE = -1;

    long uid = Event.ABSENT;
    long euid = Event.ABSENT;

    @Nullable String capabilities;

    long dumpable = UNKNOWN_DUMPABLE;
    long tracer = Event.ABSENT;
    long credentialsSeq;
    long privilegedSeq;
    long tracedSeq;

    Task(long tgid) {
        super(tgid);
    }

    /** Whether its credentials were told. */
    public boolean hasCredentials() {
        return uid != Event.ABSENT;
    }

    /** The real uid; {@link Event#ABSENT} if unknown. */
    public long uid() {
        return uid;
    }

    /** The effective uid: the real one where none is told. */
    public long euid() {
        return euid == Event.ABSENT ? uid : euid;
    }

    /** The seq of the event that gave it the credentials it has; 0 if none did. */
    public long credentialsSeq() {
        return credentialsSeq;
    }

    /** The seq of the exec that gave it more privilege than it had; 0 if none did. */
    public long privilegedSeq() {
        return privilegedSeq;
    }

    /** The process that traces it; {@link Event#ABSENT} if none does. */
    public long tracer() {
        return tracer;
    }

    /** Whether its memory may be read by a process of the same user (its mm is dumpable); true unless told otherwise. */
    public boolean isDumpable() {
        return dumpable != 0;
    }

    /** Whether it holds CAP_SYS_PTRACE. */
    public boolean mayTraceAnything() {
        return (capabilityMask() & Capabilities.SYS_PTRACE) != 0;
    }

    /** Whether all capabilities of {@code other} are held by this process too. */
    public boolean coversCapabilitiesOf(Task other) {
        return (other.capabilityMask() & ~capabilityMask()) == 0;
    }

    /** As told, or else as an effective root has them and nobody else. */
    long capabilityMask() {
        String told = capabilities;
        if (told != null) {
            return Capabilities.mask(told);
        }
        return euid() == 0 ? Capabilities.ALL : Capabilities.NONE;
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(uid);
        out.number(euid);
        out.text(capabilities);
        out.number(dumpable);
        out.number(tracer);
        out.number(credentialsSeq);
        out.number(privilegedSeq);
        out.number(tracedSeq);
    }

    @Override
    void read(SnapshotReader in) throws IOException {
        uid = in.number();
        euid = in.number();
        capabilities = in.text();
        dumpable = in.number();
        tracer = in.number();
        credentialsSeq = in.number();
        privilegedSeq = in.number();
        tracedSeq = in.number();
    }
}

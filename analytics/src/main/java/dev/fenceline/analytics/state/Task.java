package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A process and its credentials, as far as events told them. */
public final class Task extends KernelObject {
    static final long UNKNOWN_DUMPABLE = -1;
    private static final int CAP_SYS_PTRACE = 19;

    long uid = Event.ABSENT;
    long euid = Event.ABSENT;
    @Nullable String capabilities;
    long dumpable = UNKNOWN_DUMPABLE;
    long tracer = Event.ABSENT;
    long credentialsSeq;
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

    /** The process that traces it; {@link Event#ABSENT} if none does. */
    public long tracer() {
        return tracer;
    }

    /** Whether its memory may be read by a process of the same user (its mm is dumpable); true unless told otherwise. */
    public boolean isDumpable() {
        return dumpable != 0;
    }

    /** Whether it holds CAP_SYS_PTRACE: as told, or else as root does. */
    public boolean mayTraceAnything() {
        String told = capabilities;
        if (told == null) {
            return euid() == 0;
        }
        return holds(told, "SYS_PTRACE", CAP_SYS_PTRACE);
    }

    /** Whether all capabilities that {@code other} is known to hold are held by this process too. */
    public boolean coversCapabilitiesOf(Task other) {
        String theirs = other.capabilities;
        if (theirs == null) {
            return other.euid() != 0 || euid() == 0 || other.uid == Event.ABSENT;
        }
        String ours = capabilities;
        long theirMask = mask(theirs);
        if (theirMask >= 0) {
            long ourMask = ours == null ? (euid() == 0 ? -1L : 0L) : mask(ours);
            return ours != null && ourMask < 0 ? theirMask == 0 : (theirMask & ~ourMask) == 0;
        }
        for (String capability : theirs.split("[+,| ]")) {
            if (!capability.isEmpty() && !capability.equals("-")) {
                boolean held = ours == null ? euid() == 0 : hasName(ours, bare(capability));
                if (!held) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean holds(String told, String name, int bit) {
        long mask = mask(told);
        return mask >= 0 ? (mask >> bit & 1) != 0 : hasName(told, name);
    }

    private static boolean hasName(String told, String name) {
        for (String capability : told.split("[+,| ]")) {
            String bare = bare(capability);
            if (bare.equals(name) || bare.equals("ALL") || bare.equals("FULL")) {
                return true;
            }
        }
        return false;
    }

    private static String bare(String capability) {
        String upper = capability.toUpperCase(Locale.ROOT);
        return upper.startsWith("CAP_") ? upper.substring(4) : upper;
    }

    /** The capabilities as a mask; negative if they are told by name. */
    private static long mask(String told) {
        try {
            if (told.startsWith("0x")) {
                return Long.parseLong(told, 2, told.length(), 16);
            }
            return Long.parseLong(told);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    @Override
    void write(SnapshotWriter out) throws IOException {
        out.number(uid);
        out.number(euid);
        out.text(capabilities);
        out.number(dumpable);
        out.number(tracer);
        out.number(credentialsSeq);
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
        tracedSeq = in.number();
    }
}

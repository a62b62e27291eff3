package dev.fenceline.analytics.state;

import dev.fenceline.event.Ioctl;
import java.util.Locale;

/** The ioctls that the fold and the rules know by name, however the recording writes it. */
public final class Ioctls {
    /** Submits work. */
    public static final String EXEC = "EXEC";

    /** Changes mappings. */
    public static final String VM_BIND = "VM_BIND";

    /** Gives the handle of a VM back. */
    public static final String VM_DESTROY = "VM_DESTROY";

    /** Waits for a value in memory. */
    public static final String WAIT_USER_FENCE = "WAIT_USER_FENCE";

    private Ioctls() {}

    /** Whether the ioctl is that one, with or without the prefix of its driver. */
    public static boolean is(Ioctl e, String what) {
        String name = e.name();
        return name != null && is(name, what);
    }

    /** Whether an ioctl of that name is that one. */
    public static boolean is(String name, String what) {
        String plain = name.toUpperCase(Locale.ROOT);
        return plain.equals(what)
                || plain.equals("XE_" + what)
                || plain.equals("DRM_XE_" + what)
                || plain.equals("DRM_IOCTL_XE_" + what);
    }
}

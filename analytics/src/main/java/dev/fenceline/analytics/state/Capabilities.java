package dev.fenceline.analytics.state;

import java.util.List;
import java.util.Locale;

/** Capabilities as the kernel numbers them (include/uapi/linux/capability.h), read from names or a mask. */
final class Capabilities {
    static final long NONE = 0;
    static final long ALL = (1L << 41) - 1;
    static final long SYS_PTRACE = 1L << 19;

    private static final List<String> NAMES = List.of(
            "CHOWN",
            "DAC_OVERRIDE",
            "DAC_READ_SEARCH",
            "FOWNER",
            "FSETID",
            "KILL",
            "SETGID",
            "SETUID",
            "SETPCAP",
            "LINUX_IMMUTABLE",
            "NET_BIND_SERVICE",
            "NET_BROADCAST",
            "NET_ADMIN",
            "NET_RAW",
            "IPC_LOCK",
            "IPC_OWNER",
            "SYS_MODULE",
            "SYS_RAWIO",
            "SYS_CHROOT",
            "SYS_PTRACE",
            "SYS_PACCT",
            "SYS_ADMIN",
            "SYS_BOOT",
            "SYS_NICE",
            "SYS_RESOURCE",
            "SYS_TIME",
            "SYS_TTY_CONFIG",
            "MKNOD",
            "LEASE",
            "AUDIT_WRITE",
            "AUDIT_CONTROL",
            "SETFCAP",
            "MAC_OVERRIDE",
            "MAC_ADMIN",
            "SYSLOG",
            "WAKE_ALARM",
            "BLOCK_SUSPEND",
            "AUDIT_READ",
            "PERFMON",
            "BPF",
            "CHECKPOINT_RESTORE");

    private Capabilities() {}

    /** The mask of {@code CAP_SYS_PTRACE+CAP_KILL}, {@code 0x80000}, {@code all} or {@code -}; unknown names are left out. */
    static long mask(String told) {
        String text = told.trim().toUpperCase(Locale.ROOT);
        if (text.startsWith("0X") && text.length() <= 18) {
            return number(text.substring(2), 16);
        }
        if (!text.isEmpty() && text.chars().allMatch(Character::isDigit)) {
            return number(text, 10);
        }
        long mask = NONE;
        int start = 0;
        for (int i = 0; i <= text.length(); i++) {
            boolean ends = i == text.length() || "+,| ".indexOf(text.charAt(i)) >= 0;
            if (ends) {
                mask |= named(text.substring(start, i));
                start = i + 1;
            }
        }
        return mask;
    }

    private static long number(String digits, int radix) {
        try {
            return Long.parseUnsignedLong(digits, radix);
        } catch (NumberFormatException e) {
            return NONE;
        }
    }

    private static long named(String name) {
        if (name.equals("ALL") || name.equals("FULL")) {
            return ALL;
        }
        int bit = NAMES.indexOf(name.startsWith("CAP_") ? name.substring(4) : name);
        return bit < 0 ? NONE : 1L << bit;
    }
}

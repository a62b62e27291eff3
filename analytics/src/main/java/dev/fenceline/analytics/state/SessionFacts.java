package dev.fenceline.analytics.state;

import dev.fenceline.event.DebugAbi;
import dev.fenceline.event.Event;
import dev.fenceline.event.LongList;
import dev.fenceline.event.NotifierModel;
import dev.fenceline.event.SessionStart;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.agrona.collections.Long2LongHashMap;
import org.jspecify.annotations.Nullable;

/** What {@code session_start} says about the machine: the variants that rules differ by. */
public final class SessionFacts implements StatePart {
    /** Of a kernel whose release nobody stated. */
    public static final long UNKNOWN_VERSION = -1;

    private @Nullable String driver;
    private @Nullable String kernel;
    private NotifierModel notifierModel = NotifierModel.UNKNOWN;
    private DebugAbi debugAbi = DebugAbi.UNKNOWN;
    private @Nullable String policy;
    private long finiteTimeNs = Event.ABSENT;
    private long pageSizeBytes = Event.ABSENT;
    private long visibleVramBytes = Event.ABSENT;
    private boolean lowMemoryOnly;
    private long collisionLimit = Event.ABSENT;
    private boolean dmaEndsInNotifier;
    private LongList fenceIdentities = LongList.of();
    private final Long2LongHashMap identityOf = new Long2LongHashMap(-1);
    private final List<String> soleKinds = new ArrayList<>();
    private LongList soleIds = LongList.of();

    SessionFacts() {}

    void apply(SessionStart e) {
        driver = lower(e.driver());
        kernel = e.kernel();
        notifierModel = e.notifierModel();
        debugAbi = e.debugAbi();
        policy = e.policy();
        finiteTimeNs = e.finiteTime();
        pageSizeBytes = e.pageSize();
        visibleVramBytes = e.visibleVramLimit();
        lowMemoryOnly = e.hasHighmem() && !e.highmem();
        collisionLimit = e.collisionLimit();
        dmaEndsInNotifier = e.dmaInNotifier();
        LongList identities = e.fenceIdentities();
        setFenceIdentities(identities);
        List<String> sole = e.soleObjects();
        if (sole != null) {
            readSole(sole);
        }
    }

    private void setFenceIdentities(@Nullable LongList triples) {
        fenceIdentities = orEmpty(triples);
        for (int i = 0; i + 2 < fenceIdentities.size(); i += 3) {
            identityOf.put(fenceIdentities.get(i), i);
        }
    }

    private void readSole(List<String> sole) {
        long[] ids = new long[sole.size()];
        int n = 0;
        for (String object : sole) {
            int equals = object.indexOf('=');
            if (equals > 0) {
                soleKinds.add(object.substring(0, equals));
                ids[n++] = Long.parseLong(object.substring(equals + 1));
            }
        }
        soleIds = LongList.of(Arrays.copyOf(ids, n));
    }

    /** Whether the driver is that one, for example {@code xe}; false if the session does not say. */
    public boolean isDriver(String name) {
        return name.equals(driver);
    }

    /** The driver in lower case; null if the session does not say. */
    public @Nullable String driver() {
        return driver;
    }

    /** Whether the kernel is of that release or an earlier one; false if the session does not say. */
    public boolean isKernelAtMost(int major, int minor) {
        long version = version();
        return version != UNKNOWN_VERSION && version <= major * 1000L + minor;
    }

    /** Whether the kernel is of that release or a later one; false if the session does not say. */
    public boolean isKernelAtLeast(int major, int minor) {
        return version() >= major * 1000L + minor;
    }

    /** Whether the session says which release the kernel is of. */
    public boolean isKernelKnown() {
        return version() != UNKNOWN_VERSION;
    }

    /** How notifiers are answered: as declared, or else as the driver does, or else by waiting, which all but one do. */
    public NotifierModel notifierModel() {
        if (notifierModel != NotifierModel.UNKNOWN) {
            return notifierModel;
        }
        // i915 pins userptr pages since 6.12; drivers that pin nothing wait for fences in VMs that are not in fault
        // mode.
        return isDriver("i915") ? NotifierModel.PINNED : NotifierModel.UNPINNED_WAIT;
    }

    /** Whether the session, or its driver, says how notifiers are answered. */
    public boolean declaresNotifierModel() {
        return notifierModel != NotifierModel.UNKNOWN || driver != null;
    }

    /** The interface of debuggers as declared; UNKNOWN if the session does not say. */
    public DebugAbi debugAbi() {
        return debugAbi;
    }

    /** Policies in force; null if the session does not say. */
    public @Nullable String policy() {
        return policy;
    }

    /** The bound in ns for obligations that the kernel leaves open; {@link Event#ABSENT} if the session sets none. */
    public long finiteTimeNs() {
        return finiteTimeNs;
    }

    /** How much of VRAM the CPU can reach, in bytes, where no device says; {@link Event#ABSENT} if the session does not say. */
    public long visibleVramBytes() {
        return visibleVramBytes;
    }

    /** Whether the session says that all memory is mapped by the kernel at all times (no CONFIG_HIGHMEM). */
    public boolean isLowMemoryOnly() {
        return lowMemoryOnly;
    }

    /** How many collisions in a row a retry loop may see; {@link Event#ABSENT} if the session does not say. */
    public long collisionLimit() {
        return collisionLimit;
    }

    /** Whether the driver ends DMA mappings of userptr pages in the notifier; false if the session does not say. */
    public boolean endsDmaInNotifier() {
        return dmaEndsInNotifier;
    }

    /** The size of a page in bytes; 4096 if the session does not say. */
    public long pageSizeBytes() {
        return pageSizeBytes > 0 ? pageSizeBytes : 4096;
    }

    /** The only object of that kind in a fragment; {@link Event#ABSENT} if there are several, none, or it is no fragment. */
    public long soleObject(String kind) {
        for (int i = 0; i < soleKinds.size(); i++) {
            if (soleKinds.get(i).equals(kind)) {
                return soleIds.get(i);
            }
        }
        return Event.ABSENT;
    }

    /** Where the identity of the fence starts in {@link #fenceIdentity}; negative if the text does not name it by C:S. */
    int fenceIdentityOf(long fence) {
        return (int) identityOf.get(fence);
    }

    long fenceIdentity(int index) {
        return fenceIdentities.get(index);
    }

    /** The kernel's release as {@link #version(String)} writes it. */
    public long version() {
        return version(kernel);
    }

    /** A release such as {@code 6.12}: 1000 times its first number plus its second; {@link #UNKNOWN_VERSION} if it is none. */
    public static long version(@Nullable String kernel) {
        if (kernel == null) {
            return UNKNOWN_VERSION;
        }
        String[] parts = kernel.split("[^0-9]+", 3);
        if (parts.length < 2
                || parts[0].isEmpty()
                || parts[1].isEmpty()
                || parts[0].length() > 4
                || parts[1].length() > 3) {
            return UNKNOWN_VERSION;
        }
        return Long.parseLong(parts[0]) * 1000 + Long.parseLong(parts[1]);
    }

    private static @Nullable String lower(@Nullable String text) {
        return text == null ? null : text.toLowerCase(Locale.ROOT);
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        out.text(driver);
        out.text(kernel);
        out.symbol(notifierModel);
        out.symbol(debugAbi);
        out.text(policy);
        out.number(finiteTimeNs);
        out.number(pageSizeBytes);
        out.number(visibleVramBytes);
        out.flag(lowMemoryOnly);
        out.number(collisionLimit);
        out.flag(dmaEndsInNotifier);
        out.numbers(fenceIdentities);
        out.numbers(soleIds);
        for (String kind : soleKinds) {
            out.text(kind);
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        driver = in.text();
        kernel = in.text();
        notifierModel = in.symbol(NotifierModel.values());
        debugAbi = in.symbol(DebugAbi.values());
        policy = in.text();
        finiteTimeNs = in.number();
        pageSizeBytes = in.number();
        visibleVramBytes = in.number();
        lowMemoryOnly = in.flag();
        collisionLimit = in.number();
        dmaEndsInNotifier = in.flag();
        setFenceIdentities(in.numbers());
        soleIds = orEmpty(in.numbers());
        for (int i = 0; i < soleIds.size(); i++) {
            String kind = in.text();
            soleKinds.add(kind == null ? "" : kind);
        }
    }

    private static LongList orEmpty(@Nullable LongList list) {
        return list == null ? LongList.of() : list;
    }
}

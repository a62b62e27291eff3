package dev.fenceline.analytics.state;

import java.util.Locale;
import org.agrona.collections.Object2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A family of events that a recording holds completely or not. The names are those of {@code session_start.streams}; which
 * events make up a stream is part of the event contract.
 */
public enum Stream {
    ACCESS,
    ALLOC,
    CB,
    CLI,
    CLOCK,
    CONT,
    CPTE,
    CPUACC,
    CREDIT,
    CTX,
    DBELL,
    DBUFCALL,
    DBUFREF,
    DEBUG,
    DEBUGVM,
    DEP,
    DEV,
    DEVICE,
    DMA,
    DMAACC,
    DMABUF,
    DRV,
    DUMP,
    END,
    EU,
    EVICT,
    FENCE,
    FLOCK,
    FORCE,
    FREF,
    GHOST,
    GPU,
    HOP,
    HW,
    HWF,
    INVAL,
    ISYNC,
    JOBS,
    KFD,
    KILL,
    KMAP,
    LIFE,
    LOCK,
    LOCKCLS,
    LOCKSET,
    MAP,
    MGR,
    MM,
    MMAP,
    MOD,
    MOVE,
    NOTIFIER,
    OBJ,
    ORDER,
    OWN,
    P2P,
    PAGE,
    PIN,
    PINB,
    POINT,
    POLL,
    PTE,
    PUB,
    RANGE,
    RCU,
    RECLAIM,
    REF,
    REPLACE,
    RESV,
    RESVKEY,
    SCHED,
    SEC,
    SF,
    SG,
    SIG,
    SLOTS,
    SO,
    SYNC,
    TASK,
    TDR,
    TIME,
    TLB,
    TT,
    UAPI,
    UMEM,
    UMF,
    USAGE,
    USE,
    USER,
    USERPTR,
    USERQ,
    VIS,
    VM,
    VMAP,
    VRAM,
    WAIT,
    WFG,
    WW;

    private static final Object2ObjectHashMap<String, Stream> BY_NAME = new Object2ObjectHashMap<>();

    static {
        for (Stream stream : values()) {
            BY_NAME.put(stream.streamName(), stream);
        }
    }

    /** The name in the event contract, such as {@code userptr}. */
    public String streamName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The stream of that name; null if there is none. */
    public static @Nullable Stream named(String name) {
        return BY_NAME.get(name);
    }
}

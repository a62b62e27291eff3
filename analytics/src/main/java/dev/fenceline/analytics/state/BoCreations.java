package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import org.jspecify.annotations.Nullable;

/**
 * Holds a whole recording to its own {@code bo_create}: a BO is not used before it, and not created twice.
 *
 * <p>Not every event is a use: drivers report the creation last (amdgpu_object.c:amdgpu_bo_create), when the BO already has
 * a resource, fences, pages, and may have been validated and cleared.
 */
final class BoCreations {
    private final StreamLedger ledger;
    private final ObjectTable<BufferObject> table;

    BoCreations(StreamLedger ledger, BufferObjects buffers) {
        this.ledger = ledger;
        this.table = buffers.table;
    }

    /** Looks at the event over the state before it. */
    void check(Event e) {
        if (!mustShowCreations()) {
            return;
        }
        if (e.eventType() == EventType.SESSION_END) {
            checkAll(e.seq());
        } else if (e instanceof BoCreate create) {
            checkOnce(create);
        } else {
            long id = used(e);
            if (id != Event.ABSENT && isUncreated(table.find(id))) {
                corrupt(e.seq(), id);
            }
        }
    }

    /** These streams hold every bo_create; page and dbell hold only some. */
    private boolean mustShowCreations() {
        return ledger.mustHaveSeenCreate(Stream.LIFE)
                || ledger.mustHaveSeenCreate(Stream.REF)
                || ledger.mustHaveSeenCreate(Stream.RESVKEY);
    }

    private static boolean isUncreated(@Nullable BufferObject bo) {
        return bo == null || bo.assumed;
    }

    private void checkAll(long seq) {
        for (long id : table.ids()) {
            if (isUncreated(table.get(id))) {
                corrupt(seq, id);
                return;
            }
        }
    }

    private void checkOnce(BoCreate e) {
        BufferObject earlier = e.hasBo() ? table.get(e.bo()) : null;
        boolean destructionsKnown = ledger.holds(Stream.LIFE) || ledger.holds(Stream.REF);
        if (earlier != null && !earlier.assumed && destructionsKnown) {
            ledger.corrupt(EventType.BO_CREATE, e.seq(), "bo " + e.bo() + " is created while it exists");
        }
    }

    private void corrupt(long seq, long id) {
        ledger.corrupt(EventType.BO_CREATE, seq, "bo " + id + " is used without its bo_create");
    }

    /** The BO that the event uses as only a BO that others can reach is used; {@link Event#ABSENT} if there is none. */
    private static long used(Event e) {
        return switch (e.eventType()) {
            case BO_GET -> ((BoGet) e).bo();
            case BO_PUT -> ((BoPut) e).bo();
            case BO_USE -> ((BoUse) e).bo();
            case BO_LOOKUP -> isDone(((BoLookup) e).result()) ? ((BoLookup) e).bo() : Event.ABSENT;
            case BO_GRANT -> isDone(((BoGrant) e).result()) ? ((BoGrant) e).bo() : Event.ABSENT;
            case BO_REVOKE -> ((BoRevoke) e).bo();
            case BO_SUBMIT -> isDone(((BoSubmit) e).result()) ? ((BoSubmit) e).bo() : Event.ABSENT;
            case BO_MMAP -> isDone(((BoMmap) e).result()) ? ((BoMmap) e).bo() : Event.ABSENT;
            case BO_MUNMAP -> ((BoMunmap) e).bo();
            case BO_KMAP -> ((BoKmap) e).bo();
            case BO_KUNMAP -> ((BoKunmap) e).bo();
            case BO_VMAP -> ((BoVmap) e).bo();
            case BO_VUNMAP -> ((BoVunmap) e).bo();
            case BO_RELEASE -> ((BoRelease) e).bo();
            case BO_DELAYED_DESTROY -> ((BoDelayedDestroy) e).bo();
            case BO_DELAYED_DESTROY_RUN -> ((BoDelayedDestroyRun) e).bo();
            case BO_DESTROY -> ((BoDestroy) e).bo();
            case BO_ACCESS -> isDone(((BoAccess) e).result()) ? ((BoAccess) e).bo() : Event.ABSENT;
            case CPU_PTE_INSERT -> ((CpuPteInsert) e).bo();
            case CPU_FAULT -> ((CpuFault) e).bo();
            case CPU_ACCESS -> ((CpuAccess) e).bo();
            // A BO is cleared before its creation is reported, but not through an address space or an importer.
            case GPU_ACCESS -> ((GpuAccess) e).hasVm() ? ((GpuAccess) e).bo() : Event.ABSENT;
            case DMA_ACCESS -> ((DmaAccess) e).hasAttachment() ? ((DmaAccess) e).bo() : Event.ABSENT;
            case DMA_BUF_EXPORT -> ((DmaBufExport) e).bo();
            case VM_MAP -> ((VmMap) e).bo();
            default -> Event.ABSENT;
        };
    }

    /** Absent results are successes; {@link Event#ABSENT} is negative, too. */
    private static boolean isDone(long result) {
        return result >= 0 || result == Event.ABSENT;
    }
}

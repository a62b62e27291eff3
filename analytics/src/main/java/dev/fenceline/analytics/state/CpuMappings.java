package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The CPU mappings of buffer objects: user page-table entries and kernel maps. */
public final class CpuMappings implements StatePart {
    private final StreamLedger ledger;
    private final BufferObjects buffers;
    final ObjectTable<KernelMapping> kernel = new ObjectTable<>(KernelMapping::new);
    final ObjectTable<UserPtes> user = new ObjectTable<>(UserPtes::new);

    CpuMappings(StreamLedger ledger, BufferObjects buffers) {
        this.ledger = ledger;
        this.buffers = buffers;
    }

    /** The mapping of the kernel, also if it ended a short while ago; null if it was never mentioned. */
    public @Nullable KernelMapping kernelMapping(long id) {
        return id == Event.ABSENT ? null : kernel.find(id);
    }

    /** The entries of processes for the BO; null if there are none. */
    public @Nullable UserPtes userPtes(long bo) {
        return user.get(bo);
    }

    /** The entries of processes for the first BO by id that is the device's and has some; null if there are none. */
    public @Nullable UserPtes userPtesOfDevice(long device) {
        for (long id : user.ids()) {
            BufferObject bo = buffers.bo(id);
            if (bo != null && bo.device == device) {
                return user.get(id);
            }
        }
        return null;
    }

    void apply(BoKmap e) {
        map(e.mapping(), e.bo(), e.iomem(), e.seq());
    }

    void apply(BoVmap e) {
        map(e.mapping(), e.bo(), e.iomem(), e.seq());
    }

    private void map(long id, long bo, boolean iomem, long seq) {
        if (id == Event.ABSENT) {
            return;
        }
        buffers.touch(bo, seq);
        KernelMapping mapping = kernel.create(id, seq);
        mapping.bo = bo;
        mapping.iomem = iomem;
        mapping.mapSeq = seq;
    }

    void apply(BoKunmap e) {
        unmap(e.mapping(), e.bo(), e.seq());
    }

    void apply(BoVunmap e) {
        unmap(e.mapping(), e.bo(), e.seq());
    }

    private void unmap(long id, long bo, long seq) {
        if (id != Event.ABSENT) {
            kernel.depart(touch(id, bo, seq), seq);
            return;
        }
        // Without a name it is the only mapping of the BO.
        KernelMapping only = null;
        for (long each : kernel.ids()) {
            KernelMapping mapping = kernel.get(each);
            if (mapping != null && mapping.bo == bo) {
                if (only != null) {
                    return;
                }
                only = mapping;
            }
        }
        if (only != null) {
            kernel.depart(only, seq);
        }
    }

    /** An access through a mapping that nobody introduced says that it is there. */
    void apply(CpuAccess e) {
        if (e.hasMapping() && kernel.find(e.mapping()) == null) {
            touch(e.mapping(), e.bo(), e.seq());
        }
    }

    private KernelMapping touch(long id, long bo, long seq) {
        KernelMapping mapping = kernel.get(id);
        if (mapping == null) {
            mapping = kernel.assume(id, ledger.knownFrom(seq));
            mapping.bo = bo;
            mapping.mapSeq = seq;
        }
        return mapping;
    }

    void apply(CpuPteInsert e) {
        // The dummy page of an unplugged device is none of the BO's.
        if (e.hasBo() && !e.dummy()) {
            UserPtes ptes = user.get(e.bo());
            if (ptes == null) {
                ptes = user.create(e.bo(), e.seq());
            }
            ptes.insert(e.vma(), pageOf(e.page(), e.vramPage()), e.seq());
        }
    }

    void apply(CpuPteZap e) {
        if (e.hasBo()) {
            zap(e.bo(), e);
            return;
        }
        for (long bo : user.ids()) {
            BufferObject known = buffers.bo(bo);
            if (e.hasVma() || !e.hasDevice() || (known != null && known.device == e.device())) {
                zap(bo, e);
            }
        }
    }

    private void zap(long bo, CpuPteZap e) {
        UserPtes ptes = user.get(bo);
        if (ptes != null) {
            ptes.zap(e.vma(), pageOf(e.page(), e.vramPage()));
            if (ptes.isEmpty()) {
                user.remove(ptes);
            }
        }
    }

    /** A page of a BO has one of two names; those of VRAM must not meet the ids of pages. */
    private static long pageOf(long page, long vramPage) {
        return page != Event.ABSENT || vramPage == Event.ABSENT ? page : ~vramPage;
    }

    void apply(BoDestroy e) {
        UserPtes ptes = user.get(e.bo());
        if (ptes != null) {
            user.remove(ptes);
        }
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        kernel.write(out);
        user.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        kernel.read(in);
        user.read(in);
    }
}

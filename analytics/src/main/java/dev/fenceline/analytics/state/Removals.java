package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The devices that are being unplugged, or were and are not released yet. */
public final class Removals implements StatePart {
    private final StreamLedger ledger;
    private final Fences fences;
    private final BufferObjects buffers;
    private final ObjectTable<Removal> table = new ObjectTable<>(Removal::new);

    Removals(StreamLedger ledger, Fences fences, BufferObjects buffers) {
        this.ledger = ledger;
        this.fences = fences;
        this.buffers = buffers;
    }

    /** How that device goes, also if it went a short while ago; null if nobody began to remove it. */
    public @Nullable Removal removal(long device) {
        return device == Event.ABSENT ? null : table.find(device);
    }

    /** The device whose pages the event is about, as stated or as the BO's; {@link Event#ABSENT} if unknown. */
    public long deviceOf(TtUnpopulate e) {
        BufferObject bo = e.hasDevice() ? null : buffers.bo(e.bo());
        return bo == null ? e.device() : bo.device;
    }

    void apply(DeviceUnplugFlag e) {
        begin(e.device(), RemovalStep.FLAG, e);
    }

    void apply(DeviceUnplugSync e) {
        begin(e.device(), RemovalStep.SYNC, e);
    }

    void apply(DeviceUnplugDone e) {
        Removal removal = touch(e.device(), e.seq());
        if (removal != null) {
            identify(removal, e);
            removal.doneSeq = removal.doneSeq == 0 ? e.seq() : removal.doneSeq;
        }
    }

    void apply(DeviceQuiesce e) {
        reach(e.device(), RemovalStep.QUIESCE, e);
    }

    void apply(TtUnpopulate e) {
        if (e.reason() == UnpopulateReason.UNPLUG) {
            reach(deviceOf(e), RemovalStep.UNPOPULATE, e);
        }
    }

    void apply(DeviceMmioUnmap e) {
        reach(e.device(), RemovalStep.MMIO_UNMAP, e);
    }

    void apply(DeviceBusmasterOff e) {
        reach(e.device(), RemovalStep.BUSMASTER_OFF, e);
    }

    void apply(IommuGroupLeave e) {
        reach(e.device(), RemovalStep.IOMMU_LEAVE, e);
    }

    void apply(DeviceUnbind e) {
        Removal removal = touch(e.device(), e.seq());
        if (removal != null) {
            removal.unbind(e.seq());
        }
    }

    void apply(DeviceRelease e) {
        Removal removal = table.get(e.device());
        if (removal != null) {
            table.depart(removal, e.seq());
        }
    }

    /** After the fold of the fence. */
    void apply(DmaFenceSignaled e) {
        if (table.size() == 0) {
            return;
        }
        Fence fence = fences.fence(e.fence());
        Removal removal = fence == null ? null : removal(fence.device);
        if (fence != null
                && removal != null
                && removal.unbindSeq == 0
                && removal.removerTid == e.tid()
                && isOfHardware(fence)
                && fence.signaledSeq == e.seq()) {
            removal.signalled(fence.id, fence.errorSeq > 0, e.seq());
        }
    }

    private static boolean isOfHardware(Fence fence) {
        return fence.kind == FenceKind.HARDWARE || fence.kind == FenceKind.USERQ;
    }

    /** A test of a fence signals it where its work is done, and then says so: such a signal of the remover needs no error. */
    void apply(DmaFenceTest e) {
        if (table.size() == 0 || !e.result()) {
            return;
        }
        Fence fence = fences.fence(e.fence());
        Removal removal = fence == null ? null : removal(fence.device);
        if (removal != null && removal.removerTid == e.tid()) {
            removal.explain(e.fence());
        }
    }

    private void begin(long device, RemovalStep step, Event e) {
        Removal removal = reach(device, step, e);
        if (removal != null) {
            identify(removal, e);
        }
    }

    private static void identify(Removal removal, Event e) {
        if (removal.removerTid == Event.ABSENT) {
            removal.removerTid = e.tid();
        }
    }

    private @Nullable Removal reach(long device, RemovalStep step, Event e) {
        Removal removal = touch(device, e.seq());
        if (removal != null) {
            removal.reach(step, e.seq());
        }
        return removal;
    }

    private @Nullable Removal touch(long device, long seq) {
        if (device == Event.ABSENT) {
            return null;
        }
        Removal removal = table.find(device);
        return removal != null ? removal : table.assume(device, ledger.knownFrom(seq));
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        table.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        table.read(in);
    }
}

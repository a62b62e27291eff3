package dev.fenceline.simulator.ttm;

import dev.fenceline.event.BoIndividualize;
import dev.fenceline.event.BoPin;
import dev.fenceline.event.BoType;
import dev.fenceline.event.BoUnpin;
import dev.fenceline.event.Placement;
import dev.fenceline.simulator.fence.DmaResv;
import dev.fenceline.simulator.kernel.Census;
import dev.fenceline.simulator.kernel.Facts;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Task;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A {@code ttm_buffer_object}. */
public final class Bo implements Census.Member {
    private final Kernel kernel;
    private final TtmDevice device;
    private final long id;
    private final long bytes;
    private final boolean needsAperture;
    private final DmaResv ownResv;
    private final List<BoMapping> mappings = new ArrayList<>(1);
    private DmaResv resv;
    private @Nullable Resource resource;
    private @Nullable Tt tt;
    private @Nullable Attachment attachment;
    private long generations;
    private int pins;
    private boolean systemOnly;
    private int refs = 1;
    private boolean deleted;

    Bo(Kernel kernel, TtmDevice device, long bytes, boolean needsAperture, @Nullable DmaResv shared) {
        this.kernel = kernel;
        this.device = device;
        this.id = kernel.newId();
        this.bytes = bytes;
        this.needsAperture = needsAperture;
        this.ownResv = new DmaResv(kernel);
        this.resv = shared == null ? ownResv : shared;
    }

    /** A BO of {@code device} that shows memory of {@code exported}, under the same reservation. */
    static Bo imported(Kernel kernel, TtmDevice device, Bo exported) {
        Bo bo = new Bo(kernel, device, exported.bytes, false, exported.resv);
        bo.setSystemOnly();
        return bo;
    }

    /** Whether system pages are the only memory it may have, as for one that is shared with another device. */
    boolean isSystemOnly() {
        return systemOnly;
    }

    void setSystemOnly() {
        systemOnly = true;
    }

    /** Where its memory comes from if it is another device's; null if it is its own. */
    @Nullable Attachment importedThrough() {
        return attachment;
    }

    Attachment attachment() {
        if (attachment == null) {
            throw new IllegalStateException("bo " + id + " is not imported");
        }
        return attachment;
    }

    void setAttachment(Attachment to) {
        attachment = to;
    }

    public long id() {
        return id;
    }

    @Override
    public void tell(Facts facts) {
        facts.of("bo", id)
                .with("placement", placement())
                .with("pins", pins)
                .with("resv", resv.id())
                .with("deleted", deleted);
    }

    public long bytes() {
        return bytes;
    }

    /** The device whose memory it may use. */
    public TtmDevice device() {
        return device;
    }

    /** The reservation that guards it now: its own, or its VM's while it lives. */
    public DmaResv resv() {
        return resv;
    }

    DmaResv ownResv() {
        return ownResv;
    }

    boolean needsAperture() {
        return needsAperture;
    }

    /** Where it lies, or will lie once its KERNEL fences have signalled. */
    public Placement placement() {
        return resource == null ? Placement.SYSTEM : resource.placement();
    }

    @Nullable Resource resource() {
        return resource;
    }

    void setResource(@Nullable Resource to) {
        resource = to;
        if (to != null) {
            to.assignTo(id);
        }
    }

    @Nullable Tt tt() {
        return tt;
    }

    void setTt(@Nullable Tt to) {
        tt = to;
    }

    Tt newTt() {
        Tt fresh = new Tt(kernel, device.id(), id, bytes, ++generations);
        tt = fresh;
        return fresh;
    }

    /** Whether the CPU reaches all of it through the aperture. */
    public boolean isVisibleVram() {
        return resource != null
                && resource.placement() == Placement.VRAM
                && resource.isBelow(device.vram().visiblePages());
    }

    /** {@code ttm_bo_pin}, under the reservation. */
    public void pin() {
        kernel.emit(BoPin.builder().bo(id));
        pins++;
    }

    /** {@code ttm_bo_unpin}, under the reservation. */
    public void unpin() {
        if (pins == 0) {
            throw new IllegalStateException("bo " + id + " is not pinned");
        }
        kernel.emit(BoUnpin.builder().bo(id));
        pins--;
        device.touch(this);
    }

    public boolean isPinned() {
        return pins > 0;
    }

    void dropPins() {
        pins = 0;
    }

    /** The GPU mappings that follow its moves. */
    public List<BoMapping> mappings() {
        return mappings;
    }

    /** {@code ttm_bo_get}. */
    public Bo get() {
        if (refs <= 0) {
            throw new IllegalStateException("bo " + id + " is gone");
        }
        refs++;
        return this;
    }

    /** {@code ttm_bo_put}: the last one releases the BO. */
    public void put() {
        if (--refs == 0) {
            Release.release(kernel, this);
        }
    }

    boolean isDeleted() {
        return deleted;
    }

    /** Comes back to life with one reference, which its delayed destruction drops. */
    void resurrect() {
        deleted = true;
        refs = 1;
    }

    /** {@code ttm_bo_individualize_resv}: leaves a shared reservation with a copy of its fences; an imported BO takes the copy but stays. */
    void individualize(Task task) {
        if (resv == ownResv) {
            return;
        }
        if (!ownResv.lock().tryAcquire(task)) {
            throw new IllegalStateException("somebody uses the private reservation of bo " + id);
        }
        ownResv.copyFrom(resv);
        if (attachment == null) {
            resv = ownResv;
        }
        kernel.emit(BoIndividualize.builder()
                .bo(id)
                .resv(ownResv.id())
                .type(attachment == null ? BoType.DEVICE : BoType.SG)
                .result(0));
        ownResv.lock().release(task);
    }
}

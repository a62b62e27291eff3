package dev.fenceline.simulator.dmabuf;

import dev.fenceline.event.DmaAccess;
import dev.fenceline.event.Usage;
import dev.fenceline.simulator.drm.Device;
import dev.fenceline.simulator.fence.DmaFence;
import dev.fenceline.simulator.fence.FenceWait;
import dev.fenceline.simulator.fence.LockResv;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Context;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Kernel;
import dev.fenceline.simulator.kernel.Path;
import dev.fenceline.simulator.kernel.WaitList;
import dev.fenceline.simulator.kernel.Waits;
import dev.fenceline.simulator.sched.Entity;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * amdgpu_dma_buf.c:amdgpu_dma_buf_create_obj_and_attach and amdgpu_dma_buf_move_notify: a buffer on a GPU that can have it moved under it.
 *
 * <p>When it is told, it gives the mapping up as soon as those are done who used the buffer then, and maps it anew for its next job.
 */
public final class GpuImport implements Importer, Waits {
    /** The importer takes no notice of a move, and goes on with the addresses that it has (rule A-D06). */
    public static final Deviation IGNORES_MOVE = new Deviation("importer-keeps-invalidated-mapping", 12);

    /** An importer goes without giving its mapping back (rule A-D03). */
    public static final Deviation DETACHES_MAPPED = new Deviation("importer-detaches-while-mapped");

    private final Kernel kernel;
    private final Device device;
    private final Entity entity;
    private final Attachment attachment;
    private final WaitList retired = new WaitList(this);
    private @Nullable SgTable table;
    private @Nullable SgTable ignored;
    private @Nullable DmaFence lastJob;
    private int retiring;

    private GpuImport(Device device, Entity entity, AttachDmaBuf attach) {
        this.kernel = attach.dmabuf().kernel();
        this.device = device;
        this.entity = entity;
        this.attachment = attach.attachment();
    }

    Device device() {
        return device;
    }

    Entity entity() {
        return entity;
    }

    Attachment attachment() {
        return attachment;
    }

    DmaBuf dmabuf() {
        return attachment.dmabuf();
    }

    /** The mapping for the next job; null if there has to be a new one. */
    @Nullable SgTable table() {
        return table;
    }

    /** A new mapping, which the page tables of the GPU are made from. */
    void take(SgTable mapped) {
        table = mapped;
        attachment.readAddresses(mapped);
    }

    void submitted(DmaFence done) {
        DmaFence before = lastJob;
        lastJob = done.get();
        if (before != null) {
            before.put();
        }
    }

    /** The engine reads or writes through {@code used}. */
    void access(SgTable used, boolean write) {
        kernel.emit(DmaAccess.builder()
                .device(device.id())
                .attachment(attachment.id())
                .sgTable(used.id())
                .write(write));
    }

    @Override
    public void invalidateMappings(Context by) {
        SgTable old = table;
        if (old == null || old.equals(ignored)) {
            return;
        }
        if (kernel.deviates(IGNORES_MOVE)) {
            ignored = old;
            return;
        }
        table = null;
        retiring++;
        device.unorderedWorkqueue().queue(new Retire(this, old));
    }

    /** {@code drm_gem_prime_fd_to_handle}; the import holds a reference to the dma-buf. */
    public static final class Open extends Call implements Importer {
        private static final Path<Open> PATH = Path.<Open>named("drm_gem_prime_import")
                .run(open -> open.dmabuf.getByFd())
                .call(open -> open.attach)
                .run(open -> open.opened = new GpuImport(open.device, open.entity, open.attach))
                .end();

        private final DmaBuf dmabuf;
        private final Device device;
        private final Entity entity;
        private final AttachDmaBuf attach;
        private @Nullable GpuImport opened;

        /** Imports {@code dmabuf} into {@code device}, whose jobs {@code entity} takes, and which can use memory of others if {@code peerToPeer}. */
        public Open(DmaBuf dmabuf, Device device, Entity entity, boolean peerToPeer) {
            this.dmabuf = dmabuf;
            this.device = device;
            this.entity = entity;
            this.attach = AttachDmaBuf.dynamically(dmabuf, device.id(), this, peerToPeer, 0);
        }

        /** What came of it. */
        public GpuImport opened() {
            if (opened == null) {
                throw new IllegalStateException("nothing is imported yet");
            }
            return opened;
        }

        /** {@code attach->importer_priv}: who is told is known before there is something to tell. */
        @Override
        public void invalidateMappings(Context by) {
            if (opened != null) {
                opened.invalidateMappings(by);
            }
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    /** A mapping of memory that moves goes when nobody uses it any more. */
    private static final class Retire extends Call {
        private static final Path<Retire> PATH = Path.<Retire>named("ttm_bo_delayed_delete")
                .repeat(each -> each.leaveIf(retire -> retire.users.isEmpty())
                        .call(retire -> new FenceWait(retire.users.element()))
                        .run(retire -> retire.users.remove().put()))
                .call(retire -> new LockResv(retire.of.dmabuf().resv()))
                .run(retire -> retire.of.attachment.unmap(retire.table))
                .run(retire -> retire.of.dmabuf().resv().lock().release(retire.task()))
                .run(Retire::done)
                .end();

        private final GpuImport of;
        private final SgTable table;
        private final ArrayDeque<DmaFence> users = new ArrayDeque<>(2);

        Retire(GpuImport of, SgTable table) {
            this.of = of;
            this.table = table;
            of.dmabuf().resv().eachPending(Usage.BOOKKEEP, fence -> users.add(fence.get()));
        }

        private void done() {
            of.retiring--;
            of.retired.wakeAll();
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    /** {@code drm_prime_gem_destroy}: what the import still has goes, when its last job is done. */
    public static final class Close extends Call {
        private static final Path<Close> PATH = Path.<Close>named("drm_prime_gem_destroy")
                .call(close -> close.of.lastJob == null ? null : new FenceWait(close.of.lastJob))
                .call(close -> new LockResv(close.of.dmabuf().resv()))
                .run(Close::unmap)
                .run(close -> close.of.dmabuf().resv().lock().release(close.task()))
                .await(close -> close.of.retired, close -> close.of.retiring == 0)
                .run(Close::detach)
                .end();

        private final GpuImport of;

        /** Closes {@code of}. */
        public Close(GpuImport of) {
            this.of = of;
        }

        private void unmap() {
            SgTable mapped = of.table;
            of.table = null;
            if (mapped != null && !kernel().deviates(DETACHES_MAPPED)) {
                of.attachment.unmap(mapped);
            }
        }

        private void detach() {
            if (of.lastJob != null) {
                of.lastJob.put();
                of.lastJob = null;
            }
            of.attachment.detach();
            of.dmabuf().put();
        }

        @Override
        protected Path<?> path() {
            return PATH;
        }
    }

    @Override
    public String label() {
        return "mappings of attachment " + attachment.id() + " that are given up";
    }

    @Override
    public void eachAwaited(Consumer<? super Waits> visitor) {
        if (lastJob != null) {
            visitor.accept(lastJob);
        }
    }
}

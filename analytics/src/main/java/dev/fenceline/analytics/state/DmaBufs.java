package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.List;
import org.agrona.collections.Long2LongHashMap;
import org.agrona.collections.LongArrayList;
import org.jspecify.annotations.Nullable;

/** The dma-bufs, who imports them, and the tables and mappings they handed out. */
public final class DmaBufs implements StatePart {
    private final StreamLedger ledger;
    private final SessionFacts session;
    private final Reservations reservations;
    private final BufferObjects buffers;
    final ObjectTable<DmaBuf> table = new ObjectTable<>(DmaBuf::new);
    final ObjectTable<Attachment> attachments = new ObjectTable<>(Attachment::new);
    /** The attachment that holds a table, by the table as the importer and as the exporter know it. */
    private final Long2LongHashMap holders = new Long2LongHashMap(8, 0.55f, Event.ABSENT, false);

    private final Long2LongHashMap exports = new Long2LongHashMap(8, 0.55f, Event.ABSENT, false);

    DmaBufs(StreamLedger ledger, SessionFacts session, Reservations reservations, BufferObjects buffers) {
        this.ledger = ledger;
        this.session = session;
        this.reservations = reservations;
        this.buffers = buffers;
    }

    /** The dma-buf, also if it was released a short while ago; null if it was never mentioned. */
    public @Nullable DmaBuf dmaBuf(long id) {
        return id == Event.ABSENT ? null : table.find(id);
    }

    /** The attachment, also if it was detached a short while ago; null if it was never mentioned. */
    public @Nullable Attachment attachment(long id) {
        return id == Event.ABSENT ? null : attachments.find(id);
    }

    /** The live attachment that the importer's or the exporter's table is mapped for; null if for none. */
    public @Nullable Attachment holderOf(long sgTable) {
        return sgTable == Event.ABSENT ? null : attachments.get(holders.get(sgTable));
    }

    /** The dma-buf made of that BO and not released; null if there is none. */
    public @Nullable DmaBuf exportOf(long bo) {
        return bo == Event.ABSENT ? null : table.get(exports.get(bo));
    }

    /** The first dma-buf by id that the device exported and that is not released; null if there is none. */
    public @Nullable DmaBuf exportOfDevice(long device) {
        for (long id : table.ids()) {
            DmaBuf dmabuf = table.get(id);
            BufferObject bo = dmabuf == null || dmabuf.device != Event.ABSENT ? null : buffers.bo(dmabuf.bo);
            if (dmabuf != null && (bo == null ? dmabuf.device : bo.device) == device) {
                return dmabuf;
            }
        }
        return null;
    }

    /** The dma-bufs that exist, in the order of their ids. */
    public long[] ids() {
        return table.ids();
    }

    /** The dma-buf an event is about: as stated, or that of its attachment, or the only one of the fragment. */
    public long dmaBufOf(long stated, long attachment) {
        if (stated != Event.ABSENT) {
            return stated;
        }
        Attachment known = attachment(attachment);
        return known != null && known.dmabuf != Event.ABSENT ? known.dmabuf : session.soleObject("dmabuf");
    }

    /**
     * The reservation of the dma-buf: as an event said, or that of the BO behind it, or the one of its own name, or the only
     * one of the fragment; {@link Event#ABSENT} if unknown.
     */
    public long resvOf(DmaBuf dmabuf) {
        BufferObject bo = dmabuf.bo == Event.ABSENT ? null : buffers.bo(dmabuf.bo);
        if (bo != null && (dmabuf.resv == Event.ABSENT || bo.individualizeSeq > 0)) {
            long resv = buffers.resvOf(bo);
            if (resv != Event.ABSENT) {
                return resv;
            }
        }
        if (dmabuf.resv != Event.ABSENT) {
            return dmabuf.resv;
        }
        if (reservations.reservation(dmabuf.id) != null) {
            return dmabuf.id;
        }
        if (dmabuf.bo != Event.ABSENT && reservations.reservation(dmabuf.bo) != null) {
            return dmabuf.bo;
        }
        return session.soleObject("resv");
    }

    /** Who brackets CPU access: the process, or, where that is not stated, the thread. */
    public static long clientOf(Event e) {
        return e.tgid() != 0 ? e.tgid() : e.tid();
    }

    void apply(DmaBufExport e) {
        if (!e.hasDmabuf()) {
            return;
        }
        DmaBuf dmabuf = table.create(e.dmabuf(), e.seq());
        dmabuf.device = e.device();
        dmabuf.bo = e.bo();
        dmabuf.exportSeq = e.seq();
        if (e.hasBo() && e.dmabuf() != Event.ABSENT) {
            exports.put(e.bo(), e.dmabuf());
        }
    }

    void apply(DmaBufRelease e) {
        DmaBuf dmabuf = touch(e.dmabuf(), e.seq());
        if (dmabuf != null && dmabuf.releaseSeq == 0) {
            dmabuf.releaseSeq = e.seq();
            if (dmabuf.bo != Event.ABSENT) {
                exports.remove(dmabuf.bo, dmabuf.id);
            }
            table.depart(dmabuf, e.seq());
        }
    }

    void apply(DmaBufAttach e) {
        if (!e.hasAttachment()) {
            return;
        }
        Attachment attachment = attachments.create(e.attachment(), e.seq());
        attachment.attachSeq = e.seq();
        attachment.dmabuf = dmaBufOf(e.dmabuf(), Event.ABSENT);
        attachment.device = e.device();
        if (e.hasDynamic()) {
            attachment.setDynamic(e.dynamic());
        }
        if (e.hasPeer2peer()) {
            attachment.setPeerToPeer(e.peer2peer());
        }
        DmaBuf dmabuf = touch(attachment.dmabuf, e.seq());
        if (dmabuf != null) {
            dmabuf.attachments.addLong(attachment.id);
            state(dmabuf, e.resv());
        }
    }

    void apply(DmaBufDetach e) {
        Attachment attachment = attachments.get(e.attachment());
        if (attachment == null) {
            return;
        }
        DmaBuf dmabuf = dmaBuf(attachment.dmabuf);
        if (dmabuf != null) {
            dmabuf.attachments.removeLong(attachment.id);
        }
        for (SgMapping mapping : attachment.mappings) {
            forget(mapping, attachment);
        }
        attachments.depart(attachment, e.seq());
    }

    void apply(DmaBufPin e) {
        Attachment attachment = touchAttachment(e.attachment(), e.dmabuf(), e.seq());
        if (attachment != null && attachment.pins++ == 0) {
            attachment.pinSeq = e.seq();
        }
    }

    void apply(DmaBufUnpin e) {
        Attachment attachment = touchAttachment(e.attachment(), e.dmabuf(), e.seq());
        if (attachment != null && attachment.pins > 0 && --attachment.pins == 0) {
            attachment.pinSeq = 0;
        }
    }

    void apply(DmaBufMap e) {
        Attachment attachment = touchAttachment(e.attachment(), e.dmabuf(), e.seq());
        if (attachment == null) {
            return;
        }
        DmaBuf dmabuf = touch(dmaBufOf(e.dmabuf(), e.attachment()), e.seq());
        if (dmabuf != null) {
            state(dmabuf, e.resv());
        }
        SgMapping mapping = new SgMapping();
        mapping.sgTable = e.sgTable();
        mapping.original = e.original();
        mapping.direction = e.direction();
        mapping.mapSeq = e.seq();
        mapping.movesAtMap = dmabuf == null ? LongList.of() : pending(resvOf(dmabuf), Usage.KERNEL);
        attachment.mappings.add(mapping);
        hold(e.sgTable(), attachment);
        hold(e.original(), attachment);
    }

    private void hold(long sgTable, Attachment attachment) {
        if (sgTable != Event.ABSENT) {
            holders.put(sgTable, attachment.id);
        }
    }

    void apply(DmaBufUnmap e) {
        Attachment attachment = touchAttachment(e.attachment(), e.dmabuf(), e.seq());
        if (attachment == null) {
            return;
        }
        long given = e.hasSgTable() ? e.sgTable() : e.original();
        SgMapping mapping = attachment.mapping(given, e.direction());
        if (mapping != null) {
            attachment.mappings.remove(mapping);
            forget(mapping, attachment);
        }
    }

    private void forget(SgMapping mapping, Attachment attachment) {
        release(mapping.sgTable, attachment);
        release(mapping.original, attachment);
    }

    private void release(long sgTable, Attachment attachment) {
        if (sgTable == Event.ABSENT || holders.get(sgTable) != attachment.id) {
            return;
        }
        for (SgMapping other : attachment.mappings) {
            if (other.isOf(sgTable) && attachments.get(attachment.id) == attachment) {
                return;
            }
        }
        holders.remove(sgTable);
    }

    void apply(DmaBufInvalidate e) {
        DmaBuf dmabuf = touch(dmaBufOf(e.dmabuf(), Event.ABSENT), e.seq());
        if (dmabuf == null) {
            return;
        }
        state(dmabuf, e.resv());
        LongList pending = pending(resvOf(dmabuf), Usage.BOOKKEEP);
        for (int i = 0; i < dmabuf.attachments.size(); i++) {
            Attachment attachment = attachments.get(dmabuf.attachments.getLong(i));
            List<SgMapping> mappings = attachment == null ? List.of() : attachment.mappings;
            for (SgMapping mapping : mappings) {
                if (mapping.invalidateSeq == 0) {
                    mapping.invalidateSeq = e.seq();
                    mapping.invalidateNs = ledger.nowNs();
                    mapping.fencesAtInvalidation = pending;
                }
            }
        }
    }

    private LongList pending(long resvId, Usage usage) {
        Reservation resv = reservations.reservation(resvId);
        LongArrayList found = new LongArrayList();
        for (int slot = 0; resv != null && slot < resv.size(); slot++) {
            Fence fence = resv.replacedSeq(slot) > 0 ? null : reservations.pending(resv, slot);
            if (fence != null && resv.usage(slot).compareTo(usage) <= 0) {
                found.addLong(fence.id());
            }
        }
        return LongList.of(found.toLongArray());
    }

    void apply(DmaBufVmap e) {
        DmaBuf dmabuf = touch(dmaBufOf(e.dmabuf(), Event.ABSENT), e.seq());
        if (dmabuf != null && !(e.hasResult() && e.result() < 0) && dmabuf.vmaps++ == 0) {
            dmabuf.vmapping = e.mapping();
            dmabuf.vmapSeq = e.seq();
        }
    }

    void apply(DmaBufVunmap e) {
        DmaBuf dmabuf = touch(dmaBufOf(e.dmabuf(), Event.ABSENT), e.seq());
        if (dmabuf != null && dmabuf.vmaps > 0 && --dmabuf.vmaps == 0) {
            dmabuf.vmapping = Event.ABSENT;
            dmabuf.vmapSeq = 0;
        }
    }

    void apply(DmaBufBeginCpuAccess e) {
        DmaBuf dmabuf = touch(dmaBufOf(e.dmabuf(), Event.ABSENT), e.seq());
        if (dmabuf != null && !(e.hasResult() && e.result() < 0)) {
            dmabuf.open(clientOf(e), e.direction(), e.seq());
        }
    }

    void apply(DmaBufEndCpuAccess e) {
        DmaBuf dmabuf = touch(dmaBufOf(e.dmabuf(), Event.ABSENT), e.seq());
        if (dmabuf != null) {
            dmabuf.close(clientOf(e), e.direction());
        }
    }

    /** @param pending whether the fence the poll waits for is pending, so that its callback was queued */
    void apply(DmaBufPoll e, boolean pending) {
        DmaBuf dmabuf = touch(dmaBufOf(e.dmabuf(), Event.ABSENT), e.seq());
        if (dmabuf != null && e.hasFence() && pending) {
            dmabuf.polls.addLong(e.fence());
            dmabuf.polls.addLong(e.seq());
        }
    }

    void apply(DmaBufPollCallback e) {
        DmaBuf dmabuf = touch(dmaBufOf(e.dmabuf(), Event.ABSENT), e.seq());
        for (int i = 0; dmabuf != null && i < dmabuf.pollCount(); i++) {
            if (!e.hasFence() || dmabuf.pollFence(i) == e.fence()) {
                DmaBuf.removeRange(dmabuf.polls, 2 * i, 2);
                return;
            }
        }
    }

    /** Any other event that names a dma-buf: it exists. */
    void mention(long id, long device, long bo, long seq) {
        DmaBuf dmabuf = touch(id, seq);
        if (dmabuf == null || dmabuf.departed > 0) {
            return;
        }
        dmabuf.device = device == Event.ABSENT ? dmabuf.device : device;
        if (bo != Event.ABSENT && dmabuf.bo == Event.ABSENT) {
            dmabuf.bo = bo;
            exports.put(bo, id);
        }
    }

    private static void state(DmaBuf dmabuf, long resv) {
        if (resv != Event.ABSENT) {
            dmabuf.resv = resv;
        }
    }

    private @Nullable DmaBuf touch(long id, long seq) {
        if (id == Event.ABSENT) {
            return null;
        }
        DmaBuf dmabuf = table.find(id);
        if (dmabuf == null) {
            dmabuf = table.assume(id, ledger.knownFrom(seq));
        }
        return dmabuf;
    }

    private @Nullable Attachment touchAttachment(long id, long dmabuf, long seq) {
        if (id == Event.ABSENT) {
            return null;
        }
        Attachment attachment = attachments.find(id);
        if (attachment == null) {
            attachment = attachments.assume(id, ledger.knownFrom(seq));
            attachment.dmabuf = dmaBufOf(dmabuf, Event.ABSENT);
            DmaBuf known = touch(attachment.dmabuf, seq);
            if (known != null) {
                known.attachments.addLong(id);
            }
        }
        return attachment;
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        table.write(out);
        attachments.write(out);
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        table.read(in);
        attachments.read(in);
        for (long id : attachments.ids()) {
            Attachment attachment = attachments.get(id);
            List<SgMapping> mappings = attachment == null ? List.of() : attachment.mappings;
            for (SgMapping mapping : mappings) {
                if (attachment != null) {
                    hold(mapping.sgTable, attachment);
                    hold(mapping.original, attachment);
                }
            }
        }
        for (long id : table.ids()) {
            DmaBuf dmabuf = table.get(id);
            if (dmabuf != null && dmabuf.bo != Event.ABSENT) {
                exports.put(dmabuf.bo, id);
            }
        }
    }
}

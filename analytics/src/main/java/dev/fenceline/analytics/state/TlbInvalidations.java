package dev.fenceline.analytics.state;

import dev.fenceline.event.*;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.LongArrayList;
import org.jspecify.annotations.Nullable;

/** The invalidations of TLBs, by GT in the order they were sent. */
public final class TlbInvalidations implements StatePart {
    private final SessionFacts session;
    private final Devices devices;
    private final AddressSpaces spaces;
    private final ObjectTable<TlbInvalidation> table = new ObjectTable<>(TlbInvalidation::new);
    private final List<Gt> gts = new ArrayList<>();

    TlbInvalidations(SessionFacts session, Devices devices, AddressSpaces spaces) {
        this.session = session;
        this.devices = devices;
        this.spaces = spaces;
    }

    /** One GT of one device: what was sent to it last, and what it has not answered. */
    public static final class Gt {
        final long device;
        final long gt;
        long lastSeqno = Event.ABSENT;
        long lastSendSeq;
        final LongArrayList pending = new LongArrayList();

        Gt(long device, long gt) {
            this.device = device;
            this.gt = gt;
        }

        /** The number sent last; {@link Event#ABSENT} if none was seen. */
        public long lastSeqno() {
            return lastSeqno;
        }

        /** The seq of that event; 0 if there is none. */
        public long lastSendSeq() {
            return lastSendSeq;
        }
    }

    /** The GT that the request goes to; null if nothing was sent to it. */
    public @Nullable Gt gt(TlbInvalSend e) {
        return find(deviceOf(e.vm()), e.gt());
    }

    /** The request whose fence the event signals: by its id, else by its number among those of the GT that are pending. */
    public @Nullable TlbInvalidation signaled(TlbInvalSignal e) {
        return named(e.inval(), e.gt(), e.seqno(), e.vm());
    }

    /** The earliest request to the same GT that is pending; null if there is none. */
    public @Nullable TlbInvalidation oldestPending(TlbInvalidation request) {
        Gt gt = find(request.device, request.gt);
        return gt == null || gt.pending.isEmpty() ? null : table.get(gt.pending.getLong(0));
    }

    private @Nullable TlbInvalidation named(long id, long gtNumber, long seqno, long vm) {
        if (id != Event.ABSENT) {
            return table.find(id);
        }
        for (Gt gt : gts) {
            boolean sameGt = gt.gt == gtNumber || gtNumber == Event.ABSENT;
            long device = deviceOf(vm);
            boolean sameDevice = vm == Event.ABSENT || device == Event.ABSENT || gt.device == device;
            for (int i = 0; sameGt && sameDevice && i < gt.pending.size(); i++) {
                TlbInvalidation request = table.get(gt.pending.getLong(i));
                if (request != null && request.seqno == seqno) {
                    return request;
                }
            }
        }
        return null;
    }

    private @Nullable Gt find(long device, long number) {
        for (Gt gt : gts) {
            if (gt.device == device && gt.gt == number) {
                return gt;
            }
        }
        return null;
    }

    /** The device of a request for the VM: numbers are a GT's, and GTs a device's, which only the client of the VM tells. */
    public long deviceOf(long vm) {
        AddressSpace space = spaces.vm(vm != Event.ABSENT ? vm : session.soleObject("vm"));
        return space == null ? Event.ABSENT : devices.deviceOf(space.client);
    }

    void apply(TlbInvalSend e) {
        long device = deviceOf(e.vm());
        TlbInvalidation request = table.create(idOf(e), e.seq());
        request.device = device;
        request.gt = e.gt();
        request.seqno = e.seqno();
        request.vm = e.vm();
        request.start = e.start();
        request.end = e.end();
        request.sendSeq = e.seq();
        Gt gt = find(device, e.gt());
        if (gt == null) {
            gt = new Gt(device, e.gt());
            gts.add(gt);
        }
        gt.pending.addLong(request.id);
        if (e.hasSeqno()) {
            gt.lastSeqno = e.seqno();
            gt.lastSendSeq = e.seq();
        }
    }

    private static long idOf(TlbInvalSend e) {
        return e.hasInval() ? e.inval() : -1 - e.seq();
    }

    /** The request that the event sent. */
    @Nullable TlbInvalidation sentAt(TlbInvalSend e) {
        return table.get(idOf(e));
    }

    void apply(TlbInvalTimeout e) {
        TlbInvalidation request = named(e.inval(), e.gt(), e.seqno(), e.vm());
        if (request != null) {
            request.timeoutSeq = e.seq();
        }
    }

    void apply(TlbInvalSignal e) {
        TlbInvalidation request = signaled(e);
        if (request == null || request.signalSeq > 0) {
            return;
        }
        request.signalSeq = e.seq();
        Gt gt = find(request.device, request.gt);
        if (gt != null) {
            gt.pending.removeLong(request.id);
        }
        table.depart(request, e.seq());
    }

    @Override
    public void write(SnapshotWriter out) throws IOException {
        table.write(out);
        out.number(gts.size());
        for (Gt gt : gts) {
            out.number(gt.device);
            out.number(gt.gt);
            out.number(gt.lastSeqno);
            out.number(gt.lastSendSeq);
            out.numbers(gt.pending);
        }
    }

    @Override
    public void read(SnapshotReader in) throws IOException {
        table.read(in);
        int size = in.count();
        for (int i = 0; i < size; i++) {
            Gt gt = new Gt(in.number(), in.number());
            gt.lastSeqno = in.number();
            gt.lastSendSeq = in.number();
            in.numbers(gt.pending);
            gts.add(gt);
        }
    }
}

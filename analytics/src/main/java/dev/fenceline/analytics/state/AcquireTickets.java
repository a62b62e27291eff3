package dev.fenceline.analytics.state;

import dev.fenceline.event.Event;
import dev.fenceline.event.ResvLock;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The ww acquire contexts: what is held under each, and which lock told it to back off. */
public final class AcquireTickets {
    private static final long DEADLOCK = -35;

    private final ObjectTable<Ticket> table = new ObjectTable<>(Ticket::new);

    AcquireTickets() {}

    /** One ww_acquire_ctx while it holds something or has backed off. */
    public static final class Ticket extends KernelObject {
        final SectionStack held = new SectionStack();
        long contended = Event.ABSENT;
        long backOffSeq;

        Ticket(long id) {
            super(id);
        }

        /** The reservations held under it; the subject is the reservation. */
        public SectionStack held() {
            return held;
        }

        /** The reservation whose lock returned -EDEADLK and was not taken since; {@link Event#ABSENT} if there is none. */
        public long contended() {
            return contended;
        }

        /** The seq of that -EDEADLK; 0 if there is none. */
        public long backOffSeq() {
            return backOffSeq;
        }

        /** Whether an event names it; one that stands for the locks a thread takes without naming any may be several. */
        public boolean isNamed() {
            return id >= 0;
        }

        @Override
        void write(SnapshotWriter out) throws IOException {
            held.write(out);
            out.number(contended);
            out.number(backOffSeq);
        }

        @Override
        void read(SnapshotReader in) throws IOException {
            held.read(in);
            contended = in.number();
            backOffSeq = in.number();
        }
    }

    /** The ticket the lock is taken under, also if nothing is held under it any more; null if it was not met before. */
    public @Nullable Ticket of(ResvLock e) {
        return table.find(idOf(e));
    }

    /** A capture may not show the ticket: then a thread's locks stand together under a negative id. */
    private static long idOf(ResvLock e) {
        return e.hasAcquire() ? e.acquire() : ~e.tid();
    }

    void lock(ResvLock e, Reservation resv) {
        long result = e.hasResult() ? e.result() : 0;
        if (result < 0 && result != DEADLOCK) {
            return;
        }
        long id = idOf(e);
        Ticket ticket = table.get(id);
        if (ticket == null) {
            Ticket idle = table.find(id);
            ticket = table.create(id, e.seq());
            if (idle != null) {
                ticket.contended = idle.contended;
                ticket.backOffSeq = idle.backOffSeq;
            }
        }
        if (result == DEADLOCK) {
            ticket.contended = e.resv();
            ticket.backOffSeq = e.seq();
            if (ticket.held.isEmpty()) {
                table.depart(ticket, e.seq());
            }
        } else {
            if (!e.tryValue()) {
                ticket.contended = Event.ABSENT;
                ticket.backOffSeq = 0;
            }
            resv.ticket = id;
            if (ticket.held.indexOf(e.resv()) < 0) {
                ticket.held.enter(e.resv(), Event.ABSENT, e.seq());
            }
        }
    }

    /** The reservation is unlocked, or gone. */
    void unlock(Reservation resv, long seq) {
        Ticket ticket = table.get(resv.ticket);
        resv.ticket = Event.ABSENT;
        int i = ticket == null ? -1 : ticket.held.indexOf(resv.id);
        if (ticket != null && i >= 0) {
            ticket.held.leave(i);
            if (!ticket.held.isEmpty()) {
                return;
            }
            if (ticket.contended == Event.ABSENT) {
                table.remove(ticket);
            } else {
                // It may lock again, or give up, which no event tells.
                table.depart(ticket, seq);
            }
        }
    }

    void write(SnapshotWriter out) throws IOException {
        table.write(out);
    }

    void read(SnapshotReader in) throws IOException {
        table.read(in);
    }
}

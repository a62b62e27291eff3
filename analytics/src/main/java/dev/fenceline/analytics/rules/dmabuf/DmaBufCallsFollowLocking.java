package dev.fenceline.analytics.rules.dmabuf;

import dev.fenceline.analytics.rule.Report;
import dev.fenceline.analytics.rule.Rule;
import dev.fenceline.analytics.state.DmaBuf;
import dev.fenceline.analytics.state.KernelState;
import dev.fenceline.analytics.state.Reservation;
import dev.fenceline.analytics.state.Stream;
import dev.fenceline.event.DmaBufAttach;
import dev.fenceline.event.DmaBufBeginCpuAccess;
import dev.fenceline.event.DmaBufDetach;
import dev.fenceline.event.DmaBufEndCpuAccess;
import dev.fenceline.event.DmaBufExport;
import dev.fenceline.event.DmaBufFd;
import dev.fenceline.event.DmaBufGet;
import dev.fenceline.event.DmaBufInvalidate;
import dev.fenceline.event.DmaBufMap;
import dev.fenceline.event.DmaBufMmap;
import dev.fenceline.event.DmaBufPin;
import dev.fenceline.event.DmaBufPut;
import dev.fenceline.event.DmaBufUnmap;
import dev.fenceline.event.DmaBufUnpin;
import dev.fenceline.event.DmaBufVmap;
import dev.fenceline.event.DmaBufVunmap;
import dev.fenceline.event.Event;
import dev.fenceline.event.Severity;

/** A-D04: the dma-buf locking convention. */
public final class DmaBufCallsFollowLocking {
    public static final Rule RULE = Rule.named("A-D04", "dma-buf-calls-follow-locking")
            .severity(Severity.DEADLOCK)
            .states(
                    "pin, unpin, map, unmap, vmap, vunmap and invalidate are called with the reservation of the dma-buf held; attach, "
                            + "detach, export, fd, get, put, mmap, CPU access brackets and the unlocked variants without it.")
            .why(
                    "The ones change state that the reservation guards; the others take it themselves, so a caller that holds it "
                            + "waits for itself.")
            .source(
                    "dma-buf.c, DOC: locking convention, and dma_resv_assert_held in dma_buf_pin, dma_buf_map_attachment, "
                            + "dma_buf_vmap; dma_buf_dynamic_attach takes the lock; thread 004")
            .advice(
                    "An imported BO shares the exporter's reservation: holding \"my BO's lock\" is holding the dma-buf's.")
            .needs(Stream.DBUFCALL, Stream.LOCK)
            .before(
                    DmaBufPin.class,
                    (e, state, report) -> needs(true, of(state, e.dmabuf(), e.attachment()), "pin", state, report))
            .before(
                    DmaBufUnpin.class,
                    (e, state, report) -> needs(true, of(state, e.dmabuf(), e.attachment()), "unpin", state, report))
            .before(DmaBufMap.class, (e, state, report) -> {
                if (e.unlocked() || !isOfOldStaticImporter(state)) {
                    judge(!e.unlocked(), of(state, e.dmabuf(), e.attachment()), e.resv(), "map", state, report);
                }
            })
            .before(DmaBufUnmap.class, (e, state, report) -> {
                if (e.unlocked() || !isOfOldStaticImporter(state)) {
                    judge(!e.unlocked(), of(state, e.dmabuf(), e.attachment()), e.resv(), "unmap", state, report);
                }
            })
            .before(DmaBufVmap.class, (e, state, report) -> {
                if (!isOfOldStaticImporter(state)) {
                    needs(true, of(state, e.dmabuf(), Event.ABSENT), "vmap", state, report);
                }
            })
            .before(DmaBufVunmap.class, (e, state, report) -> {
                if (!isOfOldStaticImporter(state)) {
                    needs(true, of(state, e.dmabuf(), Event.ABSENT), "vunmap", state, report);
                }
            })
            .before(
                    DmaBufInvalidate.class,
                    (e, state, report) ->
                            judge(true, of(state, e.dmabuf(), Event.ABSENT), e.resv(), "invalidate", state, report))
            .before(
                    DmaBufAttach.class,
                    (e, state, report) ->
                            judge(false, of(state, e.dmabuf(), Event.ABSENT), e.resv(), "attach", state, report))
            .before(
                    DmaBufDetach.class,
                    (e, state, report) -> needs(false, of(state, e.dmabuf(), e.attachment()), "detach", state, report))
            .after(DmaBufExport.class, (e, state, report) -> needs(false, e.dmabuf(), "export", state, report))
            .before(DmaBufFd.class, (e, state, report) -> needs(false, e.dmabuf(), "fd", state, report))
            .before(DmaBufGet.class, (e, state, report) -> needs(false, e.dmabuf(), "get", state, report))
            .before(DmaBufPut.class, (e, state, report) -> needs(false, e.dmabuf(), "put", state, report))
            .before(DmaBufMmap.class, (e, state, report) -> needs(false, e.dmabuf(), "mmap", state, report))
            .before(
                    DmaBufBeginCpuAccess.class,
                    (e, state, report) -> needs(false, e.dmabuf(), "begin_cpu_access", state, report))
            .before(
                    DmaBufEndCpuAccess.class,
                    (e, state, report) -> needs(false, e.dmabuf(), "end_cpu_access", state, report))
            .build();

    private DmaBufCallsFollowLocking() {}

    private static long of(KernelState state, long stated, long attachment) {
        return state.dmaBufs().dmaBufOf(stated, attachment);
    }

    /** Up to 6.1 importers called map and vmap without the lock; 6.2 moved it to the caller. */
    private static boolean isOfOldStaticImporter(KernelState state) {
        return state.session().isKernelAtMost(6, 1);
    }

    private static void needs(boolean held, long id, String call, KernelState state, Report report) {
        judge(held, id, Event.ABSENT, call, state, report);
    }

    private static void judge(
            boolean mustHold, long id, long statedResv, String call, KernelState state, Report report) {
        DmaBuf dmabuf = state.dmaBufs().dmaBuf(id);
        long resvId = statedResv != Event.ABSENT
                ? statedResv
                : dmabuf != null
                        ? state.dmaBufs().resvOf(dmabuf)
                        : state.session().soleObject("resv");
        if (resvId == Event.ABSENT) {
            if (mustHold) {
                report.unknown("it is not known which reservation dma-buf {} has", id);
            }
            return;
        }
        Reservation resv = state.reservations().reservation(resvId);
        boolean held = resv != null && resv.holderTid() == report.event().tid();
        if (held == mustHold) {
            return;
        }
        report.violation("dmabuf=" + id + " call=" + call)
                .since(resv == null ? 0 : mustHold ? resv.born() : resv.heldSeq())
                .witness("locked", mustHold || resv == null ? 0 : resv.heldSeq())
                .witness("called", report.event().seq())
                .says("dma_buf_" + call + " of dma-buf " + id + " is called " + (mustHold ? "without" : "with")
                        + " its reservation " + resvId + " held.");
    }
}
